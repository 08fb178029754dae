/**
 * Every function the native core exports, as Deno binds it. `symbols.gen.ts` is read from `ffi/core/src/abi`; here is
 * only what a source cannot say: which of them are also called on another thread.
 *
 * Handles are u64 and stay BigInts (a number would take V8's slow path). A status is an i32: 0 or a count, or a negated
 * `Code`. What may exceed 32 bits comes back as an f64 that is a whole number below 2^53, negative for a code, because a
 * BigInt result would cost an allocation per call. Byte lengths and record counts are u32. Times are f64 microseconds.
 */
import { EXPORTS } from "./symbols.gen.ts";

export { HANDSHAKE } from "./symbols.gen.ts";

export const SYMBOLS = {
  ...EXPORTS,
  cwts_audit_verify_background: { ...EXPORTS.cwts_audit_verify, name: "cwts_audit_verify", nonblocking: true },
  cwts_audit_verify_against_background: {
    ...EXPORTS.cwts_audit_verify_against,
    name: "cwts_audit_verify_against",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;
