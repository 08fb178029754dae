/**
 * The whole restart policy, as OTP's supervisor has it: facts in, a decision out, nothing done.
 */
import type { ExitReason } from "../runtime/mod.ts";
import type { AutoShutdown, RestartType, ShutdownTime, Strategy } from "./spec.ts";

/** How a child ended. Abnormal is everything but normal and shutdown. */
export type End = "normal" | "shutdown" | "abnormal";

export function endOf(reason: ExitReason): End {
  return reason.kind === "normal" || reason.kind === "shutdown" ? reason.kind : "abnormal";
}

export interface Decision {
  readonly action: "restart" | "leave";
  /** Whether it is worth a report: a permanent child that ends well did not do what it is for. */
  readonly reported: boolean;
}

const quietly = { action: "leave", reported: false } as const;
const reportAndLeave = { action: "leave", reported: true } as const;
const reportAndRestart = { action: "restart", reported: true } as const;

/** What becomes of a child that ended by itself. */
export const DECISIONS: Readonly<Record<RestartType, Readonly<Record<End, Decision>>>> = {
  permanent: { normal: reportAndRestart, shutdown: reportAndRestart, abnormal: reportAndRestart },
  transient: { normal: quietly, shutdown: quietly, abnormal: reportAndRestart },
  temporary: { normal: quietly, shutdown: quietly, abnormal: reportAndLeave },
};

/**
 * Whether a child that ended by itself and is not restarted takes its supervisor with it. `othersLeft`: a significant
 * child beside it runs or is to run.
 */
export function endsSupervisor(auto: AutoShutdown, significant: boolean, othersLeft: () => boolean): boolean {
  switch (auto) {
    case "never":
      return false;
    case "any_significant":
      return significant;
    case "all_significant":
      return significant && !othersLeft();
  }
}

/** Whether a child that its supervisor told to stop ended as told. What is not expected is reported. */
export function isExpectedEnd(restart: RestartType, shutdown: ShutdownTime, reason: ExitReason): boolean {
  if (reason.kind === "killed") return shutdown === "brutal_kill";
  if (reason.kind === "shutdown" && reason.detail === undefined && shutdown !== "brutal_kill") return true;
  return endOf(reason) !== "abnormal" && restart !== "permanent";
}

/** Which of the children, in start order, a restart of the one at `index` stops and starts: from where to where. */
export function affected(strategy: Strategy, index: number, count: number): readonly [from: number, to: number] {
  switch (strategy) {
    case "one_for_one":
      return [index, index + 1];
    case "rest_for_one":
      return [index, count];
    case "one_for_all":
      return [0, count];
  }
}
