/** What a supervisor of known children does when it is told to. One command at a time, when no other work is in progress. */
import type { ActorRef } from "../runtime/mod.ts";
import { checkSpec } from "./check.ts";
import { type Child, countChildren, isDown, newChild, viewOfChild } from "./child.ts";
import type { Keeper } from "./keeper.ts";
import type { ChildName, Command, SpecReply, SupervisorMessage, SupervisorReply } from "./protocol.ts";
import { answer, didNotStart, isDisabled, isStopping, notFound, notStopped, refuse, wrongKind } from "./refusals.ts";
import type { AnySupervisorSpec, ChildSpec } from "./spec.ts";

/** What became of a start that a command or a restart began. */
export interface Start {
  readonly done: () => void;
  readonly failed: (child: Child, error: Error) => void;
  /** The supervisor ends before it is known. */
  readonly cut?: () => void;
}

/** What the commands need of their supervisor. */
export interface CommandedSupervisor {
  readonly path: string;
  readonly spec: AnySupervisorSpec;
  readonly keeper: Keeper;
  readonly children: Map<string, Child>;
  /** Until a child whose start takes time has started. */
  waitFor(child: Child, plan: Start): void;
  stopAll(children: Iterable<Child>, then: () => void, cut?: () => void): void;
  leave(child: Child): void;
  forget(child: Child): void;
}

const OK: SupervisorReply = { ok: true };
const DONE = () => {};

/** "later": it has been or will be answered when its work is over. */
type Outcome = SupervisorReply | "later";

export class StaticCommands {
  constructor(private readonly supervisor: CommandedSupervisor) {}

  carryOut(command: SupervisorMessage): void {
    const children = () => [...this.supervisor.children.values()];
    switch (command.kind) {
      case "WhichChildren":
        return answer(command.replyTo, children().map(viewOfChild));
      case "CountChildren":
        return answer(command.replyTo, countChildren(children()));
      case "GetChildSpec":
        return answer(command.replyTo, this.specOf(command.id));
    }
    const outcome = this.change(command);
    if (outcome !== "later") answer(command.replyTo, outcome);
  }

  private specOf(id: ChildName): SpecReply {
    const child = this.find(id);
    return child === undefined ? notFound(id) : { ok: true, spec: child.spec };
  }

  private find(id: ChildName): Child | undefined {
    if (typeof id === "string") return this.supervisor.children.get(id);
    return [...this.supervisor.children.values()].find(({ ref }) => ref === id);
  }

  private change(command: Command): Outcome {
    switch (command.kind) {
      case "StartChild":
        return checkFor(this.supervisor.spec, command.spec) ?? this.add(command);
      case "CheckChild":
        return checkFor(this.supervisor.spec, command.spec) ?? OK;
      case "StartDynamic":
        return wrongKind(this.supervisor.path, "not dynamic; use StartChild with a specification.");
    }
    const child = this.find(command.id);
    if (child === undefined) return notFound(command.id);
    switch (command.kind) {
      case "TerminateChild":
        return this.terminate(child, command.replyTo);
      case "RestartChild":
        if (child.state === "disabled") return isDisabled(child);
        return isDown(child) ? this.startAgain(child, command.replyTo) : notStopped(child);
      case "DeleteChild":
        return this.delete(child);
      case "DisableChild":
        return this.disable(child, command.by, command.replyTo);
      case "EnableChild":
        return this.enable(child, command.by, command.replyTo);
    }
  }

  private add({ spec, replyTo }: Extract<Command, { kind: "StartChild" }>): Outcome {
    const { supervisor } = this;
    const known = supervisor.children.get(spec.id);
    if (known !== undefined) {
      const code = known.state === "running" ? "already-started" : "already-present";
      return refuse(code, `A child "${spec.id}" already exists.`);
    }
    const child = newChild(spec);
    supervisor.children.set(spec.id, child);
    return this.start(child, replyTo, () => supervisor.forget(child));
  }

  private startAgain(child: Child, replyTo: ActorRef<SupervisorReply> | undefined): Outcome {
    this.supervisor.keeper.renew(child);
    return this.start(child, replyTo, DONE);
  }

  private start(child: Child, replyTo: ActorRef<SupervisorReply> | undefined, undo: () => void): Outcome {
    const { keeper } = this.supervisor;
    const started = keeper.start(child);
    if (started === "running") return { ok: true, child: child.ref };
    if (started === "gone") {
      this.supervisor.leave(child);
      return { ok: true, child: null };
    }
    const failed = (_: Child, error: Error) => {
      keeper.release(child, "stopped");
      undo();
      answer(replyTo, didNotStart(child, error));
    };
    if (started === "opening") {
      const done = () => answer(replyTo, { ok: true, child: child.ref });
      this.supervisor.waitFor(child, { done, failed, cut: () => this.stopping(replyTo) });
    } else failed(child, started);
    return "later";
  }

  private terminate(child: Child, replyTo: ActorRef<SupervisorReply> | undefined): Outcome {
    this.supervisor.stopAll([child], () => {
      this.supervisor.leave(child);
      answer(replyTo, OK);
    }, () => this.stopping(replyTo));
    return "later";
  }

  private stopping(replyTo: ActorRef<SupervisorReply> | undefined): void {
    answer(replyTo, isStopping(this.supervisor.path));
  }

  private delete(child: Child): Outcome {
    if (!isDown(child) && child.state !== "disabled") return notStopped(child);
    this.supervisor.keeper.release(child, "stopped");
    this.supervisor.forget(child);
    return OK;
  }

  private disable(child: Child, by: string, replyTo: ActorRef<SupervisorReply> | undefined): Outcome {
    if (child.state === "disabled") return OK;
    this.supervisor.stopAll([child], () => {
      this.supervisor.keeper.report("disabled", child, `by ${by}`);
      this.supervisor.keeper.release(child, "disabled");
      answer(replyTo, OK);
    }, () => this.stopping(replyTo));
    return "later";
  }

  private enable(child: Child, by: string, replyTo: ActorRef<SupervisorReply> | undefined): Outcome {
    if (child.state !== "disabled") return refuse("running", `"${child.name}" is not disabled.`);
    child.state = "stopped";
    this.supervisor.keeper.report("enabled", child, `by ${by}`);
    return this.startAgain(child, replyTo);
  }
}

/** Why a specification cannot be that of a child of this supervisor; null when it can. */
export function checkFor({ autoShutdown = "never" }: AnySupervisorSpec, spec: ChildSpec): SupervisorReply | null {
  const problems = checkSpec(spec, autoShutdown);
  return problems.length === 0 ? null : refuse("bad-spec", problems.join(" "));
}
