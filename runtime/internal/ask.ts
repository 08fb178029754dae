/**
 * One question on its way: the reply address, the envelope of the question and its deadline, all one object.
 *
 * The deadline is an entry of the system's one timer heap, so an ask costs no operating-system timer.
 */
import type { ActorRef, AskResult, TellResult } from "../actor.ts";
import type { Micros } from "../time.ts";
import { ActorCell, Envelope, type Incarnation } from "./cell.ts";
import type { Kernel } from "./kernel.ts";

/** Whoever waits: an incarnation, or, with `asks` alone, someone outside every actor. */
export type Asker = Pick<Incarnation, "asks"> & { readonly alive: boolean };

const TIMEOUT: AskResult<never> = { ok: false, failure: "timeout" };
const DEAD: AskResult<never> = { ok: false, failure: "dead" };
const OVERLOADED: AskResult<never> = { ok: false, failure: "overloaded" };

export class PendingAsk extends Envelope implements ActorRef<unknown> {
  readonly id: number;
  override message: unknown = undefined;
  resolve: ((result: AskResult<never>) => void) | null = null;

  constructor(private readonly kernel: Kernel, private readonly asker: Asker) {
    super();
    this.id = kernel.nextActorId();
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
    totals.handled++;
    this.settle({ ok: true, value: reply as never });
    return "enqueued";
  }

  urgent(reply: unknown): TellResult {
    return this.tell(reply);
  }

  override fire(): void {
    this.settle(TIMEOUT);
  }

  override open(): boolean {
    return this.resolve !== null && this.asker.alive;
  }

  override lost(fate: "rejected" | "dropped" | "dead"): void {
    this.settle(fate === "dead" ? DEAD : OVERLOADED);
  }

  private settle(result: AskResult<never>): void {
    const resolve = this.resolve;
    if (resolve === null) return;
    this.resolve = null;
    this.kernel.timers.remove(this);
    this.asker.asks--;
    if (!this.asker.alive) return;
    this.kernel.debt = true;
    resolve(result);
    this.kernel.wake();
  }
}

export function ask<Q, R>(
  kernel: Kernel,
  asker: Asker,
  target: ActorRef<Q>,
  make: (replyTo: ActorRef<R>) => Q,
  timeout: Micros,
): Promise<AskResult<R>> {
  if (!asker.alive) return Promise.resolve(DEAD);
  if (!Number.isSafeInteger(timeout) || timeout < 0) {
    throw new RangeError(`The timeout of an ask is a span in whole microseconds, not ${timeout}.`);
  }
  const pending = new PendingAsk(kernel, asker);
  const question = make(pending);
  const result = new Promise<AskResult<R>>((resolve) => {
    pending.resolve = resolve;
  });
  asker.asks++;
  kernel.timers.add(pending, kernel.clock.now() + timeout);
  if (target instanceof ActorCell) {
    pending.message = question;
    target.tellEnvelope(pending, false);
  } else {
    const sent = target.tell(question);
    if (sent !== "enqueued") pending.lost(sent);
  }
  return result;
}
