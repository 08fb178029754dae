/** A place in a log as people type it: the index of a record, or a moment of the node's clock. */
import { UserError } from "../config/errors.ts";

/** Nanoseconds since the Unix epoch. */
export type PlaceText = { readonly index: number } | { readonly nanos: bigint };

const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?)?$/;

/** "1200", "2024-01-02T14:30:00.5Z", "2024-01-02" (its beginning). Without a zone it is UTC. Throws USAGE. */
export function parsePlace(text: string, flag: string): PlaceText {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return { index: Number(text) };
  const match = MOMENT.exec(text);
  const millis = match === null ? NaN : Date.parse(`${match[1]}T${match[2] ?? "00:00"}${match[4] ?? "Z"}`);
  if (match === null || Number.isNaN(millis)) {
    throw new UserError(
      "USAGE",
      `${flag} must be the index of a record, or a moment such as 2024-01-02T14:30:00.5Z, not "${text}"`,
    );
  }
  return { nanos: BigInt(millis) * 1_000_000n + BigInt((match[3] ?? "").padEnd(9, "0")) };
}
