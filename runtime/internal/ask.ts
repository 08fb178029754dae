/**
 * One question on its way: the reply address, the envelope of the question and its deadline, all one object.
 *
 * The deadline is an entry of the system's one timer wheel, so an ask costs neither a timer of the platform nor an object.
 */
import type { ActorRef, AskFailure, AskResult, Remote, TellResult } from "../actor.ts";
import type { Micros } from "../time.ts";
import { Arrival } from "./arrival.ts";
import { ActorCell, BUSY, Envelope, type OpenAsk } from "./cell.ts";
import { type Asked, FarRef } from "./far.ts";
import type { Kernel, Moment } from "./kernel.ts";

/** Whoever waits: an incarnation, or someone outside every actor. */
export interface Asker {
  openAsks: PendingAsk | null;
  readonly alive: boolean;
  /** Null outside every actor. */
  readonly cell: ActorCell | null;
}

const DEAD: AskResult<never> = { ok: false, failure: "dead" };
const OVERLOADED: AskResult<never> = { ok: false, failure: "overloaded" };

export class PendingAsk extends Envelope implements ActorRef<unknown>, Asked, OpenAsk, Moment {
  readonly id: number;
  override message: unknown = undefined;
  resolve: ((result: AskResult<never>) => void) | null = null;
  nextOpen: PendingAsk | null;
  previousOpen: PendingAsk | null = null;
  /** What its deadline means: of a question that has not left this node, that nobody was reached. */
  whenLate: AskFailure = "timeout";
  readonly cause: number;
  readonly root: number;
  readonly sender: number;

  constructor(private readonly kernel: Kernel, readonly asker: Asker, readonly target: ActorCell | null) {
    super();
    this.id = kernel.nextActorId();
    this.cause = kernel.causes.current;
    this.root = kernel.causes.root;
    this.sender = kernel.causes.sender;
    this.nextOpen = asker.openAsks;
    if (this.nextOpen !== null) this.nextOpen.previousOpen = this;
    asker.openAsks = this;
  }

  get path(): string {
    return `/asks/${this.id}`;
  }

  /** Receives the reply. */
  tell(reply: unknown): TellResult {
    const totals = this.kernel.totals;
    totals.offered++;
    if (this.resolve === null || !this.asker.alive) {
      totals.expired++;
      return "dead";
    }
    const { copy } = this.kernel;
    if (copy !== null) {
      try {
        reply = copy(reply);
      } catch (error) {
        totals.offered--;
        throw error;
      }
    }
    totals.handled++;
    this.settle({ ok: true, value: reply as never });
    return "enqueued";
  }

  urgent(reply: unknown): TellResult {
    return this.tell(reply);
  }

  override readonly travels = true;

  override replace(change: (message: unknown) => unknown): void {
    this.message = change(this.message);
  }

  get deadline(): number {
    return this.time;
  }

  override fire(): void {
    this.fail(this.whenLate);
  }

  /** Whether somebody still waits for the answer. */
  get awaited(): boolean {
    return this.resolve !== null && this.asker.alive;
  }

  fail(failure: AskFailure, path?: readonly string[]): void {
    this.settle(path === undefined ? { ok: false, failure } : { ok: false, failure, path });
  }

  override open(): boolean {
    return this.awaited;
  }

  override lost(fate: "rejected" | "dropped" | "dead"): void {
    this.settle(fate === "dead" ? DEAD : OVERLOADED);
  }

  /** The asker awaits it no longer; nobody is told. */
  abandon(): void {
    if (this.resolve === null) return;
    this.resolve = null;
    this.kernel.timers.remove(this);
    this.unlink();
  }

  private settle(result: AskResult<never>): void {
    const resolve = this.resolve;
    if (resolve === null) return;
    this.resolve = null;
    this.kernel.timers.remove(this);
    this.unlink();
    if (!this.asker.alive) return;
    this.kernel.debt = true;
    if (this.cause === 0) resolve(result);
    else this.kernel.continueAs(this, resolve, result);
    this.kernel.wake();
  }

  private unlink(): void {
    const { nextOpen, previousOpen, asker } = this;
    if (nextOpen !== null) nextOpen.previousOpen = previousOpen;
    if (previousOpen === null) asker.openAsks = nextOpen;
    else previousOpen.nextOpen = nextOpen;
  }
}

