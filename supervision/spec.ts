/**
 * Child specifications: what a supervisor starts, in which order, and what it does when a child ends.
 *
 * The words and rules are OTP's (`supervisor`); what OTP lacks is marked.
 */
import type { ActorDef } from "../runtime/mod.ts";

/** one_for_one: restart only the child. one_for_all: stop and restart all. rest_for_one: it and those started after it. */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one";

/** permanent: always restarted. transient: only after an abnormal end. temporary: never. */
export type RestartType = "permanent" | "transient" | "temporary";

/** OTP's defaults: more than one restart in five seconds is too many; a worker gets five seconds to stop. */
export const DEFAULT_INTENSITY = 1;
export const DEFAULT_PERIOD_MS = 5000;
export const DEFAULT_SHUTDOWN_MS = 5000;

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

/** What a supervisor does with its own end when its restart budget is spent. Not in OTP. */
export type GiveUp = "escalate" | "isolate" | "safe-mode" | "halt";

export interface WorkerSpec<A = unknown> {
  readonly id: string;
  // The message type of a child is its own business; the arguments are checked by `worker`.
  readonly actor: ActorDef<never, A>;
  readonly args: A;
  /** Default permanent. */
  readonly restart?: RestartType;
  /** Default DEFAULT_SHUTDOWN_MS. */
  readonly shutdown?: ShutdownTime;
  /** Default: restart at once. */
  readonly backoff?: Backoff;
  /** What happens to waiting messages on a restart. Default keep. Not in OTP, where they are lost. */
  readonly mailboxOnRestart?: "keep" | "dead-letter";
}

export interface SupervisorSpec {
  readonly id: string;
  readonly strategy: Strategy;
  /** More than `intensity` restarts within `periodMs` and the supervisor gives up. Defaults DEFAULT_INTENSITY in DEFAULT_PERIOD_MS. */
  readonly intensity?: number;
  readonly periodMs?: number;
  /** Default escalate. */
  readonly onGiveUp?: GiveUp;
  /** Default permanent (as a child of another supervisor). */
  readonly restart?: RestartType;
  readonly children: readonly ChildSpec[];
}

export type ChildSpec = WorkerSpec<never> | WorkerSpec | SupervisorSpec;
