/**
 * The generator behind `Random`: xoshiro128++ 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), 128 bits of state, period 2^128 − 1.
 *
 * A stream is made from a 128-bit key. `fork` hashes the parent's *key* with the label, never the parent's state, so a
 * fork does not depend on how much was drawn before it. Not for secrets.
 */
import type { Random } from "../random.ts";

type Key = readonly [number, number, number, number];

const TWO_32 = 4294967296;
const TWO_MINUS_53 = 2 ** -53;

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** MurmurHash3's 32-bit finaliser: every input bit changes every output bit with probability near one half. */
function avalanche(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** Mixes one 32-bit word into four lanes, each with its own odd multiplier, then couples the lanes. */
function absorb(lanes: Int32Array, word: number): void {
  lanes[0] = Math.imul(rotate(lanes[0] ^ Math.imul(word, 0x239b961b), 19) + lanes[1], 5) + 0x561ccd1b;
  lanes[1] = Math.imul(rotate(lanes[1] ^ Math.imul(word, 0xab0e9789 | 0), 17) + lanes[2], 5) + 0x0bcaa747;
  lanes[2] = Math.imul(rotate(lanes[2] ^ Math.imul(word, 0x38b34ae5), 15) + lanes[3], 5) + (0x96cd1c35 | 0);
  lanes[3] = Math.imul(rotate(lanes[3] ^ Math.imul(word, 0xa1e38b93 | 0), 13) + lanes[0], 5) + 0x32ac3b17;
}

function finish(lanes: Int32Array): Key {
  for (let round = 0; round < 4; round++) absorb(lanes, round);
  return [avalanche(lanes[0]), avalanche(lanes[1]), avalanche(lanes[2]), avalanche(lanes[3])];
}

function keyOfSeed(seed: number): Key {
  const lanes = new Int32Array([0x43575453, 1, 2, 3]);
  absorb(lanes, seed | 0);
  absorb(lanes, Math.floor(seed / TWO_32) | 0);
  return finish(lanes);
}

function keyOfLabel(key: Key, label: string): Key {
  const lanes = new Int32Array(key);
  absorb(lanes, label.length);
  for (let i = 0; i < label.length; i++) absorb(lanes, label.charCodeAt(i));
  return finish(lanes);
}

/** xoshiro128++ itself, apart from how it is seeded, so that it can be held against the published outputs. */
export class Xoshiro128PlusPlus {
  constructor(private s0: number, private s1: number, private s2: number, private s3: number) {
    if ((s0 | s1 | s2 | s3) === 0) throw new RangeError("xoshiro128++ needs a state that is not all zero.");
  }

  /** 32 bits, as a signed integer. */
  next32(): number {
    const { s0, s1, s2, s3 } = this;
    const result = (rotate((s0 + s3) | 0, 7) + s0) | 0;
    const n2 = s2 ^ s0;
    const n3 = s3 ^ s1;
    this.s1 = s1 ^ n2;
    this.s0 = s0 ^ n3;
    this.s2 = n2 ^ (s1 << 9);
    this.s3 = rotate(n3, 11);
    return result;
  }
}

class Stream implements Random {
  private readonly bits: Xoshiro128PlusPlus;
  // The polar method makes normals in pairs; NaN: none kept.
  private spare = NaN;

  constructor(private readonly key: Key) {
    const [a, b, c, d] = key;
    this.bits = (a | b | c | d) === 0 ? new Xoshiro128PlusPlus(1, 0, 0, 0) : new Xoshiro128PlusPlus(a, b, c, d);
  }

  next(): number {
    const high = this.bits.next32() >>> 5;
    const low = this.bits.next32() >>> 6;
    return (high * 67108864 + low) * TWO_MINUS_53;
  }

  int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32) {
      throw new RangeError(`random.int takes an integer from 1 to 2^32, not ${n}.`);
    }
    // Values at or above the last multiple of n would favour small results; draw again.
    const fair = TWO_32 - (TWO_32 % n);
    let drawn = this.bits.next32() >>> 0;
    while (drawn >= fair) drawn = this.bits.next32() >>> 0;
    return drawn % n;
  }

  /** Marsaglia's polar method. */
  normal(): number {
    const kept = this.spare;
    if (kept === kept) {
      this.spare = NaN;
      return kept;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.spare = v * scale;
      return u * scale;
    }
  }

  exponential(rate: number): number {
    if (!(rate > 0)) throw new RangeError(`random.exponential takes a rate above 0, not ${rate}.`);
    return -Math.log(1 - this.next()) / rate;
  }

  fork(label: string): Random {
    return new Stream(keyOfLabel(this.key, label));
  }
}

/** A root stream. `seed` is a safe integer; all its bits count. */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`A seed is a safe integer, not ${seed}.`);
  return new Stream(keyOfSeed(seed));
}
