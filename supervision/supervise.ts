/** Turns a specification into a running supervisor. */
import type { ActorContext, ActorDef, ActorRef, ActorSystem } from "../runtime/mod.ts";
import { checkSpec } from "./check.ts";
import { DynamicSupervisor } from "./dynamic.ts";
import type { Internal } from "./keeper.ts";
import type { SupervisorMessage } from "./protocol.ts";
import { type AnySupervisorSpec, isDynamicSpec } from "./spec.ts";
import { Supervisor } from "./supervisor.ts";

const supervisorActor: ActorDef<SupervisorMessage, AnySupervisorSpec> = {
  type: "supervisor",
  init(context, spec) {
    const problems = checkSpec(spec);
    if (problems.length > 0) throw new Error(problems.join(" "));
    const own = context as ActorContext<SupervisorMessage | Internal>;
    return isDynamicSpec(spec)
      ? new DynamicSupervisor(own, spec, supervisorActor as ActorDef<never, AnySupervisorSpec>)
      : new Supervisor(own, spec, supervisorActor as ActorDef<never, AnySupervisorSpec>);
  },
};

/** The actor and the arguments that make a supervisor of `spec`. */
export function supervisor(
  spec: AnySupervisorSpec,
): { readonly actor: ActorDef<SupervisorMessage, AnySupervisorSpec>; readonly args: AnySupervisorSpec } {
  return { actor: supervisorActor, args: spec };
}

/**
 * Starts a supervisor as a root actor. All its children have started when this returns, and it throws if one did not;
 * unless the `init` of one takes time: then they start in order while the system runs, and the "started" event of the
 * supervisor says that all have.
 */
export function supervise(system: ActorSystem, name: string, spec: AnySupervisorSpec): ActorRef<SupervisorMessage> {
  return system.start(name, supervisorActor, spec);
}
