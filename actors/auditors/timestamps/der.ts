/** Just so much of ASN.1 in DER (X.690) as time stamps are written in. Lengths are definite; tags are one byte. */

export interface Der {
  readonly tag: number;
  /** The whole element. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly content: Uint8Array<ArrayBuffer>;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  oid: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The element that begins at `at`. Throws RangeError. */
export function readDer(bytes: Uint8Array<ArrayBuffer>, at = 0): Der {
  const tag = bytes[at];
  let length = bytes[at + 1];
  let header = 2;
  if (length === undefined || (tag & 0x1f) === 0x1f) throw new RangeError("it is cut off, or no DER");
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4) throw new RangeError("it has a length that DER does not have");
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? NaN);
    header += count;
  }
  const end = at + header + length;
  if (!(end <= bytes.length)) throw new RangeError("it is cut off");
  return { tag, bytes: bytes.subarray(at, end), content: bytes.subarray(at + header, end) };
}

/** The elements within one that is constructed. Throws RangeError. */
export function parts({ content }: Der): readonly Der[] {
  const found: Der[] = [];
  for (let at = 0; at < content.length;) {
    const one = readDer(content, at);
    found.push(one);
    at += one.bytes.length;
  }
  return found;
}

/** The element, which must have that tag. Throws RangeError. */
export function expect(one: Der | undefined, tag: number, what: string): Der {
  if (one?.tag !== tag) throw new RangeError(`there is no ${what} where it belongs`);
  return one;
}

export const oidText = ({ content }: Der): string => {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) [value] = (arcs.push(value), [0]);
  }
  const [first = 0, ...rest] = arcs;
  return [Math.min(2, Math.floor(first / 40)), first - 40 * Math.min(2, Math.floor(first / 40)), ...rest].join(".");
};

export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, { length }) => sum + length, 0);
  const digits: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | digits.length, ...digits];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const content of contents) {
    bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}

export function oid(text: string): Uint8Array<ArrayBuffer> {
  const [first, second, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(128 + left % 128);
    return digits;
  });
  return der(TAG.oid, Uint8Array.from(bytes));
}

/** Of bytes that are a number, most significant first, and not negative. */
export const integer = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes[0] >= 0x80 ? der(TAG.integer, Uint8Array.of(0), bytes) : der(TAG.integer, bytes);
