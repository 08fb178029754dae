/** Lets the handlers of the tree fail: every worker of a specification, wrapped where it stands. */
import type { ActorDef } from "../../../runtime/mod.ts";
import { type Failing, failing, type Stage } from "../../../runtime/testkit/simulation.ts";
import type { ChildSpec, SupervisorSpec, WorkerSpec } from "../../../supervision/mod.ts";
import type { OrderIntent } from "../../../actors/protocol/mod.ts";
import { GUARDIAN_PATH, type Witness } from "./witness.ts";

/** Per message, or batch of messages. */
const HANDLER_RATE = 0.0015;
const INIT_RATE = 0.05;
/** Per batch of the guardian with an amendment in it: rarer than orders, and its loss is another matter. */
const AMENDMENT_RATE = 0.02;

export function withFailures(spec: SupervisorSpec, stage: Stage, witness: Witness): SupervisorSpec {
  const chance = stage.random.fork("failures");
  const losesAmendment = (path: string, messages: readonly unknown[]) => {
    if (path !== GUARDIAN_PATH) return null;
    const at = messages.findIndex((message) => (message as OrderIntent).kind === "AmendOrder");
    return at >= 0 && stage.strikes(AMENDMENT_RATE, "amendment", `${path} fails at an amendment`) ? at : null;
  };
  const failures: Failing<unknown> = {
    starting: (path) => witness.watching && stage.strikes(INIT_RATE, "init", `init of ${path} fails`),
    handling: (path, messages) =>
      losesAmendment(path, messages) ??
        (stage.strikes(HANDLER_RATE, "handler", `a handler of ${path} fails`) ? chance.int(messages.length + 1) : null),
    lost: (path, messages) => witness.loses(path, messages),
  };
  const wrap = (child: ChildSpec): ChildSpec =>
    "children" in child
      ? { ...child, children: child.children.map(wrap) }
      : "actor" in child
      ? { ...child, actor: failing(child.actor as ActorDef<unknown, unknown>, failures) } as WorkerSpec
      : child;
  return wrap(spec) as SupervisorSpec;
}
