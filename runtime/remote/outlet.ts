/**
 * What goes to one node: in order, again and again until the broker has it, however long that takes. What nobody awaits any
 * more is not sent.
 */
import { machineWall, type Waiting, type Wall } from "../internal/wall.ts";
import { type Broker, BrokerError, type Letter, passes } from "../transport/mod.ts";

/** Between two tries of a broker that does not answer, milliseconds. */
const PAUSE_MS = 100;
/** Letters sent at once. */
const AT_ONCE = 200;

export interface Parcel {
  readonly key: string;
  /** The letter as it is sent now; null when it is not to be sent any more. */
  letter(): Letter | null;
  /** The broker has it. */
  sent(): void;
  /** The broker will never have it: it refuses it. */
  refused(error: BrokerError): void;
  /** It was not sent because nobody awaits it. */
  expired(): void;
}

export class Outlet {
  private readonly queue: Parcel[] = [];
  private pumping: Promise<void> | null = null;
  private closed = false;
  private pause: Waiting | null = null;

  /** `may`: whether this node may speak now; it may not while somebody else could bear its name. */
  constructor(
    private readonly broker: Broker,
    private readonly topic: string,
    private readonly may: () => boolean,
    private readonly done: () => void,
    private readonly wall: Wall = machineWall,
  ) {}

  get waiting(): number {
    return this.queue.length;
  }

  add(parcel: Parcel): void {
    this.queue.push(parcel);
    this.pumping ??= this.pump();
  }

  /** Tries once more what waits; resolves when nothing more is sent. What is left is waiting for ever. */
  async close(): Promise<void> {
    this.closed = true;
    this.pause?.end();
    await this.pumping;
  }

  private async pump(): Promise<void> {
    // What is sent in one turn goes out together.
    await Promise.resolve();
    while (this.queue.length > 0) {
      if (!await this.send()) {
        if (this.closed) break;
        this.pause = this.wall.sleep(PAUSE_MS);
        await this.pause.done;
      }
    }
    this.pumping = null;
  }

  /** Sends what stands in front; false when it has to be tried again. */
  private async send(): Promise<boolean> {
    if (!this.may()) return false;
    const batch: { readonly parcel: Parcel; readonly letter: Letter }[] = [];
    while (this.queue.length > batch.length && batch.length < AT_ONCE) {
      const parcel = this.queue[batch.length];
      const letter = parcel.letter();
      if (letter !== null) batch.push({ parcel, letter });
      else {
        this.queue.splice(batch.length, 1);
        parcel.expired();
        this.done();
      }
    }
    if (batch.length === 0) return true;
    try {
      await this.broker.publishBatch(this.topic, batch.map(({ parcel: { key }, letter }) => ({ key, letter })));
      this.leave(batch.length, (parcel) => parcel.sent());
      return true;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      if (passes(error) || error.code === "BROKER_REFUSED" || error.code === "BROKER_CLOSED") return false;
      if (batch.length === 1) this.leave(1, (parcel) => parcel.refused(error));
      else await this.sendEach(batch);
      return true;
    }
  }

  /** One of them is refused: each answers for itself. */
  private async sendEach(batch: readonly { readonly parcel: Parcel; readonly letter: Letter }[]): Promise<void> {
    for (const { parcel, letter } of batch) {
      try {
        await this.broker.publish(this.topic, parcel.key, letter);
        this.leave(1, (one) => one.sent());
      } catch (error) {
        if (!(error instanceof BrokerError) || error.code !== "MESSAGE_TOO_LARGE") return;
        this.leave(1, (one) => one.refused(error));
      }
    }
  }

  private leave(count: number, tell: (parcel: Parcel) => void): void {
    for (const parcel of this.queue.splice(0, count)) {
      tell(parcel);
      this.done();
    }
  }
}
