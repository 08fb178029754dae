/**
 * Reliable delivery from one actor to another over a way that may lose, repeat and reorder messages.
 *
 * The consumer says how far it is willing to take (its demand); the producer sends no further, keeps what is not confirmed,
 * and sends it again when the consumer misses something or nothing moves. Every message is delivered to the consumer's
 * actor once and in order, as long as neither side forgets its state; a producer that starts anew must come with a higher
 * epoch, and a consumer that starts anew resumes from `state` if it kept that, else it may see messages again.
 *
 * Both are parts of an actor, which hands them the messages of the protocol:
 *
 *     const out = new ReliableProducer<Order>(context, { id: "desk-1", epoch: context.incarnation, target });
 *     receive: (message) => message.kind === "Confirmed" || message.kind === "Resend" ? out.receive(message) : …
 */
import type { ActorRef, Remote, Timers } from "./actor.ts";
import type { Micros } from "./time.ts";

/** Messages under way at once: enough to hide a round trip, few enough to keep. */
export const DEFAULT_WINDOW = 50;
/** Unconfirmed and unsent messages a producer keeps. */
export const DEFAULT_BUFFER = 1024;
/** Silence after which the oldest unconfirmed message is sent again. */
export const DEFAULT_RESEND: Micros = 1_000_000;

/** One message on its way. `sequence` counts from 1 within (producer, epoch). */
export interface Delivery<M> {
  readonly kind: "Delivery";
  readonly producer: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly message: M;
  readonly replyTo: Remote<DeliveryControl>;
}

/** What a consumer answers. */
export type DeliveryControl =
  /** All up to `sequence` have been handled; the producer may send up to `upTo`. */
  | {
    readonly kind: "Confirmed";
    readonly producer: string;
    readonly epoch: number;
    readonly sequence: number;
    readonly upTo: number;
  }
  /** `from` is missing. */
  | { readonly kind: "Resend"; readonly producer: string; readonly epoch: number; readonly from: number };

export interface ProducerOptions<M> {
  /** Stable name of the producer, the same after a restart. */
  readonly id: string;
  /** Higher after every restart; `context.incarnation` where a node's life is the whole story. */
  readonly epoch: number;
  readonly target: Remote<Delivery<M>>;
  /** Most messages kept; default DEFAULT_BUFFER. */
  readonly buffer?: number;
  /** Default DEFAULT_RESEND. */
  readonly resendAfter?: Micros;
}

/** What a producer needs of its actor's context. */
export interface ProducerContext {
  readonly self: ActorRef<DeliveryControl>;
  readonly timers: Timers<DeliveryControl>;
}

const resendTimer = (producer: string): string => `delivery.resend:${producer}`;

/** The sending half. `M`: what is delivered. */
export class ReliableProducer<M> {
  private readonly kept: M[] = [];
  /** Sequence of the first kept message. */
  private first = 1;
  /** Sequence of the next message to send for the first time. */
  private next = 1;
  /** The consumer takes up to this one; one at first, to be heard of. */
  private upTo = 1;

  constructor(
    private readonly context: ProducerContext,
    private readonly options: ProducerOptions<M>,
  ) {}

  /** Messages not confirmed yet. */
  get waiting(): number {
    return this.kept.length;
  }

  /** Sends now or as soon as the consumer is willing; false when the buffer is full, and then nothing is kept. */
  send(message: M): boolean {
    if (this.kept.length >= (this.options.buffer ?? DEFAULT_BUFFER)) return false;
    this.kept.push(message);
    this.flush();
    return true;
  }

  /** Takes what consumers answer, and this producer's own timer; what is meant for another producer changes nothing. */
  receive(control: DeliveryControl): void {
    if (control.producer !== this.options.id || control.epoch !== this.options.epoch) return;
    if (control.kind === "Resend") return this.sendAgain(control.from);
    const confirmed = Math.min(control.sequence - this.first + 1, this.next - this.first);
    if (confirmed > 0) {
      this.kept.splice(0, confirmed);
      this.first += confirmed;
    }
    this.upTo = Math.max(this.upTo, control.upTo);
    this.flush();
    this.watch();
  }

