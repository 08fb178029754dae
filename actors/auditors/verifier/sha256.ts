/** SHA-256 (FIPS 180-4) in plain TypeScript: synchronous, and the same in every browser. */

/** The first 32 bits of the fractional parts of the roots of the first primes: section 4.2.2 (cube), 5.3.3 (square). */
function primeRoots(count: number, power: number): Uint32Array {
  const roots = new Uint32Array(count);
  for (let found = 0, candidate = 2; found < count; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate && prime; divisor++) prime = candidate % divisor !== 0;
    if (prime) roots[found++] = fraction(BigInt(candidate), BigInt(power));
  }
  return roots;
}

/** ⌊value^(1/power) · 2³²⌋ modulo 2³², exactly: the integer root of value · 2^(32·power). */
function fraction(value: bigint, power: bigint): number {
  const scaled = value << (32n * power);
  let low = 0n;
  for (let step = 1n << 40n; step > 0n; step >>= 1n) {
    if ((low + step) ** power <= scaled) low += step;
  }
  return Number(low & 0xffffffffn);
}

const K = primeRoots(64, 3);
const INITIAL = primeRoots(8, 2);
const schedule = new Uint32Array(64);

/** The digest of the concatenation of `parts`. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const padded = new Uint8Array((length + 9 + 63) & ~63);
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(length) * 8n);
  const state = INITIAL.slice();
  for (let block = 0; block < padded.length; block += 64) compress(state, view, block);
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  state.forEach((word, i) => out.setUint32(i * 4, word));
  return digest;
}

function compress(state: Uint32Array, view: DataView, block: number): void {
  const w = schedule;
  for (let t = 0; t < 16; t++) w[t] = view.getUint32(block + t * 4);
  for (let t = 16; t < 64; t++) {
    const [x, y] = [w[t - 15], w[t - 2]];
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const one = h + s1 + (e & f ^ ~e & g) + K[t] + w[t] | 0;
    const two = s0 + (a & b ^ a & c ^ b & c) | 0;
    h = g;
    g = f;
    f = e;
    e = d + one | 0;
    d = c;
    c = b;
    b = a;
    a = one + two | 0;
  }
  const end = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] += end[i];
}
