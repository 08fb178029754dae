/** A tree whose starts and stops are written down, and whose children do as the test says. */
import type { ActorDef, ActorRef, ActorSystem, ExitReason } from "../../runtime/mod.ts";
import { testSystem } from "../../runtime/testkit/mod.ts";
import { supervise, type SupervisorSpec, worker, type WorkerOptions, type WorkerSpec } from "../../supervision/mod.ts";

export type Order =
  | { readonly kind: "crash" }
  | { readonly kind: "end"; readonly reason: ExitReason }
  | { readonly kind: "hang" }
  | { readonly kind: "note"; readonly text: string };

export interface Tree {
  readonly system: ActorSystem;
  /** "+a": init of a ran. "-a shutdown": a ended so. "!a": init of a threw. */
  readonly trace: string[];
  /** How many of the next starts of a child shall fail. */
  readonly failures: Map<string, number>;
  readonly leaf: (id: string, options?: WorkerOptions) => WorkerSpec;
  readonly start: (spec: SupervisorSpec) => void;
  readonly at: (path: string) => ActorRef<Order>;
  /** The trace since the last call. */
  readonly since: () => string[];
}

export function tree(system = testSystem()): Tree {
  const trace: string[] = [];
  const failures = new Map<string, number>();
  const def: ActorDef<Order, string> = {
    type: "leaf",
    init(context, id) {
      const left = failures.get(id) ?? 0;
      if (left > 0) {
        failures.set(id, left - 1);
        trace.push(`!${id}`);
        throw new Error(`${id} cannot start`);
      }
      trace.push(`+${id}`);
      return {
        receive(order) {
          switch (order.kind) {
            case "crash":
              throw new Error(`${id} crashed`);
            case "end":
              context.stop(order.reason);
              return;
            case "hang":
              return new Promise(() => {});
            case "note":
              trace.push(`${id}: ${order.text}`);
          }
        },
        stopped: (reason) => void trace.push(`-${id} ${reason.kind}`),
      };
    },
  };
  return {
    system,
    trace,
    failures,
    leaf: (id, options) => worker(id, def, id, options),
    start: (spec) => void supervise(system, spec.id, spec),
    at: (path) => system.find(path) as ActorRef<Order>,
    since: () => trace.splice(0),
  };
}

export const CRASH: Order = { kind: "crash" };
export const END_NORMAL: Order = { kind: "end", reason: { kind: "normal" } };
export const END_SHUTDOWN: Order = { kind: "end", reason: { kind: "shutdown" } };