  private flush(): void {
    const end = this.first + this.kept.length;
    while (this.next < end && this.next <= this.upTo) this.transmit(this.next++);
    this.watch();
  }

  private sendAgain(from: number): void {
    for (let sequence = Math.max(from, this.first); sequence < this.next; sequence++) this.transmit(sequence);
    this.watch();
  }

  private transmit(sequence: number): void {
    const { id: producer, epoch, target } = this.options;
    const message = this.kept[sequence - this.first];
    target.tell({ kind: "Delivery", producer, epoch, sequence, message, replyTo: this.context.self });
  }

  /** While something is unconfirmed, silence means loss: the oldest goes out again, and its answer says what else is missing. */
  private watch(): void {
    const { timers } = this.context;
    const { id: producer, epoch, resendAfter = DEFAULT_RESEND } = this.options;
    if (this.next === this.first) return timers.cancel(resendTimer(producer));
    timers.once(resendTimer(producer), resendAfter, { kind: "Resend", producer, epoch, from: this.first });
  }
}

/** How far a consumer has come with each producer; plain data, to be kept by those who must not see a message twice. */
export type ConsumerState = Readonly<Record<string, { readonly epoch: number; readonly sequence: number }>>;

/** The receiving half; one serves any number of producers. */
export class ReliableConsumer<M> {
  private readonly progress: Map<string, Progress>;

  constructor(private readonly window: number = DEFAULT_WINDOW, state: ConsumerState = {}) {
    if (!Number.isInteger(window) || window < 1) {
      throw new RangeError(`a window is a whole number above 0, not ${window}.`);
    }
    this.progress = new Map(
      Object.entries(state).map((
        [id, { epoch, sequence }],
      ) => [id, { producer: id, epoch, sequence, promised: 0, asked: 0 }]),
    );
  }

  get state(): ConsumerState {
    return Object.fromEntries([...this.progress].map(([id, { epoch, sequence }]) => [id, { epoch, sequence }]));
  }

  /** Hands `handle` the message if it is the next one, else answers what is missing; confirms after `handle` returned. */
  receive(delivery: Delivery<M>, handle: (message: M, producer: string) => void): void {
    const { producer, epoch, sequence, replyTo } = delivery;
    let at = this.progress.get(producer);
    if (at === undefined || at.epoch < epoch) {
      this.progress.set(producer, at = { producer, epoch, sequence: 0, promised: 0, asked: 0 });
    }
    // A producer of the past has nothing to say any more.
    if (epoch < at.epoch) return;
    if (sequence <= at.sequence) return this.confirm(at, replyTo);
    if (sequence > at.sequence + 1) {
      // Once per gap: what is under way behind it would ask again and again.
      if (at.asked !== at.sequence + 1) {
        replyTo.tell({ kind: "Resend", producer, epoch, from: at.asked = at.sequence + 1 });
      }
      return;
    }
    handle(delivery.message, producer);
    at.sequence = sequence;
    at.asked = 0;
    // Half a window ahead of its end the producer hears of the next, so that it need not stop.
    if (at.promised - sequence <= this.window / 2) this.confirm(at, replyTo);
  }

  private confirm(at: Progress, to: Remote<DeliveryControl>): void {
    const { producer, epoch, sequence } = at;
    at.promised = sequence + this.window;
    at.asked = 0;
    to.tell({ kind: "Confirmed", producer, epoch, sequence, upTo: at.promised });
  }
}

/** Where a consumer stands with one producer. */
interface Progress {
  readonly producer: string;
  readonly epoch: number;
  /** The last one handled. */
  sequence: number;
  /** What the producer was told it may send up to. */
  promised: number;
  /** The missing one that was asked for and has not come. */
  asked: number;
}
