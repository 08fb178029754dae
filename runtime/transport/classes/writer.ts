/** The writing end of a topic of a class with fallback: one batch under way, on the first broker that is well. */
import { Sleep, soon, wallMs } from "../../internal/wall.ts";
import { DEFAULT_RETRY_MS, type Publication } from "../broker.ts";
import { BrokerError } from "../errors.ts";
import { LATE, nowMicros, within } from "./answer.ts";
import { laneOf, LANES, seal } from "./mark.ts";
import type { Route, RouteOptions } from "./routes.ts";
import { DEFAULT_ANSWER_MS, DEFAULT_WINDOW_BYTES, DEFAULT_WINDOW_LETTERS } from "./routes.ts";

/** Few enough that a broker which is well answers in time, also while it is sent a whole window. */
const MOST_AT_ONCE = 200;
const MOST_WAITING = 100_000;
const PAUSE_MS = 20;

interface Entry {
  readonly lane: number;
  readonly sequence: number;
  /** Rises with every letter of the topic. */
  readonly ordinal: number;
  readonly publication: Publication;
}

interface Parcel {
  readonly publications: readonly Publication[];
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** About what a letter takes in memory. */
const bytesOf = ({ publication: { key, letter } }: Entry): number => 300 + 2 * (key.length + letter.body.length);

export class RouteWriter {
  private readonly parcels: Parcel[] = [];
  private waiting = 0;
  private pumping: Promise<void> | null = null;
  private pause: Sleep | null = null;
  private closed = false;

  private readonly next = new Array<number>(LANES).fill(1);
  /** Confirmed, oldest first. */
  private readonly window: Entry[] = [];
  private windowBytes = 0;

  private route = 0;
  private begins: readonly number[] = [];
  /** Index of the broker of the route under way; null: the next letter begins one. */
  private current: number | null = null;
  private last: string | null = null;
  /** The route over which the window has been sent. */
  private resent = 0;
  /** Of each broker: what it was given and has not answered, and the first ordinal of it. */
  private readonly hanging: (Promise<void> | null)[];
  private readonly hangingFrom: number[];
  private ordinals = 0;
  private failure: unknown = null;

  constructor(
    private readonly topic: string,
    private readonly producer: string,
    private readonly routes: readonly Route[],
    private readonly options: RouteOptions,
    /** A broker failed: somebody should find out when it is well. */
    private readonly failed: (index: number) => void,
  ) {
    this.hanging = routes.map(() => null);
    this.hangingFrom = routes.map(() => Infinity);
  }

  /** Name of the broker that carries the topic now; null before the first letter. */
  get carrier(): string | null {
    return this.last;
  }

  add(publications: readonly Publication[]): Promise<void> {
    if (this.closed) return Promise.reject(new BrokerError("BROKER_CLOSED", "the broker has been closed."));
    if (publications.length === 0) return Promise.resolve();
    if (this.waiting + publications.length > MOST_WAITING) {
      const message = `${this.waiting} messages wait to be published: await publish before the next.`;
      return Promise.reject(new BrokerError("PUBLISH_OVERFLOW", message));
    }
    this.waiting += publications.length;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.parcels.push({ publications, since: wallMs(), resolve, reject });
    this.pumping ??= this.pump();
    return promise;
  }

  /** A broker is well again: whoever waits looks at once. */
  look(): void {
    this.pause?.end();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.pause?.end();
    await this.pumping;
  }

  private async pump(): Promise<void> {
    // What is published in one turn goes out in one batch.
    await new Promise<void>((resolve) => soon(resolve));
    while (this.parcels.length > 0) {
      const parcels = this.nextParcels();
      await this.deliver(parcels);
      for (const { publications } of parcels) this.waiting -= publications.length;
    }
    this.pumping = null;
  }

  private nextParcels(): readonly Parcel[] {
    let count = 1;
    let letters = this.parcels[0].publications.length;
    while (count < this.parcels.length && letters + this.parcels[count].publications.length <= MOST_AT_ONCE) {
      letters += this.parcels[count++].publications.length;
    }
    return this.parcels.splice(0, count);
  }

  private async deliver(parcels: readonly Parcel[]): Promise<void> {
    const batch = parcels.flatMap(({ publications }) => publications).map((publication): Entry => {
      const lane = laneOf(publication.key);
      return { lane, sequence: this.next[lane]++, ordinal: this.ordinals++, publication };
    });
    try {
      await this.insist(batch, parcels[0].since);
    } catch (error) {
      // What was given up may have been the beginning of its lane's route: the next letter begins a new one.
      this.current = null;
      if (parcels.length === 1 || !isTooLarge(error)) {
        for (const { reject } of parcels) reject(error);
        return;
      }
      // One of them is refused, and nobody knows which: each answers for itself, under a new number.
      for (const parcel of parcels) await this.deliver([parcel]);
      return;
    }
    this.remember(batch);
    for (const { resolve } of parcels) resolve();
  }

