/**
 * The circuit breakers of a node: every change of one is on record, told to the mode where the table of concerns has a line
 * for it, and shown.
 */
import { UserError } from "../../config/mod.ts";
import { RecordType } from "../../ffi/layout.gen.ts";
import { type Micros, MICROS_PER_MS, MICROS_PER_SECOND, type Random } from "../../runtime/mod.ts";
import { type Breaker, type BreakerChange, type BreakerOptions, createBreaker } from "../../supervision/mod.ts";
import { type BreakerView, type Concern, concern, type ConcernKind } from "../protocol/mod.ts";
import type { Journal } from "./journal.ts";

/** A file: two failures in a row of writes open it, and a write that goes through closes it. */
const STORE: BreakerOptions = {
  window: 4,
  minimumCalls: 2,
  failureRate: 0.5,
  slowAfter: Infinity,
  slowRate: 1,
  openFor: MICROS_PER_SECOND,
  openFactor: 2,
  openMost: 60 * MICROS_PER_SECOND,
  jitter: 0.2,
  probes: 1,
  probeWithin: MICROS_PER_SECOND,
};

/** The audit log: one failure shuts the gate and the log for good, so no call follows it. */
const AUDIT: BreakerOptions = { ...STORE, window: 1, minimumCalls: 1, openFor: Infinity, openMost: Infinity };

/** The venue: calls are seconds apart, so few of them tell. */
export const venueOptions = (answerWithin: Micros): BreakerOptions => ({
  ...STORE,
  slowAfter: 2 * answerWithin,
  probes: 2,
  probeWithin: 2 * answerWithin,
});

export interface BreakersOptions {
  readonly journal: Journal;
  readonly now: () => Micros;
  readonly random: Random;
  /** Tells the mode. */
  readonly report: (concern: Concern, now: Micros) => void;
  readonly onChange: () => void;
}

interface Writable {
  write(text: string): void;
  /** Tries whether it can be written, and changes nothing; absent: only a write tells. */
  probe?(): void;
}

interface Lockable extends Writable {
  locked<T>(body: () => T): T;
}

export class Breakers {
  readonly #options: BreakersOptions;
  readonly #all = new Map<string, Breaker>();
  /** Of each store, what tries it. */
  readonly #probes = new Map<Breaker, () => void>();

  constructor(options: BreakersOptions) {
    this.#options = options;
  }

  venue(answerWithin: Micros): Breaker {
    return this.#add("venue", "venue-breaker", venueOptions(answerWithin));
  }

  /** Of a file that is read for convenience: its failure is shown and on record, and stops no trading. */
  copy(name: string): Breaker {
    return this.#add(name, null, STORE);
  }

  /**
   * `commit`, called no more once it has failed: the log lets nothing through then, and says so by itself. Throws what
   * `commit` throws, once.
   */
  audit(commit: () => void): () => void {
    const breaker = this.#add("audit-log", null, AUDIT);
    return () => this.#run(breaker, commit, () => {}, (error) => error);
  }

  /** The file, whose writes fail with a sentence, and rest while they keep failing. */
  store<F extends Writable>(name: string, file: F): F {
    const breaker = this.#add(name, "store-breaker", STORE);
    if (file.probe !== undefined) this.#probes.set(breaker, () => file.probe!());
    const { now } = this.#options;
    const resting = () => {
      const seconds = Math.ceil(((breaker.opensUntil ?? now()) - now()) / MICROS_PER_SECOND);
      throw new UserError(
        "STORE_RESTING",
        `${name} could not be written lately, so nothing was changed: mend the disk, and try again in ${seconds} s`,
      );
    };
    const failed = (error: unknown) =>
      error instanceof UserError ? error : new UserError(
        "STORE_FAILED",
        `${name} cannot be written, so nothing was changed: ${(error as Error).message}`,
      );
    const write = (text: string) => this.#run(breaker, () => file.write(text), resting, failed);
    const locked = <T>(body: () => T): T => {
      try {
        return (file as unknown as Lockable).locked(body);
      } catch (error) {
        throw failed(error);
      }
    };
    return new Proxy(file, {
      get(of, key) {
        if (key === "write") return write;
        if (key === "locked") return locked;
        const value = Reflect.get(of, key, of);
        return typeof value === "function" ? value.bind(of) : value;
      },
    });
  }

  /** Tries stores that rest and whose time is over: nobody has to want a change for them to be found well again. */
  probeStores(): void {
    const { now } = this.#options;
    for (const [breaker, probe] of this.#probes) {
      if (breaker.state === "closed" || (breaker.opensUntil ?? 0) > now()) continue;
      try {
        this.#run(breaker, probe, () => {}, (error) => error);
      } catch {
        // The breaker has it, with its reason, on record.
      }
    }
  }

  views(): readonly BreakerView[] {
    return [...this.#all].map(([name, { state, reason, opened, refused, opensUntil }]) => ({
      name,
      state,
      reason,
      opened,
      refused,
      // JSON knows no infinity: what opens for good says no time.
      opensUntil: opensUntil === Infinity ? null : opensUntil,
    }));
  }

  #run(breaker: Breaker, call: () => void, resting: () => void, failure: (error: unknown) => unknown): void {
    const { now } = this.#options;
    const admission = breaker.admit(now());
    if (admission === null) return resting();
    try {
      call();
    } catch (error) {
      breaker.settle(admission, false, now());
      throw failure(error);
    }
    breaker.settle(admission, true, now());
  }

  #add(name: string, kind: ConcernKind | null, options: BreakerOptions): Breaker {
    const random = this.#options.random.fork(`breaker:${name}`);
    const breaker = createBreaker(options, () => random.next(), (change) => this.#changed(name, kind, change));
    this.#all.set(name, breaker);
    return breaker;
  }

  #changed(name: string, kind: ConcernKind | null, { from, to, reason, time }: BreakerChange): void {
    const { journal, report, onChange } = this.#options;
    journal.note(RecordType.Note, { breaker: name, from, to, reason });
    const detail = `the circuit breaker of ${name} is ${to}: ${reason}`;
    if (kind !== null) report(concern({ kind, subject: name, active: to !== "closed", detail, time }), time);
    onChange();
  }
}

/** Time a venue has to answer, that of an order on its way to it not counted. */
export const ANSWER_WITHIN: Micros = 1_000 * MICROS_PER_MS;
