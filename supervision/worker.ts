/** A typed way to write a worker's child specification. */
import type { ActorDef } from "../runtime/mod.ts";
import type { WorkerSpec } from "./spec.ts";

export type WorkerOptions = Omit<WorkerSpec, "id" | "actor" | "args">;

/** `worker("clock", clockActor, { tick: 5 })`: the arguments are checked against the definition. */
export function worker<M, A>(id: string, actor: ActorDef<M, A>, args: A, options: WorkerOptions = {}): WorkerSpec {
  // A supervisor hands `args` to nobody but `actor`, so it need not know their type.
  return { ...options, id, actor: actor as unknown as ActorDef<never, unknown>, args };
}
