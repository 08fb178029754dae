/** Reads the crashes of a run back, from the file kept for that or, where there is none, out of the audit log. */
import { isDeepStrictEqual } from "node:util";
import { Code, RecordType } from "../../ffi/layout.gen.ts";
import { type AuditRecord, decodeAudit, NativeError } from "../../ffi/mod.ts";
import type { CrashRecord } from "../../runtime/mod.ts";
import { type CrashDecision, type CrashView, PENDING, summaryOf } from "../protocol/mod.ts";
import { readCrashFile } from "./crash_file.ts";
import { CRASH_RECORD_VERSION } from "./crash_ledger.ts";
import { namesBeside, readNamed } from "./names.ts";

/** Where the crashes of a run are. */
export interface CrashPlaces {
  /** Directory of the run's audit log. */
  readonly log: string;
  /** File of its crashes; null for a log that was copied somewhere. */
  readonly file: string | null;
}

/** Oldest first. Takes time proportional to the log where there is no file. */
export function readCrashes({ log, file }: CrashPlaces): readonly CrashView[] {
  const names = namesBeside(log);
  return (file === null ? null : readCrashFile(file, (text) => names.openJson(text))) ?? crashesInLog(log);
}

function crashesInLog(log: string): readonly CrashView[] {
  const crashes = new Map<number, CrashView>();
  for (const record of readNamed(log)) {
    const crash = crashIn(record);
    if (crash !== null) {
      crashes.set(crash.id, { ...summaryOf(crash, PENDING), record: crash, auditIndex: record.index, wall: null });
    } else if (record.type === RecordType.SupervisorDecided) {
      const { crash, actor: _, ...decision } = decodeAudit(record) as CrashDecision & { crash: number; actor: string };
      const known = crashes.get(crash);
      if (known !== undefined) crashes.set(crash, { ...known, decision });
    }
  }
  return [...crashes.values()];
}

function crashIn(record: AuditRecord): CrashRecord | null {
  if (record.type !== RecordType.ActorCrashed || record.version !== CRASH_RECORD_VERSION) return null;
  return decodeAudit(record) as CrashRecord;
}

/**
 * Whether the audit log says the same of a crash. "same": word for word. "other": the file was changed after the fact.
 * "absent": the log could not take it, or has not been written that far yet. "damaged": the log cannot be read up to there.
 */
export type CrashProof = "same" | "other" | "absent" | "damaged";

export function proveCrash({ log }: CrashPlaces, { auditIndex, record }: CrashView): CrashProof {
  if (auditIndex === null) return "absent";
  try {
    for (const found of readNamed(log, auditIndex)) {
      const kept = crashIn(found);
      return kept !== null && isDeepStrictEqual(kept, record) ? "same" : "other";
    }
    return "absent";
  } catch (error) {
    if (error instanceof NativeError && error.code === Code.Corrupt) return "damaged";
    throw error;
  }
}
