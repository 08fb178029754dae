/** Why a supervisor does not do as it was told: one sentence for people, one code for programs. */
import type { ActorRef } from "../runtime/mod.ts";
import { type Child, stateShown } from "./child.ts";
import type { ChildName, Refusal, RefusalCode } from "./protocol.ts";

export function refuse(code: RefusalCode, error: string): Refusal {
  return { ok: false, code, error };
}

export function named(id: ChildName): string {
  return typeof id === "string" ? id : id.path;
}

export const notFound = (id: ChildName): Refusal => refuse("not-found", `There is no child "${named(id)}".`);

export const wrongKind = (path: string, instead: string): Refusal => refuse("wrong-kind", `${path} is ${instead}`);

export const isStopping = (path: string): Refusal => refuse("stopping", `${path} is stopping.`);

export const didNotStart = ({ name }: Child, error: Error): Refusal =>
  refuse("start-failed", `"${name}" did not start: ${error.message}`);

/** For a child that would have to be stopped. */
export function notStopped(child: Child): Refusal {
  const code = child.state === "restarting" ? "restarting" : "running";
  return refuse(code, `"${child.name}" is ${stateShown(child)}; terminate it first.`);
}

export const isDisabled = ({ name }: Child): Refusal => refuse("disabled", `"${name}" is disabled; enable it first.`);

export function answer<R>(replyTo: ActorRef<R> | undefined, reply: R): void {
  replyTo?.tell(reply);
}
