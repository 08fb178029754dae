/**
 * Takes letters off a topic and hands each to a handler, for as long as it is open.
 *
 * **Checked.** A handler sees a message of today's version, in the form of its schema, and nothing else. What is none is put
 * aside with its reason (held.ts).
 *
 * **Nothing lost.** A letter is committed when its handler has resolved, or when a copy of it is kept among the held ones; up
 * to then it comes again to whoever takes the partition over.
 *
 * **Order.** Letters of one key are handled one after the other, in their order, also when one is tried again: those behind
 * it wait. Those of other keys do not.
 *
 * **Again.** A handler that rejects gets the letter up to `attempts` times in all; then it is a dead letter, and those behind
 * it go on. A letter that takes the whole process with it comes again, and is counted over the lives of the group (lives.ts):
 * where the last life has not come past the letter that it began with, letters are handled one at a time until the one is
 * found, and what has ended `attempts` lives is a dead letter.
 *
 * **Once.** What a producer's outbox sent twice is handled once, and nothing is taken of an epoch below the highest that was
 * seen of it. That is kept in memory: after a restart the last uncommitted letters may come a second time, so an effect
 * that must not happen twice keeps (node, sender, epoch, sequence) with itself; see `Deduplicator`.
 *
 * **Demand.** No more than `window` letters are taken and not done with.
 */
import { machineWall, type Wall } from "../internal/wall.ts";
import {
  type Beginning,
  type Broker,
  BrokerError,
  DEFAULT_SESSION_MS,
  type Delivered,
  type Letter,
  passes,
  type Position,
  type Subscription,
} from "../transport/mod.ts";
import { Aside } from "./aside.ts";
import type { Border } from "./border.ts";
import { mayPass, type Refusal, refusal, type RefusalCode } from "./catalogue.ts";
import { REPLAY_FOR } from "./held.ts";
import { Lives } from "./lives.ts";
import type { MessageDef } from "./message_def.ts";
import { type Lane, Progress, type Step } from "./progress.ts";

/** Letters taken and not done with, where nobody says otherwise. */
export const DEFAULT_INTAKE_WINDOW = 256;
/** Times a letter is handed to its handler before it is a dead one, where nobody says otherwise. */
export const DEFAULT_ATTEMPTS = 3;
/** Between two attempts, milliseconds, where nobody says otherwise. */
export const DEFAULT_ATTEMPT_PAUSE_MS = 100;

/** How long one look at the topic waits: with nothing to do, and while something is to be committed soon. */
const IDLE_MS = 500;
const BUSY_MS = 10;

/** A message that came in, and what is known of its letter. */
export interface Incoming<M = unknown> extends Position {
  readonly def: MessageDef<M>;
  readonly message: M;
  readonly key: string;
  readonly letter: Letter;
  /** From 1. */
  readonly attempt: number;
}

/** A handler's way to say that another attempt would be of no use. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(readonly code: RefusalCode, message: string) {
    super(message);
  }
}

export interface IntakeOptions {
  readonly border: Border;
  readonly broker: Broker;
  readonly group: string;
  readonly topic: string;
  /** Does what a letter asks for. When it resolves, that is done; when it rejects, it is tried again. */
  handle(incoming: Incoming): Promise<void> | void;
  /** Another lane for a letter that must not wait for those of its key before it; null: it waits. */
  lane?(letter: Letter): string | null;
  /** Default DEFAULT_ATTEMPTS. */
  readonly attempts?: number;
  /** Default DEFAULT_ATTEMPT_PAUSE_MS. */
  readonly pauseMs?: number;
  /** Default DEFAULT_INTAKE_WINDOW. */
  readonly window?: number;
  readonly from?: Beginning;
  readonly sessionMs?: number;
  /** What it waits by; default: the machine's. */
  readonly wall?: Wall;
  /** What cannot be gone on after, such as a topic of held letters that cannot be made: the intake has ended. */
  failed?(error: unknown): void;
}

