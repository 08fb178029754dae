/** The parent's side of a context: see parent.ts. */
import type { ActorContext, ActorDef, ActorRef, ExitReason, Timers } from "../actor.ts";
import type { GiveUpAction, SupervisorReport } from "../introspection.ts";
import type { Children, MailboxFate } from "../parent.ts";
import { cellOf } from "./cell.ts";
import { Context } from "./context.ts";
import { opened, release, standing, start } from "./lifecycle.ts";

class ChildControl implements Children<unknown> {
  constructor(private readonly context: Context) {}

  start<C, A>(name: string, def: ActorDef<C, A>, args: A, mailbox: MailboxFate = "keep"): ActorRef<C> {
    const { context } = this;
    if (!context.alive) throw new Error(`${context.cell.path} has ended and can start no children.`);
    return start(context.kernel, context.cell, name, def as ActorDef<never, unknown>, args, mailbox);
  }

  standing(child: ActorRef<never>): "running" | "opening" | "gone" {
    return standing(cellOf(child));
  }

  defer(): void {
    this.context.opening = true;
  }

  opened(): void {
    opened(this.context.kernel, this.context);
  }

  stop(child: ActorRef<never>, reason: ExitReason = { kind: "shutdown" }): void {
    cellOf(child).requestStop(reason);
  }

  kill(child: ActorRef<never>): void {
    cellOf(child).requestKill({ kind: "killed" });
  }

  release(child: ActorRef<never>): void {
    release(this.context.kernel, child);
  }

  onStop(handler: (reason: ExitReason) => void): void {
    if (this.context.alive) this.context.stopHandler = handler;
  }

  get timers(): Timers<unknown> {
    return this.context.urgentTimers;
  }

  describe(strategy: string): void {
    this.context.cell.strategy = strategy;
  }

  explain(show: (child: ActorRef<never>) => unknown): void {
    this.context.cell.supervision = show;
  }

  gaveUp(onGiveUp: GiveUpAction, reason: string): void {
    const { kernel, cell } = this.context;
    kernel.emit({ kind: "gave-up", time: kernel.clock.now(), path: cell.path, onGiveUp, reason });
  }

  overran(child: ActorRef<never>, shutdownMs: number): void {
    const { kernel } = this.context;
    kernel.emit({ kind: "overran", time: kernel.clock.now(), path: child.path, shutdownMs });
  }

  report(report: SupervisorReport): void {
    const { kernel, cell } = this.context;
    kernel.emit({ kind: "report", time: kernel.clock.now(), path: cell.path, ...report });
  }
}

/** The parent's side of the context that an actor's `init` was given. */
export function childrenOf<M>(context: ActorContext<M>): Children<M> {
  if (context instanceof Context) return new ChildControl(context);
  throw new TypeError("childrenOf takes the context that an actor's init was given.");
}
