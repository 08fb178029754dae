/** Whether the decisions of a log were right: each made again over what is on record before it. */
import type { GateVerdict } from "./gate.ts";
import { check, plain, utf8 } from "./handle.ts";
import { GateDecisionView, JudgementView } from "./layout.gen.ts";
import { core } from "./library.ts";

export interface JudgeOptions {
  readonly directory: string;
  /** Judges what is before this record; default: all. */
  readonly to?: number;
  /** Pairs of node and instrument of the gate that decided; default: the usual, see `OrderGate.create`. */
  readonly pairs?: number;
}

export interface JudgedLog {
  readonly records: number;
  /** Decisions that were made again. */
  readonly decisions: number;
  /** The first verdict that is another now; `auditIndex` in both is its record. Null: there is none. */
  readonly first: { readonly recorded: GateVerdict; readonly again: GateVerdict } | null;
}

const ANSWER = JudgementView.SIZE + 2 * GateDecisionView.SIZE;

/**
 * Makes the decisions of a log again, from its beginning. Throws `NotReplayable` with the record that does not follow from
 * those before it, also for a log that was written before the market was on record; `Corrupt` for a damaged one.
 */
export function judgeDecisions({ directory, to = Number.MAX_SAFE_INTEGER, pairs = 0 }: JudgeOptions): JudgedLog {
  const path = utf8(directory);
  const out = new Uint8Array(ANSWER);
  check(core().cwts_audit_judge(path, path.length, to, pairs, out, out.length));
  const { records, decisions, differs } = plain(new JudgementView(out));
  const verdict = (at: number) => plain(new GateDecisionView(out.slice(at, at + GateDecisionView.SIZE)));
  const first = { recorded: verdict(JudgementView.SIZE), again: verdict(JudgementView.SIZE + GateDecisionView.SIZE) };
  return { records, decisions, first: differs === 0 ? null : first };
}