/** What became of what was taken: `taken` is the sum of the others and of what is under way. */
export interface IntakeCounters {
  readonly taken: number;
  readonly handled: number;
  readonly duplicates: number;
  readonly fenced: number;
  /** Replayed for another group. */
  readonly elsewhere: number;
  readonly quarantined: number;
  readonly deadLettered: number;
  /** Left to whoever takes it next: the intake was closed, or had lost the partition. */
  readonly returned: number;
  readonly underWay: number;
  /** Letters that their topic had thrown away unread. Not taken. */
  readonly lost: number;
}

type Fate = Exclude<keyof IntakeCounters, "taken" | "underWay" | "lost">;

export class Intake {
  private readonly counts = {
    taken: 0,
    handled: 0,
    duplicates: 0,
    fenced: 0,
    elsewhere: 0,
    quarantined: 0,
    deadLettered: 0,
    returned: 0,
    lost: 0,
  };
  private readonly progress = new Progress();
  /** The end of what is under way, for each key. */
  private readonly queues = new Map<string, Promise<void>>();
  private readonly aside: Aside;
  private readonly lives: Lives;
  private readonly wall: Wall;
  private closed = false;
  private changed = Promise.withResolvers<void>();
  private readonly running: Promise<void>;

  private constructor(private readonly options: IntakeOptions, private readonly subscription: Subscription) {
    const { border: { node, epoch }, broker, group, topic, wall = machineWall } = options;
    this.wall = wall;
    this.lives = new Lives({ broker, group, topic, word: wall.word() });
    this.aside = new Aside(broker, { node, epoch, wall: this.wall });
    this.running = this.run().catch((error) => this.end(error));
  }

  static async open(options: IntakeOptions): Promise<Intake> {
    const { broker, group, topic, from = "first", sessionMs = DEFAULT_SESSION_MS } = options;
    return new Intake(options, await broker.subscribe(group, topic, { from, sessionMs }));
  }

  get counters(): IntakeCounters {
    return { ...this.counts, underWay: this.progress.underWay };
  }

  /** What it holds now. */
  get partitions(): readonly number[] {
    return this.subscription.partitions;
  }

