/**
 * Looking into a running system and taking hold of single actors: OTP's `sys`, by path.
 *
 * Everything works on a busy or suspended actor. What changes an actor names who did it and is published as an event, so
 * that whoever keeps the events keeps a record. Who may replace a state says the system's owner (`mayReplaceState`): nobody,
 * if he says nothing.
 */
import type { ExitReason } from "./actor.ts";
import type { HandlerLatency } from "./introspection.ts";
import type { CrashRecord } from "./crash.ts";
import type { TracedMessage } from "./trace.ts";
import { type ActorCell, BUSY, STOPPED } from "./internal/cell.ts";
import { replace, resume, suspend } from "./internal/hold.ts";
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

/** Someone wanted to do what the system's owner does not let him. */
export class NotAuthorised extends Error {
  override readonly name = "NotAuthorised";
  readonly code = "NOT_AUTHORISED";
}

export class Debug {
  constructor(
    private readonly kernel: Kernel,
    private readonly mayReplaceState: (path: string, by: string) => boolean,
  ) {}

  /** What the actor shows of its state. Undefined when it has no `inspect` or is not running. */
  state(path: string): unknown {
    return this.cell(path).handlers?.inspect?.();
  }

  /**
   * Hands `state` to the actor's `replace`, if the system's `mayReplaceState` lets `by` do so; to a busy actor when its
   * message is done ("later"). Throws a sentence when it may not or cannot; what `replace` throws is thrown on.
   */
  replaceState(path: string, state: unknown, by: string): "now" | "later" {
    const cell = this.cell(path);
    if (!this.mayReplaceState(path, by)) throw new NotAuthorised(`${by} may not replace the state of ${path}.`);
    this.kernel.seam?.did({ kind: "replace", to: cell.id, state, by });
    return replace(this.kernel, cell, state, by);
  }

  /** From now on the actor takes no messages; kill, stop and signals are served. A busy one finishes first. */
  suspend(path: string, by: string): void {
    const cell = this.cell(path);
    this.kernel.seam?.did({ kind: "suspend", to: cell.id, by });
    suspend(this.kernel, cell, by);
  }

  /** Ends a suspension; what waited is handled in its order. So does a restart. */
  resume(path: string, by: string): void {
    const cell = this.cell(path);
    this.kernel.seam?.did({ kind: "resume", to: cell.id, by });
    resume(this.kernel, cell, by);
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