export function ask<Q, R>(
  kernel: Kernel,
  asker: Asker,
  target: Remote<Q>,
  make: (replyTo: ActorRef<R>) => Q,
  timeout: Micros,
): Promise<AskResult<R>> {
  const refusal = refused(asker, target, timeout);
  if (refusal !== null) return Promise.resolve(refusal);
  const pending = new PendingAsk(kernel, asker, target instanceof ActorCell ? target as ActorCell : null);
  const question = make(pending);
  const result = new Promise<AskResult<R>>((resolve) => {
    pending.resolve = resolve;
  });
  send(kernel, asker, target, pending, question, timeout);
  return result;
}

/** As `ask`, with a function in place of the promise, called in the name of the asker's message. Null: refused at once. */
export function askInto<Q, R>(
  kernel: Kernel,
  asker: Asker,
  target: Remote<Q>,
  make: (replyTo: ActorRef<R>) => Q,
  timeout: Micros,
  resolve: (result: AskResult<R>) => void,
): PendingAsk | null {
  const refusal = refused(asker, target, timeout);
  if (refusal !== null) {
    resolve(refusal);
    return null;
  }
  const pending = new PendingAsk(kernel, asker, target instanceof ActorCell ? target as ActorCell : null);
  const question = make(pending);
  pending.resolve = resolve;
  send(kernel, asker, target, pending, question, timeout);
  return pending;
}

function refused<Q>(asker: Asker, target: Remote<Q>, timeout: Micros): AskResult<never> | null {
  if (!asker.alive) return DEAD;
  if (!Number.isSafeInteger(timeout) || timeout < 0) {
    throw new RangeError(`The timeout of an ask is a span in whole microseconds, not ${timeout}.`);
  }
  if (!(target instanceof ActorCell) || asker.cell === null) return null;
  const path = circle(asker.cell, target as ActorCell);
  return path === null ? null : { ok: false, failure: "cycle", path };
}

/** When nobody awaits an answer any more: never later than the answer to the question behind it. */
export function deadlineOf(kernel: Kernel, asker: Asker, timeout: Micros): Micros {
  return Math.min(kernel.clock.now() + timeout, asker.cell?.question?.deadline ?? Infinity);
}

function send<Q>(
  kernel: Kernel,
  asker: Asker,
  target: Remote<Q>,
  pending: PendingAsk,
  question: Q,
  timeout: Micros,
): void {
  const cell = pending.target;
  kernel.timers.add(pending, deadlineOf(kernel, asker, timeout));
  if (cell !== null) {
    if (asker.cell === null) kernel.seam?.did({ kind: "ask", to: cell.id, timeout, question, replyTo: pending });
    pending.message = question;
    cell.tellEnvelope(pending, false);
  } else if (target instanceof FarRef) {
    try {
      target.put(question, pending);
    } catch (error) {
      pending.abandon();
      throw error;
    }
  } else {
    const sent = target.tell(question);
    if (sent !== "enqueued" && sent !== "diverted") pending.lost(sent);
  }
}

/**
 * Who waits for whom if `asker` now waits for `target`, when that closes a circle; null when it does not. Only an actor
 * whose handler waits for a promise is stuck, so the search goes from one of those to the next.
 */
function circle(asker: ActorCell, target: ActorCell): string[] | null {
  if (target === asker) return [asker.path, asker.path];
  if (target.life !== BUSY || target.incarnation!.openAsks === null) return null;
  const seen = new Set<ActorCell>();
  const search = (cell: ActorCell): ActorCell[] | null => {
    if (cell === asker) return [cell];
    if (cell.life !== BUSY || seen.has(cell)) return null;
    seen.add(cell);
    for (let ask = cell.incarnation!.openAsks; ask !== null; ask = ask.nextOpen) {
      const rest = ask.target === null ? null : search(ask.target);
      if (rest !== null) return [cell, ...rest];
    }
    return null;
  };
  const found = search(target);
  return found === null ? null : [asker, ...found].map(({ path }) => path);
}

/** Who waits for the actor to go on, from the first, and the actor itself; those on other nodes as they were told of. */
export function waitingFor(cell: ActorCell, nameOf: (cell: ActorCell) => string): readonly string[] {
  const chain: string[] = [];
  const seen = new Set<ActorCell>();
  for (let at: ActorCell | null = cell; at !== null && !seen.has(at);) {
    seen.add(at);
    chain.unshift(nameOf(at));
    const { question }: ActorCell = at;
    if (question instanceof Arrival) return [...question.waiting, ...chain];
    at = question instanceof PendingAsk ? question.asker.cell : null;
  }
  return chain;
}
