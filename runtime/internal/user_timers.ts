/**
 * Keyed timers of one incarnation.
 *
 * Each setting of a key is an object of its own, so a message already in the mailbox knows whether its timer was
 * cancelled, replaced, or belonged to an incarnation that has ended; then it is not handled and counts as expired.
 */
import type { Timers } from "../actor.ts";
import type { Micros } from "../time.ts";
import { type ActorCell, Envelope } from "./cell.ts";
import type { Kernel } from "./kernel.ts";

class UserTimer extends Envelope {
  live = true;
  private readonly cause: number;
  private readonly root: number;

  constructor(
    private readonly owner: UserTimers,
    private readonly key: string,
    private readonly interval: Micros,
    override readonly message: unknown,
  ) {
    super();
    const { causes } = owner.kernel;
    this.cause = causes.current;
    this.root = causes.root;
  }

  override readonly travels = false;

  get deadline(): number {
    return Infinity;
  }

  override fire(): void {
    // Fixed rate: the next time counts from when this one was due, so that lateness does not add up.
    if (this.interval > 0) this.owner.kernel.timers.add(this, this.time + this.interval);
    const { cell, kernel: { causes } } = this.owner;
    causes.resume(this.cause, this.root, cell.id);
    cell.tellEnvelope(this, this.owner.urgent);
    causes.leave();
  }

  override open(): boolean {
    if (this.live && this.interval === 0) this.owner.forget(this.key, this);
    return this.live;
  }

  override lost(): void {
    if (this.interval === 0) this.owner.forget(this.key, this);
  }
}

export class UserTimers implements Timers<unknown> {
  private readonly byKey = new Map<string, UserTimer>();
  private retired = false;

  constructor(readonly kernel: Kernel, readonly cell: ActorCell, readonly urgent: boolean) {}

  once(key: string, delay: Micros, message: unknown): void {
    if (!Number.isSafeInteger(delay) || delay < 0) {
      throw new RangeError(`Timer "${key}" takes a delay in whole microseconds, not ${delay}.`);
    }
    this.set(key, delay, new UserTimer(this, key, 0, message));
  }

  every(key: string, interval: Micros, message: unknown): void {
    if (!Number.isSafeInteger(interval) || interval < 1) {
      throw new RangeError(`Timer "${key}" takes an interval of whole microseconds above 0, not ${interval}.`);
    }
    this.set(key, interval, new UserTimer(this, key, interval, message));
  }

  cancel(key: string): void {
    const timer = this.byKey.get(key);
    if (timer === undefined) return;
    timer.live = false;
    this.kernel.timers.remove(timer);
    this.byKey.delete(key);
  }

  forget(key: string, timer: UserTimer): void {
    if (this.byKey.get(key) === timer) this.byKey.delete(key);
  }

  /** Those that have not fired, in the order of their setting. */
  due(): { readonly key: string; readonly due: Micros }[] {
    return [...this.byKey].filter(([, timer]) => timer.slot >= 0).map(([key, timer]) => ({ key, due: timer.time }));
  }

  retire(): void {
    for (const key of [...this.byKey.keys()]) this.cancel(key);
    this.retired = true;
  }

  private set(key: string, delay: Micros, timer: UserTimer): void {
    if (this.retired) return;
    this.cancel(key);
    this.byKey.set(key, timer);
    this.kernel.timers.add(timer, this.kernel.clock.now() + delay);
  }
}
