/**
 * The node's book of crashes: puts every crash on record, follows what its supervisor does about it, and keeps the latest
 * for the console.
 */
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import { RecordType } from "../../ffi/layout.gen.ts";
import type { CrashRecord, Micros, SystemEvent } from "../../runtime/mod.ts";
import { type CrashDecision, type CrashSummary, type CrashView, PENDING, summaryOf } from "../protocol/mod.ts";
import type { CrashFile } from "./crash_file.ts";
import type { Journal } from "./journal.ts";

/** Records kept for the console; older ones are in the data directory. */
export const CRASHES_SHOWN = 256;
/** Version of ActorCrashed records that hold the whole crash record. */
export const CRASH_RECORD_VERSION = 2;
const SOURCES = fileURLToPath(new URL("../../", import.meta.url));

export interface CrashLedgerOptions {
  readonly journal: Journal;
  /** Null: not kept outside the log. */
  readonly file: CrashFile | null;
  /** What is in a record must not depend on where the data lies. */
  readonly dataDir: string;
  readonly wallTimestamp: () => string;
}

export class CrashLedger {
  readonly #options: CrashLedgerOptions;
  readonly #crashes = new Map<number, CrashView>();
  /** The undecided crash of each actor. */
  readonly #pending = new Map<string, CrashView>();
  readonly #places: readonly string[];
  total = 0;
  /** Raised by every crash and every decision. */
  changes = 0;

  constructor(options: CrashLedgerOptions) {
    this.#options = options;
    const { dataDir } = options;
    this.#places = dataDir.length > 3 ? [resolve(dataDir), dataDir] : [];
  }

  event(event: SystemEvent): void {
    switch (event.kind) {
      case "crashed":
        return this.#crashed(event.record);
      case "restarted":
        return this.#decide(event.path, (crash) => ({
          kind: "restarted",
          time: event.time,
          detail: `restarted ${after(event.time - crash.time)}, life ${event.restarts + 1}`,
        }));
      case "stopped":
        return this.#decide(event.path, () => ({
          kind: "left",
          time: event.time,
          detail: "not started again",
        }));
      case "report":
        if (event.context !== "disabled" && event.context !== "enabled") return;
        this.#options.journal.note(RecordType.OperatorAction, {
          action: event.context,
          actor: `${event.path}/${event.child.id}`,
          reason: event.reason,
        }, { time: event.time });
        if (event.context === "enabled") return;
        return this.#decide(`${event.path}/${event.child.id}`, () => ({
          kind: "disabled",
          time: event.time,
          detail: `out of service: ${event.reason}`,
        }));
      case "gave-up":
        for (const crash of [...this.#pending.values()]) {
          if (parentOf(crash.path) !== event.path) continue;
          const detail = `${event.path} gave up (${event.onGiveUp}): ${event.reason}`;
          this.#decide(crash.path, () => ({ kind: "gave-up", time: event.time, detail }));
        }
    }
  }

  /** Newest first. */
  latest(limit: number): readonly CrashSummary[] {
    const all = [...this.#crashes.values()];
    return all.slice(Math.max(0, all.length - limit)).reverse().map(({ record, decision }) =>
      summaryOf(record, decision)
    );
  }

  find(id: number): CrashView | null {
    return this.#crashes.get(id) ?? null;
  }

  #crashed(found: CrashRecord): void {
    const { journal, file, wallTimestamp } = this.#options;
    const record = this.#portable(found);
    this.#decide(record.path, () => ({
      kind: "failed-again",
      time: record.time,
      detail: `its next start failed: crash ${record.id}`,
    }));
    const auditIndex = journal.note(RecordType.ActorCrashed, record, {
      time: record.time,
      cause: record.replay.message,
      version: CRASH_RECORD_VERSION,
    });
    const wall = wallTimestamp();
    const crash: CrashView = { ...summaryOf(record, PENDING), record, auditIndex, wall };
    this.total++;
    this.changes++;
    this.#crashes.set(crash.id, crash);
    this.#pending.set(crash.path, crash);
    for (const id of this.#crashes.keys()) {
      if (this.#crashes.size <= CRASHES_SHOWN) break;
      this.#crashes.delete(id);
    }
    file?.crashed(record, auditIndex, wall);
  }

  #decide(path: string, make: (crash: CrashView) => CrashDecision): void {
    const crash = this.#pending.get(path);
    if (crash === undefined) return;
    this.#pending.delete(path);
    const decision = make(crash);
    this.changes++;
    if (this.#crashes.has(crash.id)) this.#crashes.set(crash.id, { ...crash, decision });
    const { journal, file } = this.#options;
    const time = decision.time ?? crash.time;
    journal.note(RecordType.SupervisorDecided, { crash: crash.id, actor: path, ...decision }, { time });
    file?.decided(crash.id, decision);
  }

  /** The record without the places of this machine, which differ from run to run. */
  #portable(record: CrashRecord): CrashRecord {
    let text = JSON.stringify(record);
    for (const place of this.#places) text = text.replaceAll(inJson(place), "<data-dir>");
    text = text.replaceAll(inJson(SOURCES), "");
    return JSON.parse(text);
  }
}

/** A text as it stands inside a JSON text. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function after(micros: Micros): string {
  if (micros === 0) return "at once";
  return `after ${micros < 1000 ? `${micros} µs` : micros < 1e6 ? `${micros / 1e3} ms` : `${micros / 1e6} s`}`;
}
