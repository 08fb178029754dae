/** Checks a child specification without starting anything. */
import type { Backoff, ChildSpec, SupervisorSpec } from "./spec.ts";

const STRATEGIES = ["one_for_one", "one_for_all", "rest_for_one"];
const RESTARTS = ["permanent", "transient", "temporary"];
const GIVE_UPS = ["escalate", "isolate", "safe-mode", "halt"];

export function isSupervisorSpec(spec: ChildSpec): spec is SupervisorSpec {
  return "children" in spec;
}

/** Everything that is wrong with the tree, one sentence each; empty when it can be started. */
export function checkSpec(spec: ChildSpec): string[] {
  const problems: string[] = [];
  check(spec, spec.id, problems);
  return problems;
}

function check(spec: ChildSpec, path: string, problems: string[]): void {
  const wrong = (sentence: string) => problems.push(`${path}: ${sentence}`);
  if (typeof spec.id !== "string" || spec.id === "" || spec.id.includes("/")) {
    wrong(`id "${spec.id}" must be a name without "/", because it is one step of a path.`);
  }
  if (spec.restart !== undefined && !RESTARTS.includes(spec.restart)) {
    wrong(`restart "${spec.restart}" must be one of ${RESTARTS.join(", ")}.`);
  }
  if (!isSupervisorSpec(spec)) {
    if (typeof spec.actor?.init !== "function") wrong("actor must be an actor definition with an init function.");
    const { shutdown } = spec;
    if (shutdown === "infinity") {
      wrong("shutdown infinity is for supervisors only; give the worker a number of milliseconds.");
    } else if (shutdown !== undefined && shutdown !== "brutal_kill" && !(Number.isInteger(shutdown) && shutdown > 0)) {
      wrong(`shutdown ${shutdown} must be a whole number of milliseconds above 0 or "brutal_kill".`);
    }
    if (spec.backoff !== undefined) checkBackoff(spec.backoff, wrong);
    if (spec.mailboxOnRestart !== undefined && !["keep", "dead-letter"].includes(spec.mailboxOnRestart)) {
      wrong(`mailboxOnRestart "${spec.mailboxOnRestart}" must be keep or dead-letter.`);
    }
    return;
  }
  if (!STRATEGIES.includes(spec.strategy)) {
    wrong(`strategy "${spec.strategy}" must be one of ${STRATEGIES.join(", ")}.`);
  }
  if (spec.onGiveUp !== undefined && !GIVE_UPS.includes(spec.onGiveUp)) {
    wrong(`onGiveUp "${spec.onGiveUp}" must be one of ${GIVE_UPS.join(", ")}.`);
  }
  if (spec.intensity !== undefined && !(Number.isInteger(spec.intensity) && spec.intensity >= 0)) {
    wrong(`intensity ${spec.intensity} must be a whole number of restarts, 0 or more.`);
  }
  if (spec.periodMs !== undefined && !(Number.isInteger(spec.periodMs) && spec.periodMs > 0)) {
    wrong(`periodMs ${spec.periodMs} must be a whole number of milliseconds above 0.`);
  }
  const seen = new Set<string>();
  for (const child of spec.children) {
    if (seen.has(child.id)) wrong(`id "${child.id}" is used by two children; give each its own.`);
    seen.add(child.id);
    check(child, `${path}/${child.id}`, problems);
  }
}

function checkBackoff(backoff: Backoff, wrong: (sentence: string) => void): void {
  const { initialMs, maxMs, factor, jitter, resetAfterMs } = backoff;
  if (!(initialMs >= 0 && Number.isFinite(initialMs))) wrong(`backoff.initialMs ${initialMs} must be 0 or more.`);
  if (!(maxMs >= initialMs && Number.isFinite(maxMs))) wrong(`backoff.maxMs ${maxMs} must be at least initialMs.`);
  if (!(factor >= 1 && Number.isFinite(factor))) wrong(`backoff.factor ${factor} must be 1 or more.`);
  if (!(jitter >= 0 && jitter <= 1)) wrong(`backoff.jitter ${jitter} must be a fraction from 0 to 1.`);
  if (!(resetAfterMs >= 0)) wrong(`backoff.resetAfterMs ${resetAfterMs} must be 0 or more.`);
}
