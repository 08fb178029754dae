/** The asking half of a stream of answers: an iterator each of whose demands is an ask. See streaming.ts. */
import type { ActorRef, AskResult, CancelStream, Demand, Responses } from "../actor.ts";
import { DEFAULT_STREAM_WINDOW, StreamFailed } from "../streaming.ts";
import type { Micros } from "../time.ts";

/** How demands are put and continuations resumed. */
export interface Asking {
  now(): Micros;
  /** Puts a question; null when it was refused at once, and then `resolve` has been called. */
  put<R>(
    target: ActorRef<never>,
    make: (replyTo: ActorRef<R>) => unknown,
    timeout: Micros,
    resolve: (result: AskResult<R>) => void,
  ): { abandon(): void } | null;
  /** Resolves a promise in the name of the message being handled. */
  resume<T>(resolve: (value: T) => void, value: T): void;
  /** The stream is to be cancelled when the asker ends, until `close`. */
  opens(stream: AnswerStream<unknown>): void;
  closes(stream: AnswerStream<unknown>): void;
}

export class AnswerStream<R> implements AsyncIterableIterator<R> {
  private responses: readonly R[] = [];
  private at = 0;
  private begun = false;
  /** The responder has said that there is no more, or the stream has failed or was left. */
  private over = false;
  private pending: { abandon(): void } | null = null;
  private taking = false;
  /** Resolves the promise of the one who takes and waits, when the stream is left. */
  private leave: (() => void) | null = null;

  constructor(
    private readonly asking: Asking,
    private readonly target: ActorRef<never>,
    private readonly make: (demand: Demand<R>) => unknown,
    private readonly id: number,
    private readonly deadline: Micros,
    private readonly window: number,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R>> {
    if (this.taking) return Promise.reject(new TypeError("a stream of answers is taken from one at a time."));
    return new Promise((resolve, reject) => {
      const { asking, responses } = this;
      if (this.at < responses.length) {
        return asking.resume(resolve, { done: false, value: responses[this.at++] });
      }
      if (this.over) return asking.resume(resolve, { done: true, value: undefined });
      this.taking = true;
      this.demand(resolve, reject);
    });
  }

  return(): Promise<IteratorResult<R>> {
    this.cancel();
    return new Promise((resolve) => this.asking.resume(resolve, { done: true, value: undefined }));
  }

  /** Takes no more, and says so. */
  cancel(): void {
    if (this.over) return;
    this.finish();
    this.responses = [];
    this.taking = false;
    this.pending?.abandon();
    this.pending = null;
    this.leave?.();
    // Ahead of all that waits, however full the mailbox is; a question that still waits there is abandoned.
    if (this.begun) (this.target as ActorRef<CancelStream>).urgent({ kind: "CancelStream", stream: this.id });
  }

  private demand(resolve: (result: IteratorResult<R>) => void, reject: (error: Error) => void): void {
    const { asking, target, id: stream, window, deadline } = this;
    const fail = (failure: StreamFailed["failure"], path?: readonly string[]) => {
      if (failure === "timeout" || failure === "overloaded") this.cancel();
      else this.finish();
      reject(new StreamFailed(failure, target.path, path));
    };
    this.leave = () => resolve({ done: true, value: undefined });
    const settled = (result: AskResult<Responses<R>>) => {
      this.pending = this.leave = null;
      this.taking = false;
      if (!result.ok) return fail(result.failure, result.path);
      if (result.value.kind === "StreamLost") return fail("lost");
      const { responses, done } = result.value;
      this.responses = responses;
      this.at = 1;
      if (done) this.finish();
      if (responses.length > 0) resolve({ done: false, value: responses[0] });
      else if (done) resolve({ done: true, value: undefined });
      else {
        this.taking = true;
        this.demand(resolve, reject);
      }
    };
    const question = (replyTo: ActorRef<Responses<R>>) => {
      const demand: Demand<R> = { kind: "Demand", stream, window, deadline, replyTo };
      return this.begun ? demand : this.make(demand);
    };
    if (asking.now() >= deadline) {
      this.taking = false;
      this.leave = null;
      return fail("timeout");
    }
    if (!this.begun) asking.opens(this);
    this.pending = asking.put(target, question, deadline - asking.now(), settled);
    this.begun = true;
  }

  private finish(): void {
    this.over = true;
    this.asking.closes(this);
  }
}

/** Throws a sentence for a timeout or a window that is none. */
export function streamOf<R>(
  asking: Asking,
  target: ActorRef<never>,
  make: (demand: Demand<R>) => unknown,
  id: number,
  deadline: Micros,
  window: number = DEFAULT_STREAM_WINDOW,
): AnswerStream<R> {
  if (!Number.isSafeInteger(window) || window < 1) {
    throw new RangeError(`a window is a whole number of answers above 0, not ${window}.`);
  }
  if (!Number.isSafeInteger(deadline)) throw new RangeError("The timeout of a stream is a span in whole microseconds.");
  return new AnswerStream(asking, target, make, id, deadline, window);
}
