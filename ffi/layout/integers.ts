/**
 * Exact 64-bit integers in JavaScript numbers.
 *
 * Records hold 64-bit integers; everything CWTS puts in them fits in 53 bits, so plain numbers are exact and, unlike
 * BigInt, cost no allocation.
 */

const TWO32 = 4294967296;

/** Reads a little-endian i64 as a number; exact while |value| ≤ 2^53 − 1. */
export function getI64(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * TWO32 + view.getUint32(offset, true);
}

/** Writes a safe integer as a little-endian i64. */
export function setI64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setInt32(offset + 4, Math.floor(value / TWO32), true);
}

/** Reads i64 nanoseconds as whole microseconds (rounded down), without passing through an inexact product. */
export function getMicros(view: DataView, offset: number): number {
  const high = view.getInt32(offset + 4, true);
  const quotient = Math.floor(high / 1000);
  const remainder = high - quotient * 1000;
  return quotient * TWO32 + Math.floor((remainder * TWO32 + view.getUint32(offset, true)) / 1000);
}

/** Writes whole microseconds as i64 nanoseconds, exactly. */
export function setMicros(view: DataView, offset: number, micros: number): void {
  const high = Math.floor(micros / TWO32);
  const low = (micros - high * TWO32) * 1000;
  const carry = Math.floor(low / TWO32);
  view.setUint32(offset, (low - carry * TWO32) >>> 0, true);
  view.setInt32(offset + 4, high * 1000 + carry, true);
}
