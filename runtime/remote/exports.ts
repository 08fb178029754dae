/** What can be reached from other nodes: actors under names, actors whose refs have left in a message, and open questions. */
import type { ActorRef, Remote } from "../actor.ts";
import type { Asked } from "../internal/far.ts";
import { cellOf, STOPPED } from "../internal/cell.ts";
import type { Address } from "./address.ts";
import type { MessageDef } from "./message_def.ts";

/** A receiver and what it takes. */
export interface Exported {
  readonly ref: ActorRef<never>;
  // deno-lint-ignore no-explicit-any -- definitions of any messages
  readonly def: MessageDef<any>;
}

export class Exports {
  private readonly names = new Map<string, Exported>();
  private readonly actors = new Map<number, Exported>();
  private readonly questions = new Map<number, Exported>();

  get offered(): readonly string[] {
    return [...this.names.keys()].sort();
  }

  offer(name: string, exported: Exported): void {
    const holder = this.names.get(name);
    if (holder !== undefined && holder.ref !== exported.ref) {
      throw new Error(`"${name}" is offered by ${holder.ref.path}: one actor of a node bears a name.`);
    }
    this.names.set(name, exported);
  }

  withdraw(ref: ActorRef<never>): boolean {
    let gone = false;
    for (const [name, exported] of [...this.names]) {
      if (exported.ref === ref) gone = this.names.delete(name);
    }
    return gone;
  }

  /** Gives a ref of this node a number by which it is found in this life. */
  number(ref: Remote<never>, def: Exported["def"]): { readonly actor: number } | { readonly ask: number } {
    const exported: Exported = { ref: ref as ActorRef<never>, def };
    const { id } = exported.ref;
    if (isQuestion(ref)) {
      this.questions.set(id, exported);
      return { ask: id };
    }
    this.actors.set(id, exported);
    return { actor: id };
  }

  find(to: Address): Exported | undefined {
    if ("name" in to) return this.names.get(to.name);
    return "ask" in to ? this.questions.get(to.ask) : this.actors.get(to.actor);
  }

  /** Forgets whoever cannot be reached any more. */
  tidy(): void {
    for (const [id, { ref }] of this.questions) if (!(ref as unknown as Asked).awaited) this.questions.delete(id);
    for (const [id, { ref }] of this.actors) {
      if (isCell(ref) && cellOf(ref).life === STOPPED) this.actors.delete(id);
    }
  }
}

export function isQuestion(ref: Remote<never>): boolean {
  return "awaited" in ref;
}

/** An actor itself; else an adapter of one. */
export function isCell(ref: Remote<never>): boolean {
  return "mailbox" in ref;
}
