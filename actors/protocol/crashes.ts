/** Crashes as people see them: what was written down, and what the supervisor did about it. */
import type { CrashRecord, Micros } from "../../runtime/mod.ts";
import type { ChildReport } from "../../supervision/mod.ts";

/**
 * What became of a crashed actor.
 *
 * pending: its supervisor has not started it again yet (a back-off delay runs). restarted: it lives again. failed-again: its
 * next start failed, which is a crash of its own. gave-up: the restarts were spent, and the supervisor did what it does
 * then. left: it is not started again (temporary, stopped, or its supervisor ended). disabled: an operator took it out of
 * service.
 */
export interface CrashDecision {
  readonly kind: "pending" | "restarted" | "failed-again" | "gave-up" | "left" | "disabled";
  /** When; null while pending. */
  readonly time: Micros | null;
  /** In words, for people. */
  readonly detail: string;
}

export interface CrashSummary {
  /** Counts the crashes of a run from 1. */
  readonly id: number;
  readonly time: Micros;
  readonly path: string;
  readonly type: string;
  /** 0 for the first life. */
  readonly incarnation: number;
  readonly reason: string;
  /** Kind of the message it was handling; null between messages. */
  readonly message: string | null;
  /** Restarts its supervisor had left before this one; null without a supervisor. */
  readonly restartsLeft: number | null;
  readonly decision: CrashDecision;
}

export interface CrashView extends CrashSummary {
  readonly record: CrashRecord;
  /** Index of the record in the audit log; null when the log could not take it. */
  readonly auditIndex: number | null;
  /** When on the wall, ISO 8601; null when only the log is left, which knows market time alone. */
  readonly wall: string | null;
}

export const PENDING: CrashDecision = { kind: "pending", time: null, detail: "not started again yet" };

export function summaryOf(record: CrashRecord, decision: CrashDecision): CrashSummary {
  const { id, time, path, type, incarnation, reason, message } = record;
  const restartsLeft = supervisionOf(record)?.budget.left ?? null;
  return { id, time, path, type, incarnation, reason, message: message?.message ?? null, restartsLeft, decision };
}

const DECISIONS: Readonly<Record<CrashDecision["kind"], string>> = {
  pending: "waiting",
  restarted: "restarted",
  "failed-again": "failed again at once",
  "gave-up": "given up on",
  left: "not started again",
  disabled: "out of service",
};

/** "38 restarted, 1 given up on". */
export function tally(crashes: readonly CrashSummary[]): string {
  const counts = new Map<string, number>();
  for (const { decision } of crashes) counts.set(decision.kind, (counts.get(decision.kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => `${n} ${DECISIONS[kind as CrashDecision["kind"]]}`).join(", ");
}

/** Crashes of one actor for one reason, but for the figures in it. */
export interface Repetition {
  readonly path: string;
  /** Of the latest. */
  readonly reason: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** What crashed at least `least` times in the same way, the most frequent first. `crashes`: oldest first. */
export function repetitions(crashes: readonly CrashSummary[], least: number): readonly Repetition[] {
  const groups = new Map<string, Repetition>();
  for (const { id, path, reason } of crashes) {
    const key = `${path} ${reason.replace(/\d+/g, "#")}`;
    const known = groups.get(key);
    groups.set(key, { path, reason, count: (known?.count ?? 0) + 1, first: known?.first ?? id, last: id });
  }
  return [...groups.values()].filter(({ count }) => count >= least).sort((a, b) => b.count - a.count);
}

/** What the supervisor said of the child; null for an actor without one. */
export function supervisionOf({ supervision }: Pick<CrashRecord, "supervision">): ChildReport | null {
  const known = typeof supervision === "object" && supervision !== null && "budget" in supervision;
  return known ? supervision as ChildReport : null;
}

/** The command that runs again to a microsecond before the crash; null when it crashed at the very start. */
export function replayCommand({ time, facts, replay: { seed, start } }: CrashRecord): string | null {
  const micros = time - start - 1;
  if (micros <= 0) return null;
  const feed = facts.feed === undefined || facts.feed === "simulated" ? "" : ` --feed ${facts.feed}`;
  const chaos = facts.chaos === undefined ? "" : ` --chaos ${facts.chaos}`;
  return `deno task start --seed ${seed}${feed}${chaos} --speed max --duration ${micros / 1e6}s --data-dir ./replay`;
}

/** One place of a state, before and after. */
export interface StateChange {
  /** Names from the top, for example "positions.0.quantity". */
  readonly place: string;
  /** As JSON; null where it did not exist. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Every place of two states in order of appearance; a place changed when the two differ. Null is a state nobody showed. */
export function compareStates(before: unknown, after: unknown): readonly StateChange[] {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  const places = new Set([...old.keys(), ...now.keys()]);
  return [...places].map((place) => ({ place, before: old.get(place) ?? null, after: now.get(place) ?? null }));
}

function leavesOf(state: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (value: unknown, place: string) => {
    const inner = isBranch(value) ? Object.entries(value) : [];
    if (inner.length === 0) leaves.set(place, JSON.stringify(value));
    for (const [name, one] of inner) visit(one, place === "" ? name : `${place}.${name}`);
  };
  if (state !== null && state !== undefined) visit(state, "");
  return leaves;
}

/** A list of figures reads better in one line. */
function isBranch(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) || value.some((one) => typeof one === "object" && one !== null);
}
