/**
 * One question with many answers, by demand: `context.askMany` on the side that asks, `ResponseStreams` on the side that
 * answers.
 *
 * The asker says how many answers it is willing to take (a window); the responder gives no more before it is asked again.
 * Every demand is an ask of its own, so deadline, failures, circles of waiting and the count of messages are those of asks.
 * The stream has one deadline, from its beginning to its end. When the asker leaves its loop, fails or ends, the responder
 * is told; when the responder is started anew, what it had begun is lost, and the asker is told that.
 *
 *     for await (const trade of context.askMany(book, (demand) => ({ kind: "ListTrades", demand }), 1_000_000)) …
 *
 *     const streams = new ResponseStreams<Trade>(context);
 *     receive: (message) => message.kind === "ListTrades" ? streams.answer(message.demand, trades) : streams.receive(message)
 *     stopped: () => streams.close()
 */
import type { AskFailure, Demand, StreamControl, Timers } from "./actor.ts";
import type { Clock } from "./time.ts";

/** Answers taken at once where the asker does not say otherwise: many to a round trip, few enough to keep. */
export const DEFAULT_STREAM_WINDOW = 50;

/** Why a stream broke off. "lost": the responder was started anew in between. */
export type StreamFailure = AskFailure | "lost";

/** Thrown into the loop of the asker: what came before it is true, what was to come is not known. */
export class StreamFailed extends Error {
  override readonly name = "StreamFailed";

  constructor(
    readonly failure: StreamFailure,
    /** Path of the responder. */
    readonly from: string,
    /** Of a cycle: who waits for whom. */
    readonly path: readonly string[] = [],
  ) {
    super(`the answers of ${from} broke off: ${failure}`);
  }
}

/** One stream, as its responder fills it. */
export interface Outlet<R> {
  /** Nobody takes answers any more. */
  readonly closed: boolean;
  /** Gives an answer, now or at the next demand; false, and nothing is kept, when a window of them waits or it is closed. */
  send(response: R): boolean;
  /** There are no more. */
  end(): void;
}

export interface StreamHandlers {
  /** There is room for answers. */
  demanded?(): void;
  /** Nobody takes them any more: cancelled, past the deadline, or the responder ends. Called once, and not after `end`. */
  cancelled?(): void;
}

/** What the answering side needs of its actor's context. */
export interface StreamContext<R> {
  readonly clock: Clock;
  readonly timers: Timers<StreamControl<R>>;
}

/** The answering half; one serves any number of askers. */
export class ResponseStreams<R> {
  private readonly streams = new Map<number, Stream<R>>();

  constructor(private readonly context: StreamContext<R>) {}

  /** Streams that have not come to their end. */
  get size(): number {
    return this.streams.size;
  }

  /** Begins the stream that a question asks for. */
  open(demand: Demand<R>, handlers: StreamHandlers = {}): Outlet<R> {
    const { stream: id, deadline } = demand;
    const { clock, timers } = this.context;
    const stream = new Stream<R>(handlers, () => {
      this.streams.delete(id);
      timers.cancel(timer(id));
    });
    this.streams.set(id, stream);
    if (deadline !== Infinity) timers.once(timer(id), deadline - clock.now(), { kind: "CancelStream", stream: id });
    stream.demand(demand);
    return stream;
  }

  /** Answers with what `responses` yields, no sooner than it is asked for. A generator is returned from when nobody asks. */
  answer(demand: Demand<R>, responses: Iterable<R>): void {
    const iterator = responses[Symbol.iterator]();
    let outlet: Outlet<R> | null = null;
    const pull = () => {
      if (outlet === null) return;
      const some: R[] = [];
      for (let left = demand.window; left > 0; left--) {
        const { value, done } = iterator.next();
        if (done) return (outlet as Stream<R>).give(some, true);
        some.push(value);
      }
      (outlet as Stream<R>).give(some, false);
    };
    outlet = this.open(demand, { demanded: pull, cancelled: () => void iterator.return?.() });
    pull();
  }

  /** Takes further demands, cancellations and this half's own timers. */
  receive(control: StreamControl<R>): void {
    const stream = this.streams.get(control.stream);
    if (control.kind === "CancelStream") stream?.cancel();
    else if (stream === undefined) control.replyTo.tell({ kind: "StreamLost" });
    else stream.demand(control);
  }

  /** Ends all, as they stand; to be called when the actor ends. Whoever waits is told. */
  close(): void {
    for (const stream of [...this.streams.values()]) stream.cancel();
  }
}

const timer = (stream: number): string => `stream:${stream}`;

class Stream<R> implements Outlet<R> {
  closed = false;
  private ending = false;
  private waiting: R[] = [];
  /** The demand that has not been answered. */
  private open: Demand<R> | null = null;
  private window = 0;

  constructor(private readonly handlers: StreamHandlers, private readonly gone: () => void) {}

  demand(demand: Demand<R>): void {
    this.window = demand.window;
    this.open = demand;
    if (this.waiting.length > 0 || this.ending) this.flush();
    if (this.closed) return;
    if (this.open !== null || this.waiting.length < this.window) this.handlers.demanded?.();
  }

  send(response: R): boolean {
    if (this.closed || this.ending || this.waiting.length >= this.window) return false;
    this.waiting.push(response);
    if (this.open !== null) this.flush();
    return true;
  }

  end(): void {
    if (this.closed) return;
    this.ending = true;
    if (this.open !== null) this.flush();
  }

  /** Several at once, as many as were asked for. */
  give(responses: readonly R[], last: boolean): void {
    if (this.closed) return;
    this.waiting.push(...responses);
    this.ending ||= last;
    if (this.open !== null) this.flush();
  }

  cancel(): void {
    if (this.closed) return;
    this.open?.replyTo.tell({ kind: "StreamLost" });
    this.close();
    this.handlers.cancelled?.();
  }

  private flush(): void {
    const { replyTo } = this.open!;
    const responses = this.waiting;
    this.waiting = [];
    this.open = null;
    replyTo.tell({ kind: "Responses", responses, done: this.ending });
    if (this.ending) this.close();
  }

  private close(): void {
    this.closed = true;
    this.open = null;
    this.gone();
  }
}