  /** Takes nothing any more, waits for what is under way, commits it and leaves the group. */
  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.running;
    await Promise.all(this.queues.values());
    await this.commit().catch(() => {});
    await this.subscription.close();
  }

  private end(error: unknown): void {
    this.closed = true;
    this.options.failed?.(error);
  }

  private async run(): Promise<void> {
    const { window = DEFAULT_INTAKE_WINDOW } = this.options;
    while (!this.closed) {
      const room = window - this.progress.underWay;
      if (room > 0) { for (const one of await this.take(room)) await this.begin(one); }
      else await this.change(IDLE_MS);
      await this.commit();
    }
  }

  private async take(most: number): Promise<readonly Delivered[]> {
    try {
      return await this.subscription.take(most, this.progress.idle ? IDLE_MS : BUSY_MS);
    } catch (error) {
      if (!passes(error)) throw error;
      await this.change(IDLE_MS);
      return [];
    }
  }

  /** What stands behind what is not done with yet is not committed, though it may be done with. */
  private async commit(): Promise<void> {
    for (const position of this.progress.settled()) {
      try {
        await this.subscription.commit([position]);
        this.progress.committed(position);
      } catch (error) {
        // Lost: it comes again to whoever holds the partition now. Not reached: the next round tries again.
        if (error instanceof BrokerError && error.code === "PARTITION_LOST") this.progress.lost(position.partition);
        else if (!passes(error)) throw error;
      }
    }
  }

  private async begin(delivered: Delivered): Promise<void> {
    if (delivered.kind === "lost") {
      this.counts.lost += delivered.count;
      this.progress.settle(this.progress.begin(delivered));
      return;
    }
    this.counts.taken++;
    const step = this.progress.begin(delivered);
    const lives = await this.livesOf(step);
    const key = delivered.kind === "letter"
      ? this.options.lane?.(delivered.letter) ?? delivered.key
      : `\0${delivered.partition}`;
    const work = async () => {
      const fate = await this.decide(delivered, step, lives);
      this.counts[fate]++;
      if (fate === "returned") {
        this.progress.abandon(step);
        if (lives > 0 && !step.lane.lost) await this.lives.takeBack(step, lives);
      } else this.progress.settle(step);
      this.wake();
    };
    const queue = (this.queues.get(key) ?? Promise.resolve()).then(work).catch((error) => this.end(error));
    this.queues.set(key, queue);
    void queue.then(() => {
      if (this.queues.get(key) === queue) this.queues.delete(key);
    });
  }

  /** Lives that have begun with this letter, where that is to be known; 0: it is nobody's first, and under no suspicion. */
  private async livesOf(step: Step): Promise<number> {
    const { window = DEFAULT_INTAKE_WINDOW } = this.options;
    const { lane } = step;
    if (this.closed || lane.lost || lane.begun && lane.suspects === 0) return 0;
    if (lane.begun) {
      // Alone, and from a place that is committed: if it ends this life, the next one begins with it.
      while (lane.steps[0] !== step && !lane.lost && !this.closed) await this.change(IDLE_MS);
      await this.commit();
      lane.suspects--;
    }
    const lives = await this.lives.count(step);
    if (!lane.begun && lives > 1) lane.suspects = window;
    lane.begun = true;
    return lives;
  }

  private async decide(
    delivered: Exclude<Delivered, { readonly kind: "lost" }>,
    { lane }: Step,
    lives: number,
  ): Promise<Fate> {
    const { attempts = DEFAULT_ATTEMPTS } = this.options;
    if (this.closed || lane.lost) return "returned";
    if (lives > attempts) {
      const why = `the process has ended ${
        lives - 1
      } times while this letter was the one to be handled next: does it end it?`;
      return await this.putAside(delivered, refusal("PROCESS_DIED", why), lives - 1);
    }
    if (delivered.kind === "bad") return await this.putAside(delivered, refusal(delivered.code, delivered.why), 0);
    const { letter } = delivered;
    const only = letter.headers?.[REPLAY_FOR];
    if (only !== undefined && only !== this.options.group) return "elsewhere";
    const novelty = lane.seen.see(letter.envelope);
    if (novelty !== "new") return novelty === "fenced" ? "fenced" : "duplicates";
    const read = this.options.border.read(letter);
    if (!read.ok) return await this.putAside(delivered, read, 0);
    return await this.handle(delivered, read.def, read.message, lane);
  }

  private async handle(
    delivered: Extract<Delivered, { readonly kind: "letter" }>,
    def: MessageDef<unknown>,
    message: unknown,
    lane: Lane,
  ): Promise<Fate> {
    const { attempts = DEFAULT_ATTEMPTS, pauseMs = DEFAULT_ATTEMPT_PAUSE_MS } = this.options;
    const { partition, offset, key, letter } = delivered;
    for (let attempt = 1;; attempt++) {
      try {
        await this.options.handle({ partition, offset, key, letter, def, message, attempt });
        return "handled";
      } catch (error) {
        if (error instanceof Refused) {
          return await this.putAside(delivered, refusal(error.code, error.message), attempt);
        }
        if (attempt >= attempts) {
          const why = `it failed ${attempt} times, the last time with ${String(error)}`;
          return await this.putAside(delivered, refusal("HANDLER_FAILED", why), attempt);
        }
      }
      await this.wall.sleep(pauseMs).done;
      if (this.closed || lane.lost) return "returned";
    }
  }

  private async putAside(
    delivered: Exclude<Delivered, { readonly kind: "lost" }>,
    why: Refusal,
    attempts: number,
  ): Promise<Fate> {
    const { group, topic } = this.options;
    const kept = await this.aside.put(group, topic, delivered, why, attempts, () => this.closed);
    if (!kept) return "returned";
    return mayPass(why.code) ? "quarantined" : "deadLettered";
  }

  private wake(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }

  private async change(mostMs: number): Promise<void> {
    const sleep = this.wall.sleep(mostMs);
    void this.changed.promise.then(() => sleep.end());
    await sleep.done;
  }
}
