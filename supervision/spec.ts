/**
 * Child specifications: what a supervisor starts, in which order, and what it does when a child ends.
 *
 * The words and rules are OTP's (`supervisor`); what OTP lacks is marked. `checkSpec` says what is wrong with one.
 */
import type { ActorDef } from "../runtime/mod.ts";

/**
 * one_for_one: restart only the child. one_for_all: stop and restart all. rest_for_one: it and those started after it.
 * A supervisor with strategy "dynamic" (OTP's simple_one_for_one) has a template instead of children.
 */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one";

/** permanent: always restarted. transient: only after an abnormal end. temporary: never. */
export type RestartType = "permanent" | "transient" | "temporary";

/**
 * When the end of a significant child ends its supervisor: never, at the first, or when none is left. Only an end that
 * the child came to by itself, and after which it is not restarted, counts.
 */
export type AutoShutdown = "never" | "any_significant" | "all_significant";

/** OTP's defaults: more than one restart in five seconds is too many; a worker gets five seconds to stop. */
export const DEFAULT_INTENSITY = 1;
export const DEFAULT_PERIOD_MS = 5000;
export const DEFAULT_SHUTDOWN_MS = 5000;

/** Not in OTP, where a start may take for ever: an `init` that returns a promise has this long to come to an end. */
export const DEFAULT_START_TIMEOUT_MS = 30_000;

/** How long a child may take to stop, in milliseconds; "brutal_kill": no time; "infinity": for supervisors only. */
export type ShutdownTime = number | "brutal_kill" | "infinity";

/** Delay before restart k of a run of failures: min(max, initial · factor^(k−1)) · (1 ± jitter). Not in OTP. */
export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
  /** Fraction, 0 to 1. */
  readonly jitter: number;
  /** A child that stays up this long starts again from `initialMs`. */
  readonly resetAfterMs: number;
}

/** A restart budget of one child, beside its supervisor's. Not in OTP. */
export interface ChildBudget {
  readonly intensity: number;
  readonly periodMs: number;
  /**
   * What happens at one restart more. "give-up" (default): as if the supervisor's own budget were spent. "quarantine": the
   * child is disabled and its siblings go on.
   */
  readonly onSpent?: "give-up" | "quarantine";
}

/** What a supervisor does with its own end when its restart budget is spent. Not in OTP. */
export type GiveUp = "escalate" | "isolate" | "safe-mode" | "halt";

interface AnyChildSpec {
  /** Unique among its siblings; one step of the path. */
  readonly id: string;
  /** Default permanent. */
  readonly restart?: RestartType;
  /** Default false. May not be permanent, and its supervisor must say when that matters (`autoShutdown`). */
  readonly significant?: boolean;
  readonly budget?: ChildBudget;
  /** Roles, for rules about the tree; see tree_rules.ts. Not in OTP. */
  readonly tags?: readonly string[];
}

export interface WorkerSpec<A = unknown> extends AnyChildSpec {
  // The message type of a child is its own business; the arguments are checked by `worker`.
  readonly actor: ActorDef<never, A>;
  readonly args: A;
  /** Default DEFAULT_SHUTDOWN_MS. */
  readonly shutdown?: ShutdownTime;
  /** How long an `init` that returns a promise may take; default DEFAULT_START_TIMEOUT_MS. One that does not cannot be timed. */
  readonly startTimeoutMs?: number;
  /** Default: restart at once. */
  readonly backoff?: Backoff;
  /** What happens to waiting messages on a restart. Default keep. Not in OTP, where they are lost. */
  readonly mailboxOnRestart?: "keep" | "dead-letter";
}

interface CommonSupervisorSpec extends AnyChildSpec {
  /** More than `intensity` restarts within `periodMs` and the supervisor gives up. Defaults DEFAULT_INTENSITY in DEFAULT_PERIOD_MS. */
  readonly intensity?: number;
  readonly periodMs?: number;
  /** Default never. */
  readonly autoShutdown?: AutoShutdown;
  /** Default escalate. */
  readonly onGiveUp?: GiveUp;
  /** Default infinity; anything else may cut the orderly stop of its children short. */
  readonly shutdown?: ShutdownTime;
}

/** A supervisor of children that are known beforehand. */
export interface SupervisorSpec extends CommonSupervisorSpec {
  readonly strategy: Strategy;
  readonly children: readonly ChildSpec[];
}

/** A supervisor of any number of children of one kind, each started by a command with arguments of its own. */
export interface DynamicSupervisorSpec extends CommonSupervisorSpec {
  readonly strategy: "dynamic";
  /** Its `id` and a running number make the names of the children. */
  readonly template: WorkerSpec<never> | WorkerSpec;
}

export type AnySupervisorSpec = SupervisorSpec | DynamicSupervisorSpec;

export type ChildSpec = WorkerSpec<never> | WorkerSpec | AnySupervisorSpec;

export function isSupervisorSpec(spec: ChildSpec): spec is AnySupervisorSpec {
  return "strategy" in spec;
}

export function isDynamicSpec(spec: ChildSpec): spec is DynamicSupervisorSpec {
  return "strategy" in spec && spec.strategy === "dynamic";
}
