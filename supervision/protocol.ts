/** What a supervisor can be told while it runs, and what it shows. */
import type { ActorRef, GiveUpAction } from "../runtime/mod.ts";
import type { AutoShutdown, ChildSpec, RestartType, Strategy } from "./spec.ts";

/** Why a command was refused: stable, for programs. */
export type RefusalCode =
  | "bad-spec"
  | "already-started"
  /** The id is taken by a child that does not run. */
  | "already-present"
  | "not-found"
  | "running"
  | "restarting"
  | "disabled"
  | "start-failed"
  /** The supervisor ends. */
  | "stopping"
  /** Not for this kind of supervisor: dynamic, or not dynamic. */
  | "wrong-kind";

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** One sentence. */
  readonly error: string;
}

/** The answer to a command. `child`: the child that was started; null when its `init` returned IGNORE. */
export type SupervisorReply = { readonly ok: true; readonly child?: ActorRef<never> | null } | Refusal;

/** The answer to GetChildSpec. */
export type SpecReply = { readonly ok: true; readonly spec: ChildSpec } | Refusal;

/** A child by the id of its specification, or, of a dynamic supervisor, by its ref. */
export type ChildName = string | ActorRef<never>;

type Order<K extends string> = {
  readonly kind: K;
  readonly id: ChildName;
  readonly replyTo?: ActorRef<SupervisorReply>;
};

/** Commands wait while the supervisor is stopping or restarting children, and are then carried out in order. */
export type SupervisorMessage =
  /** Adds a child after the others and starts it. If its `init` fails the child is not added. */
  | { readonly kind: "StartChild"; readonly spec: ChildSpec; readonly replyTo?: ActorRef<SupervisorReply> }
  /**
   * Starts one more child of a dynamic supervisor. An object is laid over the template's arguments, anything else takes
   * their place.
   */
  | { readonly kind: "StartDynamic"; readonly args?: unknown; readonly replyTo?: ActorRef<SupervisorReply> }
  /** Stops a child in its time and keeps its spec; a temporary child's spec goes too. */
  | Order<"TerminateChild">
  /** Starts a child that is stopped. */
  | Order<"RestartChild">
  /** Forgets a child that is stopped. */
  | Order<"DeleteChild">
  /**
   * Takes a child out of service: it is stopped in its time and not started again, for its siblings neither, until it is
   * enabled. Who did it is on the report. Not in OTP.
   */
  | Order<"DisableChild"> & { readonly by: string }
  /** Puts it back into service and starts it. */
  | Order<"EnableChild"> & { readonly by: string }
  /** Says whether a child could be added, without adding it. */
  | { readonly kind: "CheckChild"; readonly spec: ChildSpec; readonly replyTo: ActorRef<SupervisorReply> }
  | { readonly kind: "WhichChildren"; readonly replyTo: ActorRef<readonly ChildView[]> }
  | { readonly kind: "CountChildren"; readonly replyTo: ActorRef<ChildCounts> }
  | { readonly kind: "GetChildSpec"; readonly id: ChildName; readonly replyTo: ActorRef<SpecReply> };

/** Commands that change children; the others only ask. */
export type Command = Extract<SupervisorMessage, { readonly replyTo?: ActorRef<SupervisorReply> }>;

/** Whoever waits for the answer to any command. */
export type Asker = ActorRef<unknown> | undefined;

/**
 * "restarting": its last start failed or its delay runs. "starting": its start takes time. "stopped": not running and not
 * to be started by itself. "disabled": stopped, and not to be started for its siblings either.
 */
export type ChildState = "running" | "starting" | "restarting" | "stopping" | "stopped" | "disabled";

export interface ChildView {
  /** Of a dynamic child: its name. */
  readonly id: string;
  readonly state: ChildState;
  readonly kind: "worker" | "supervisor";
  readonly restart: RestartType;
}

export interface ChildCounts {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** What `inspect` of a supervisor shows: OTP's which_children and count_children, and the budget. */
export interface SupervisorView {
  readonly strategy: Strategy | "dynamic";
  readonly intensity: number;
  readonly periodMs: number;
  readonly restartsInPeriod: number;
  readonly autoShutdown: AutoShutdown;
  readonly onGiveUp: GiveUpAction;
  readonly gaveUp: boolean;
  readonly counts: ChildCounts;
  readonly children: readonly ChildView[];
}
