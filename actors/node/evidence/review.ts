/**
 * The pack of a periodic review, from the logs of the runs in a data directory and nothing else, so that whoever has the
 * logs rebuilds it to the last byte: limits beside what was used of them, refusals by reason, changes and overrides,
 * incidents, and the results of tests that were handed in.
 */
import { createHash } from "node:crypto";
import { canonicalJson, UserError } from "../../../config/mod.ts";
import { CODE_TEXT, RecordType } from "../../../ffi/layout.gen.ts";
import { decodeAudit } from "../../../ffi/mod.ts";
import { listRuns, runDirectory } from "../data_dir.ts";
import { firstRecords, readRun, soundLog } from "./run_record.ts";
import { type Command, type Decision, type Execution, type LimitUse, UsageLedger } from "./usage.ts";

/** "entered by a person" and "its warning was acknowledged" in the flags of a command. */
const ACKNOWLEDGED = 1 << 11;

export interface Period {
  /** First and last day, "YYYY-MM-DD", by the clock of the nodes. */
  readonly from: string;
  readonly to: string;
}

export interface ReviewedRun {
  readonly run: number;
  readonly version: string;
  readonly records: number;
  readonly root: string;
  /** Configuration at the start and at the end, and what the gate was loaded with. */
  readonly config: string;
  readonly configAtEnd: string;
  readonly gate: string;
  readonly stoppedInOrder: boolean;
}

export interface Reject {
  readonly code: number;
  readonly name: string;
  readonly count: number;
}

/** Something a person or the node did, or that happened, as it stands on the log. */
export interface Noted {
  readonly run: number;
  readonly index: number;
  /** Microseconds by the clock of the node. */
  readonly time: number;
  readonly what: Readonly<Record<string, unknown>>;
}

export interface ReviewPack {
  readonly kind: "review";
  readonly version: 1;
  readonly period: Period;
  readonly runs: readonly ReviewedRun[];
  readonly decisions: { readonly made: number; readonly accepted: number };
  readonly limits: readonly LimitUse[];
  readonly rejects: readonly Reject[];
  /** Limits, kill states, modes, roles. */
  readonly changes: readonly Noted[];
  /** Looser limits that two persons let hold for a time, and warnings that were acknowledged. */
  readonly overrides: { readonly temporary: readonly Noted[]; readonly acknowledged: number };
  /** Early warnings of limits and credit, and what surveillance was told. */
  readonly warnings: readonly Noted[];
  /** Crashes, differences found, scopes that were stopped without being asked, breakers, ends that were not in order. */
  readonly incidents: readonly Noted[];
  /** Alerts as they were told on and answered, with the times that took. */
  readonly alerts: readonly Noted[];
  /** What ran, and how it compared with what was released. */
  readonly deployments: readonly Noted[];
  /** As handed in; null when none were. */
  readonly tests: unknown;
  /** Delay of the feed of executions to surveillance; null where no log has it. */
  readonly executionFeed: null;
}

const CHANGES = /^(limit-|limits-|person-|roles-|key-|rearm|kill|enrolled)/;
const ANSWER = /^alert-/;
const WARNING = /warning/;
const TEMPORARY = (what: Readonly<Record<string, unknown>>) =>
  what.action === "limit-loosened" && typeof what.expires === "number";

