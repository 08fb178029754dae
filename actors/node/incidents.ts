/** Makes the record of a kill complete: what the drop copy says, which code and which limits, on the log and signed beside it. */
import { ABI_VERSION, LAYOUT_HASH, RecordType } from "../../ffi/layout.gen.ts";
import type { OrderGate } from "../../ffi/mod.ts";
import { VERSION } from "../../config/mod.ts";
import type { DropCopyBook } from "../auditors/drop_copy_book.ts";
import type { Incident } from "../protocol/mod.ts";
import type { Ground } from "./ground.ts";
import type { Journal } from "./journal.ts";

export interface IncidentParts {
  readonly journal: Journal;
  readonly gate: OrderGate;
  readonly dropCopy: DropCopyBook;
  /** Of the configuration in force. */
  readonly configHash: () => string;
  readonly ground: Pick<Ground, "incidents" | "err">;
}

export function recordIncident(
  { journal, gate, dropCopy, configHash, ground }: IncidentParts,
  incident: Incident,
): void {
  const { requestedWall, confirmedNanos, ...decided } = incident;
  const differences = [...dropCopy.entries()].flatMap(([strategy, instrument, lots]) => {
    const held = gate.exposure(strategy, instrument).position;
    return held === lots ? [] : [{ strategy, instrument, dropCopy: lots, gate: held }];
  });
  const record = {
    ...decided,
    // Reports may still be on their way to the drop copy: a difference counts where both have as many.
    reconciled: { differences, dropCopyReports: dropCopy.reports, gateReports: gate.counters().executions },
    config: configHash(),
    code: { version: VERSION, abi: ABI_VERSION, records: String(LAYOUT_HASH) },
  };
  try {
    // What a replay cannot repeat stands in the signed file alone.
    const auditRecord = journal.note(RecordType.Note, { incident: record });
    ground.incidents?.write({ ...record, requestedWall, confirmedNanos, auditRecord });
  } catch (error) {
    // A kill does not wait for a disk.
    ground.err(`the incident is not kept in the data directory: ${(error as Error).message}`);
  }
}
