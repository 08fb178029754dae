/**
 * Looking into a running system and taking hold of single actors: OTP's `sys`, by path.
 *
 * Everything works on a busy or suspended actor. What changes an actor names who did it and is published as an event, so
 * that whoever keeps the events keeps a record. Nothing here decides who may: that is for the caller.
 */
import type { ExitReason } from "./actor.ts";
import type { HandlerLatency } from "./introspection.ts";
import type { CrashRecord } from "./crash.ts";
import type { TracedMessage } from "./trace.ts";
import { type ActorCell, BUSY, ENDED, RUNNING, STOPPED, SUSPENDED } from "./internal/cell.ts";
import type { Kernel } from "./internal/kernel.ts";
import { awaitedBy } from "./internal/forensics.ts";
import { tracesOf, why } from "./internal/traces.ts";

export interface ActorStatistics {
  readonly path: string;
  readonly type: string;
  readonly incarnation: number;
  readonly offered: number;
  readonly handled: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly expired: number;
  readonly dead: number;
  readonly waiting: number;
  readonly stashed: number;
  /** Asks whose answer it awaits, by path. */
  readonly awaits: readonly string[];
  /** Null: it declares no budget and has never waited where being stuck is watched for. */
  readonly latency: HandlerLatency | null;
  readonly lastExit: ExitReason | null;
}

export class Debug {
  constructor(private readonly kernel: Kernel) {}

  /** What the actor shows of its state. Undefined when it has no `inspect` or is not running. */
  state(path: string): unknown {
    return this.cell(path).handlers?.inspect?.();
  }

  /** Hands `state` to the actor's `replace`. Throws a sentence when it has none; what `replace` throws is thrown on. */
  replaceState(path: string, state: unknown, by: string): void {
    const cell = this.cell(path);
    const replace = cell.handlers?.replace;
    if (replace === undefined) throw new Error(`The state of ${path} cannot be replaced: it has no replace handler.`);
    replace.call(cell.handlers, state);
    this.kernel.emit({ kind: "state-replaced", time: this.kernel.clock.now(), path, by });
  }

  /** From now on the actor takes no messages; kill, stop and signals are served. A busy one finishes first. */
  suspend(path: string, by: string): void {
    const cell = this.cell(path);
    if (cell.suspended || cell.life >= ENDED) return;
    cell.suspended = true;
    if (cell.life === RUNNING) cell.life = SUSPENDED;
    this.kernel.emit({ kind: "suspended", time: this.kernel.clock.now(), path, by });
  }

  /** Ends a suspension; what waited is handled in its order. So does a restart. */
  resume(path: string, by: string): void {
    const cell = this.cell(path);
    if (!cell.suspended) return;
    cell.suspended = false;
    if (cell.life === SUSPENDED) {
      cell.life = RUNNING;
      cell.unpark();
    }
    this.kernel.emit({ kind: "resumed", time: this.kernel.clock.now(), path, by });
  }

  /** The latest messages of an actor, oldest first: at most `n` handled ones, then those that wait. */
  trace(path: string, n = Infinity): TracedMessage[] {
    const all = tracesOf(this.kernel, this.cell(path));
    const handled = all.filter(({ waiting }) => !waiting);
    return [...handled.slice(Math.max(0, handled.length - n)), ...all.filter(({ waiting }) => waiting)];
  }

  statistics(path: string): ActorStatistics {
    const cell = this.cell(path);
    const { offered, handled, rejected, dropped, expired, dead } = cell;
    return {
      path,
      type: cell.def.type,
      incarnation: cell.restarts,
      offered,
      handled,
      rejected,
      dropped,
      expired,
      dead,
      waiting: cell.mailbox.count + (cell.urgentLane?.count ?? 0),
      stashed: cell.stash?.length ?? 0,
      awaits: awaitedBy(cell),
      latency: cell.latency?.statistics ?? null,
      lastExit: cell.lastExit,
    };
  }

  /**
   * Why a message was sent: itself, its cause, the cause of that, up to the message from outside, as far as the mailboxes
   * still keep them. Empty when nobody keeps the message. Takes time proportional to the number of actors.
   */
  why(message: number): TracedMessage[] {
    for (const cell of this.kernel.cells.values()) {
      const chain = why(this.kernel, cell, message);
      if (chain.length > 0) return chain;
    }
    return [];
  }

  /** The records of the latest crashes, oldest first. */
  crashes(): readonly CrashRecord[] {
    return this.kernel.crashes.toArray();
  }

  /** Actors whose handler waits for a promise, and whom they have asked. */
  waits(): { readonly path: string; readonly awaits: readonly string[] }[] {
    return [...this.kernel.cells.values()].filter(({ life }) => life === BUSY)
      .map(({ path }) => ({ path, awaits: this.statistics(path).awaits }));
  }

  private cell(path: string): ActorCell {
    const cell = this.kernel.cells.get(path);
    if (cell !== undefined && cell.life !== STOPPED) return cell;
    throw new Error(`There is no actor at ${path}.`);
  }
}