/** Builds the pack. Throws USAGE, NO_RUN and LOG_DAMAGED. */
export function buildReview(dataDir: string, period: Period, tests: unknown = null): ReviewPack {
  const first = dayStart(period.from, "--from");
  const end = dayStart(period.to, "--to") + DAY;
  if (end <= first) throw new UserError("USAGE", `--to ${period.to} is before --from ${period.from}`);
  const runs: ReviewedRun[] = [];
  const limits = new Map<string, LimitUse>();
  const rejects = new Map<number, number>();
  const changes: Noted[] = [], temporary: Noted[] = [], warnings: Noted[] = [], incidents: Noted[] = [];
  const alerts: Noted[] = [], deployments: Noted[] = [];
  let made = 0, accepted = 0, acknowledged = 0;
  for (const run of listRuns(dataDir)) {
    const directory = runDirectory(dataDir, run);
    const verdict = soundLog(directory);
    if (!touches(directory, verdict.records, first, end)) continue;
    const record = readRun(directory, verdict.records);
    const { start } = record;
    const ledger = new UsageLedger(record.scopes, start.instruments, start.organisms.map(({ id }) => id));
    let stoppedInOrder = false;
    for (const entry of firstRecords(directory, verdict.records)) {
      // What happened before the period is needed to know what was open in it.
      const inside = entry.time >= first && entry.time < end;
      ledger.counting = inside;
      const value = decodeAudit(entry) as Readonly<Record<string, unknown>>;
      const noted = (to: Noted[]) => {
        if (inside) to.push({ run, index: entry.index, time: entry.time, what: value });
      };
      switch (entry.type) {
        case RecordType.LimitsSet:
          ledger.limits(entry.version, value as Record<string, number>);
          break;
        case RecordType.Decision: {
          const { command, decision } = value as unknown as {
            command: Command & { flags: number };
            decision: Decision;
          };
          ledger.decided(command, decision);
          if (!inside) break;
          made++;
          if (decision.code === 0) accepted++;
          else rejects.set(decision.code, (rejects.get(decision.code) ?? 0) + 1);
          if (decision.code === 0 && command.flags & ACKNOWLEDGED) acknowledged++;
          break;
        }
        case RecordType.Execution:
          ledger.executed(value as unknown as Execution);
          break;
        case RecordType.ScopeChanged:
        case RecordType.ModeChanged:
          noted(changes);
          break;
        case RecordType.OperatorAction:
          if (ANSWER.test(String(value.action))) noted(alerts);
          if (!CHANGES.test(String(value.action))) break;
          noted(changes);
          if (TEMPORARY(value)) noted(temporary);
          break;
        case RecordType.ActorCrashed:
          noted(incidents);
          break;
        case RecordType.Reconciled:
          // Statements that nothing differs, and ends of differences, are no incidents.
          if ("difference" in value) noted(incidents);
          break;
        case RecordType.Note:
          if ("trigger" in value || "breaker" in value) noted(incidents);
          else if ("escalated" in value) noted(alerts);
          else if ("deployment" in value) noted(deployments);
          else if ("alert" in value || WARNING.test(String(value.action ?? value.kind))) noted(warnings);
          break;
        case RecordType.NodeStopped:
          stoppedInOrder = true;
          break;
      }
    }
    if (!stoppedInOrder) {
      incidents.push({ run, index: verdict.records, time: 0, what: { kind: "the log has no orderly end" } });
    }
    const { config, version } = start;
    const { configAtEnd, gate } = record;
    runs.push({
      run,
      version,
      records: verdict.records,
      root: verdict.root,
      config,
      configAtEnd,
      gate,
      stoppedInOrder,
    });
    for (const use of ledger.uses()) merge(limits, use);
  }
  if (runs.length === 0) {
    throw new UserError("NO_RUN", `${dataDir} holds no run with records from ${period.from} to ${period.to}`);
  }
  return {
    kind: "review",
    version: 1,
    period: { from: period.from, to: period.to },
    runs,
    decisions: { made, accepted },
    limits: [...limits.values()],
    rejects: [...rejects].sort(([a], [b]) => a - b)
      .map(([code, count]) => ({ code, name: CODE_TEXT[code]?.[0] ?? "unknown", count })),
    changes,
    overrides: { temporary, acknowledged },
    warnings,
    incidents,
    alerts,
    deployments,
    tests,
    executionFeed: null,
  };
}

/** The bytes of the pack: canonical JSON and a line's end. */
export const packBytes = (pack: ReviewPack): string => `${canonicalJson(pack)}\n`;
export const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

const DAY = 86_400_000_000;

function dayStart(day: string, flag: string): number {
  const millis = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  if (Number.isNaN(millis)) throw new UserError("USAGE", `${flag} must be a day such as 2026-03-31, not "${day}"`);
  return millis * 1_000;
}

function touches(directory: string, most: number, first: number, end: number): boolean {
  for (const { time } of firstRecords(directory, most)) if (time >= first && time < end) return true;
  return false;
}

/** The last value, and the most that any run used. */
function merge(limits: Map<string, LimitUse>, use: LimitUse): void {
  const key = `${use.scope} ${use.instrument} ${use.limit}`;
  const before = limits.get(key)?.used ?? null;
  const used = before === null ? use.used : Math.max(before, use.used ?? 0);
  limits.set(key, { ...use, used });
}