  /** Keeps the batch on some broker, in order behind all before it; or throws. */
  private async insist(batch: readonly Entry[], since: number): Promise<void> {
    const { retryMs = DEFAULT_RETRY_MS } = this.options;
    let todo: Entry[][] = [];
    let begun = -1;
    for (;;) {
      const index = this.choose();
      if (index === null) {
        if (this.closed || wallMs() - since > retryMs) throw this.unreachable();
        this.pause = new Sleep(PAUSE_MS);
        await this.pause.done;
        continue;
      }
      if (index !== this.current) this.begin(index, batch);
      if (begun !== this.route) {
        const again = this.route === this.resent ? [] : this.window;
        todo = chunks([...again, ...batch]);
        begun = this.route;
      }
      if (await this.attempt(index, todo[0], batch)) todo.shift();
      if (todo.length === 0) {
        this.resent = this.route;
        return;
      }
    }
  }

  private choose(): number | null {
    // Whoever opened it, and by whatever call: a success may, where it is the one that makes the failures count.
    for (const [at, { breaker }] of this.routes.entries()) if (breaker.state !== "closed") this.failed(at);
    const index = this.routes.findIndex(({ breaker }, i) =>
      breaker.state === "closed" && (this.hanging[i] === null || i === this.current)
    );
    return index < 0 ? null : index;
  }

  private begin(index: number, batch: readonly Entry[]): void {
    const begins = [...this.next];
    for (const { lane, sequence } of [...this.window, ...batch]) begins[lane] = Math.min(begins[lane], sequence);
    const { name } = this.routes[index];
    const [from, again] = [this.last, this.route === 0 ? 0 : this.window.length];
    this.begins = begins;
    this.current = index;
    this.route++;
    this.last = name;
    if (from !== name) {
      this.options.onRoute?.({ topic: this.topic, from, to: name, preferred: index === 0, route: this.route, again });
    }
  }

  /** Whether the broker has kept them. Throws when the batch is to be given up. */
  private async attempt(index: number, entries: readonly Entry[], batch: readonly Entry[]) {
    const { broker, breaker } = this.routes[index];
    const admission = breaker.admit(nowMicros());
    if (admission === null) return false;
    const { answerMs = DEFAULT_ANSWER_MS } = this.options;
    const sent = this.hanging[index] ??
      this.send(index, broker.publishBatch(this.topic, this.sealed(entries)), entries[0].ordinal);
    try {
      const ok = await within(sent, answerMs) !== LATE;
      breaker.settle(admission, ok, nowMicros());
      return ok;
    } catch (error) {
      // The letters' own fault, unless they are old ones, which another broker took.
      if (isTooLarge(error) && entries.every((entry) => batch.includes(entry))) {
        breaker.settle(admission, true, nowMicros());
        throw error;
      }
      this.failure = error;
      breaker.settle(admission, false, nowMicros());
      if (breaker.state === "closed") {
        this.pause = new Sleep(PAUSE_MS);
        await this.pause.done;
      }
      return false;
    }
  }

  private send(index: number, sent: Promise<void>, from: number): Promise<void> {
    const settled = () => {
      this.hanging[index] = null;
      this.hangingFrom[index] = Infinity;
      this.look();
    };
    this.hanging[index] = sent;
    this.hangingFrom[index] = from;
    sent.then(settled, settled);
    return sent;
  }

  private sealed(entries: readonly Entry[]): readonly Publication[] {
    const { producer, route, begins } = this;
    return entries.map(({ lane, sequence, publication: { key, letter } }) =>
      seal({ mark: { producer, lane, sequence, route, begins: begins[lane] }, key, letter })
    );
  }

  private remember(batch: readonly Entry[]): void {
    const { windowLetters = DEFAULT_WINDOW_LETTERS, windowBytes = DEFAULT_WINDOW_BYTES } = this.options;
    for (const entry of batch) {
      this.window.push(entry);
      this.windowBytes += bytesOf(entry);
    }
    let over = Math.max(0, this.window.length - windowLetters);
    for (let i = 0; i < over; i++) this.windowBytes -= bytesOf(this.window[i]);
    while (this.windowBytes > windowBytes && over < this.window.length) {
      this.windowBytes -= bytesOf(this.window[over++]);
    }
    if (over > 0) this.window.splice(0, over);
  }

  private unreachable(): unknown {
    const names = this.routes.map(({ name }) => name).join(", ");
    const why = this.failure instanceof Error ? ` (${this.failure.message})` : "";
    return new BrokerError("BROKER_UNREACHABLE", `none of the brokers ${names} keeps "${this.topic}" now${why}`);
  }
}

const isTooLarge = (error: unknown): boolean => error instanceof BrokerError && error.code === "MESSAGE_TOO_LARGE";

function chunks(entries: readonly Entry[]): Entry[][] {
  const all: Entry[][] = [];
  for (let at = 0; at < entries.length; at += MOST_AT_ONCE) all.push(entries.slice(at, at + MOST_AT_ONCE));
  return all;
}
