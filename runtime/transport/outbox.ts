/**
 * What is to be published, sent in the order in which it was given, again and again until the server has confirmed it.
 *
 * One batch is under way at a time, made of all that came while the one before was: so order survives a lost connection,
 * and a fast publisher gets large batches without asking for them.
 */
import { machineWall, soon, type Waiting, type Wall } from "../internal/wall.ts";
import { BrokerError, passes } from "./errors.ts";

/** Entries sent at once; more only makes the answer late. */
const MOST_AT_ONCE = 1000;
/** Entries that wait. Whoever awaits `publish` never comes near it. */
const MOST_WAITING = 100_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

interface Parcel<E> {
  readonly entries: readonly E[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Outbox<E> {
  private readonly parcels: Parcel<E>[] = [];
  private waiting = 0;
  private pumping: Promise<void> | null = null;
  private pause: Waiting | null = null;
  private closed = false;

  /** `send` keeps all entries in their order, or rejects; then it may have kept a part of them. */
  constructor(
    private readonly send: (entries: readonly E[]) => Promise<void>,
    private readonly retryMs: number,
    private readonly wall: Wall = machineWall,
  ) {}

  add(entries: readonly E[]): Promise<void> {
    if (this.closed) return Promise.reject(new BrokerError("BROKER_CLOSED", "the broker has been closed."));
    if (entries.length === 0) return Promise.resolve();
    if (this.waiting + entries.length > MOST_WAITING) {
      const message = `${this.waiting} messages wait to be published: await publish before the next.`;
      return Promise.reject(new BrokerError("PUBLISH_OVERFLOW", message));
    }
    this.waiting += entries.length;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.parcels.push({ entries, resolve, reject });
    this.pumping ??= this.pump();
    return promise;
  }

  /** Takes nothing any more; resolves when what was given is kept or given up. */
  async close(): Promise<void> {
    this.closed = true;
    this.pause?.end();
    await this.pumping;
  }

  private async pump(): Promise<void> {
    // What is published in one turn goes out in one batch.
    await new Promise<void>((resolve) => soon(resolve));
    while (this.parcels.length > 0) {
      const parcels = this.next();
      await this.deliver(parcels);
      for (const { entries } of parcels) this.waiting -= entries.length;
    }
    this.pumping = null;
  }

  private next(): readonly Parcel<E>[] {
    let count = 1;
    let entries = this.parcels[0].entries.length;
    while (count < this.parcels.length && entries + this.parcels[count].entries.length <= MOST_AT_ONCE) {
      entries += this.parcels[count++].entries.length;
    }
    return this.parcels.splice(0, count);
  }

  private async deliver(parcels: readonly Parcel<E>[]): Promise<void> {
    const entries = parcels.length === 1 ? parcels[0].entries : parcels.flatMap((parcel) => parcel.entries);
    try {
      await this.insist(entries);
      for (const { resolve } of parcels) resolve();
    } catch (error) {
      if (parcels.length === 1 || passes(error)) {
        for (const { reject } of parcels) reject(error);
        return;
      }
      // One of them is refused, and nobody knows which: each answers for itself.
      for (const parcel of parcels) await this.deliver([parcel]);
    }
  }

  private async insist(entries: readonly E[]): Promise<void> {
    const begun = this.wall.now();
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.send(entries);
      } catch (error) {
        if (!passes(error) || this.closed || this.wall.now() - begun > this.retryMs) throw error;
      }
      this.pause = this.wall.sleep(pauseMs);
      await this.pause.done;
    }
  }
}
