/**
 * Circuit breaker: keeps callers from a dependency that fails or has become slow, and finds out by a few probes when it
 * is well again. A pure state machine: time and chance are arguments, so it stands in actors, in a node between its turns
 * and in a test alike. Use it where a call may fail for a while and trying again at once makes things worse.
 *
 *   state     | admits                      | leaves it
 *   ----------|-----------------------------|-----------------------------------------------------------------
 *   closed    | every call                  | of the latest `window` calls, `minimumCalls` at least, so many
 *             |                             | failed or were slow that a rate is reached: open
 *   open      | nothing                     | `openFor`, longer each time in a row, is over: half-open
 *   half-open | `probes` calls in all       | one fails, is slow, or is not settled within `probeWithin`: open
 *             |                             | all of them succeed: closed, and the latest calls are forgotten
 *
 * A call that was admitted in one state and settles in a later one counts nothing: it tells of what was.
 */
import type { Micros } from "../runtime/mod.ts";

export type BreakerState = "closed" | "open" | "half-open";

export interface BreakerOptions {
  /** The latest so many calls make the rates. */
  readonly window: number;
  /** Fewer calls than this open nothing. At most `window`. */
  readonly minimumCalls: number;
  /** Share of calls, above 0 and up to 1, that opens it when they fail. */
  readonly failureRate: number;
  /** A call that takes longer is slow, whatever it comes to; Infinity: none is. */
  readonly slowAfter: Micros;
  /** Share of calls that opens it when they are slow. */
  readonly slowRate: number;
  /** How long it stays open the first time; Infinity: for good. */
  readonly openFor: Micros;
  /** Growth of that with each opening that no close came between, and the most it grows to. */
  readonly openFactor: number;
  readonly openMost: Micros;
  /** Share of the time that chance takes away or adds, so that callers do not come back in step. Below 1. */
  readonly jitter: number;
  /** Calls let through half-open; all must succeed. */
  readonly probes: number;
  /** A probe that is not settled by then has failed: whoever had it may have crashed. */
  readonly probeWithin: Micros;
}

export interface BreakerChange {
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** One sentence. */
  readonly reason: string;
  readonly time: Micros;
}

/** Proof that a call was let through; `settle` takes it once. */
export interface Admission {
  readonly period: number;
  readonly since: Micros;
}

export interface Breaker {
  readonly state: BreakerState;
  /** When an open one lets the next probe through; null in the other states. */
  readonly opensUntil: Micros | null;
  /** Openings since it was made. */
  readonly opened: number;
  /** Calls refused since it was made. */
  readonly refused: number;
  /** Why it is in its state. */
  readonly reason: string;
  /** Null: do not call. */
  admit(now: Micros): Admission | null;
  /** What an admitted call came to. */
  settle(admission: Admission, ok: boolean, now: Micros): void;
}

/** `chance` is uniform in [0, 1); `changed` hears of every change, after it. Throws RangeError for options without sense. */
export function createBreaker(
  options: BreakerOptions,
  chance: () => number,
  changed: (change: BreakerChange) => void = () => {},
): Breaker {
  checkOptions(options);
  const { window, minimumCalls, failureRate, slowAfter, slowRate, probes, probeWithin } = options;
  /** Of the latest calls, oldest first. */
  let latest: { readonly failed: boolean; readonly slow: boolean }[] = [];
  let state: BreakerState = "closed";
  let reason = "nothing has failed";
  /** Counts states, so that late results are known by it. */
  let period = 0;
  let until: Micros = 0;
  let inARow = 0;
  let opened = 0;
  let refused = 0;
  /** Probes of this period under way, and how many were let through and succeeded. */
  let waiting: Admission[] = [];
  let letThrough = 0;
  let succeeded = 0;

  const enter = (to: BreakerState, why: string, now: Micros): void => {
    const from = state;
    state = to;
    reason = why;
    period++;
    waiting = [];
    letThrough = 0;
    succeeded = 0;
    if (to === "open") {
      until = now + spanOf(options, inARow, chance());
      inARow++;
      opened++;
    }
    if (to === "closed") {
      latest = [];
      inARow = 0;
    }
    changed({ from, to, reason, time: now });
  };

  const judge = (failed: boolean, slow: boolean, now: Micros): void => {
    latest.push({ failed, slow });
    if (latest.length > window) latest.shift();
    if (latest.length < minimumCalls) return;
    const failures = latest.filter((call) => call.failed).length;
    const late = latest.filter((call) => call.slow).length;
    if (failures >= failureRate * latest.length) {
      enter("open", `${failures} of the latest ${latest.length} calls failed`, now);
    } else if (late >= slowRate * latest.length) {
      enter("open", `${late} of the latest ${latest.length} calls took too long`, now);
    }
  };

  return {
    get state() {
      return state;
    },
    get opensUntil() {
      return state === "open" ? until : null;
    },
    get opened() {
      return opened;
    },
    get refused() {
      return refused;
    },
    get reason() {
      return reason;
    },
    admit(now) {
      if (state === "half-open" && waiting.some(({ since }) => now - since > probeWithin)) {
        enter("open", "a probe was not answered", now);
      }
      if (state === "open" && now >= until) enter("half-open", "its time is over: the next calls are probes", now);
      if (state === "open" || (state === "half-open" && letThrough >= probes)) {
        refused++;
        return null;
      }
      const admission: Admission = { period, since: now };
      if (state === "half-open") {
        letThrough++;
        waiting.push(admission);
      }
      return admission;
    },
    settle(admission, ok, now) {
      if (admission.period !== period) return;
      const slow = now - admission.since > slowAfter;
      if (state === "closed") return judge(!ok, slow, now);
      const at = waiting.indexOf(admission);
      if (at < 0) return;
      waiting.splice(at, 1);
      if (!ok || slow) return enter("open", ok ? "a probe took too long" : "a probe failed", now);
      if (++succeeded === probes) enter("closed", `${probes} ${probes === 1 ? "probe" : "probes"} succeeded`, now);
    },
  };
}

/** How long the opening after `inARow` others stays: grows up to the most, then chance. */
function spanOf({ openFor, openFactor, openMost, jitter }: BreakerOptions, inARow: number, chance: number): Micros {
  const grown = Math.min(openMost, openFor * openFactor ** inARow);
  return Math.max(1, Math.round(grown * (1 + jitter * (2 * chance - 1))));
}

function checkOptions(o: BreakerOptions): void {
  const wrong = (name: keyof BreakerOptions, must: string): never => {
    throw new RangeError(`${name} of a circuit breaker ${must}, not ${o[name]}.`);
  };
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  if (!isCount(o.window)) wrong("window", "is a whole number from 1");
  if (!isCount(o.minimumCalls) || o.minimumCalls > o.window) {
    wrong("minimumCalls", "is a whole number up to the window");
  }
  if (!isCount(o.probes)) wrong("probes", "is a whole number from 1");
  for (const name of ["failureRate", "slowRate"] as const) {
    if (!(o[name] > 0 && o[name] <= 1)) wrong(name, "is above 0 and at most 1");
  }
  for (const name of ["slowAfter", "openFor", "probeWithin"] as const) if (!(o[name] > 0)) wrong(name, "is above 0");
  if (!(o.openFactor >= 1)) wrong("openFactor", "is at least 1");
  if (!(o.openMost >= o.openFor)) wrong("openMost", "is at least openFor");
  if (!(o.jitter >= 0 && o.jitter < 1)) wrong("jitter", "is at least 0 and below 1");
}
