/** What a supervisor can be told while it runs, and what it shows. */
import type { ActorRef, GiveUpAction } from "../runtime/mod.ts";
import type { ChildSpec, RestartType, Strategy } from "./spec.ts";

/** The answer to a command. An error is one sentence. */
export type SupervisorReply = { readonly ok: true } | { readonly ok: false; readonly error: string };

/** Commands wait while the supervisor is stopping or restarting children, and are then carried out in order. */
export type SupervisorMessage =
  /** Adds a child after the others and starts it. If its `init` fails the child is not added. */
  | {
    readonly kind: "StartChild";
    readonly spec: ChildSpec;
    readonly replyTo?: ActorRef<SupervisorReply>;
  }
  /** Stops a child in its time and keeps its spec; a temporary child's spec goes too. */
  | { readonly kind: "TerminateChild"; readonly id: string; readonly replyTo?: ActorRef<SupervisorReply> }
  /** Starts a child that is stopped. */
  | { readonly kind: "RestartChild"; readonly id: string; readonly replyTo?: ActorRef<SupervisorReply> }
  /** Forgets a child that is stopped. */
  | { readonly kind: "DeleteChild"; readonly id: string; readonly replyTo?: ActorRef<SupervisorReply> };

/** "restarting": its last start failed or its delay runs. "stopped": not running and not to be started by itself. */
export type ChildState = "running" | "restarting" | "stopping" | "stopped";

export interface ChildView {
  readonly id: string;
  readonly state: ChildState;
  readonly kind: "worker" | "supervisor";
  readonly restart: RestartType;
}

/** What `inspect` of a supervisor shows: OTP's which_children and count_children, and the budget. */
export interface SupervisorView {
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodMs: number;
  readonly restartsInPeriod: number;
  readonly onGiveUp: GiveUpAction;
  readonly gaveUp: boolean;
  readonly counts: {
    readonly specs: number;
    readonly active: number;
    readonly supervisors: number;
    readonly workers: number;
  };
  readonly children: readonly ChildView[];
}
