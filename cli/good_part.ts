/** Reading the good part of a damaged log: it is named as damaged, and nobody reads past the damage without knowing. */
import { UserError } from "../config/errors.ts";
import type { CliIo } from "./io.ts";

/** Says on the error stream how a log is damaged. Throws UserError AUDIT_DAMAGED when records before `until` are not good. */
export async function nameDamage(directory: string, until: number, io: CliIo): Promise<void> {
  const { verifyAudit } = await import("../ffi/mod.ts");
  const { ok, records, damage, badIndex, badSegment, badOffset } = verifyAudit(directory);
  if (ok) return;
  const where = `record ${badIndex ?? records}, segment ${badSegment ?? 0}, byte ${badOffset ?? 0}`;
  if (until > records) {
    throw new UserError(
      "AUDIT_DAMAGED",
      `the log is damaged (${damage}) at ${where}: its good part ends before ${records}`,
    );
  }
  io.err(`this log is DAMAGED (${damage}) at ${where}; what follows is of the ${records} records before it`);
}

/** Records before `until`; what is behind them is not touched, since it may be damaged. */
export function* before<R extends { readonly index: number }>(until: number, records: Iterable<R>): Generator<R> {
  for (const record of records) {
    if (record.index < until) yield record;
    if (record.index >= until - 1) return;
  }
}
