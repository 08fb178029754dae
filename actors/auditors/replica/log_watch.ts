/**
 * Whoever watches over a log from elsewhere: makes it anew from its topic, record for record, and holds every signed checkpoint
 * against it and against the node's public keys as it comes. What does not fit is an alarm, with a stable code; nothing behind it
 * is taken, and nothing is committed, so that whoever looks finds copy and topic as they were.
 */
import { UserError } from "../../../config/mod.ts";
import { type Broker, BrokerError, type Delivered, type Subscription } from "../../../runtime/transport/mod.ts";
import { checkpointFault, type PublicKey, readCheckpoint } from "../verifier/mod.ts";
import { groupOf } from "./follow_state.ts";
import { LogFollower } from "./follower.ts";
import { keyOf, type LogLetter, readLogLetter } from "./letters.ts";

const LETTERS = 64;
const WAIT_MS = 500;

export interface Alarm {
  readonly code: string;
  readonly sentence: string;
}

export interface LogWatchOptions {
  /** Opens the broker of the topic; called again after it failed. */
  readonly open: (node: string) => Promise<Broker>;
  readonly topic: string;
  /** Where the copy is made. */
  readonly out: string;
  /** Of the nodes whose logs these are; empty: signatures are not looked at. */
  readonly keys: readonly PublicKey[];
  /** Resolves after milliseconds, or when the signal comes. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Bytes that nobody can foresee. */
  readonly random: (bytes: number) => Uint8Array;
  readonly err: (line: string) => void;
}

export class LogWatch {
  readonly #options: LogWatchOptions;
  #alarm: Alarm | null = null;
  #trouble: string | null = null;
  #taken = 0;
  readonly #uncommitted: Delivered[] = [];
  /** Of each log: records that a checkpoint was held against. */
  readonly #verified = new Map<string, number>();

  constructor(options: LogWatchOptions) {
    this.#options = options;
  }

  /** What does not fit; null: everything does. It stays until a person has looked. */
  get alarm(): Alarm | null {
    return this.#alarm;
  }

  /** Letters that were taken: rises while the log comes. */
  get taken(): number {
    return this.#taken;
  }

  /** One sentence. */
  get detail(): string {
    if (this.#alarm !== null) return `${this.#alarm.code}: ${this.#alarm.sentence}`;
    const last = [...this.#verified].at(-1);
    const signatures = this.#options.keys.length === 0 ? "roots" : "signatures and roots";
    const said = last === undefined
      ? "no checkpoint has come yet"
      : `${last[0]}: ${last[1]} records, ${signatures} verified`;
    return this.#trouble === null ? said : `${said}; ${this.#trouble}`;
  }

  /** Until the signal, or an alarm. Throws UserError FOLLOW_STATE. */
  async run(signal: AbortSignal): Promise<void> {
    const { open, topic, out, sleep, random, err } = this.#options;
    const group = groupOf(out, random);
    using follower = new LogFollower(out);
    let broker: Broker | null = null;
    let subscription: Subscription | null = null;
    try {
      while (!signal.aborted && this.#alarm === null) {
        try {
          broker ??= await open(group);
          subscription ??= await broker.subscribe(group, topic);
          await this.#step(subscription, follower);
          this.#trouble = null;
        } catch (error) {
          if (!(error instanceof BrokerError)) throw error;
          if (this.#trouble === null) err(`${error.code}: ${error.message}`);
          this.#trouble = `the topic ${topic} cannot be read (${error.code})`;
          await sleep(WAIT_MS, signal);
        }
      }
    } catch (error) {
      if (!(error instanceof UserError) && !(error instanceof RangeError)) throw error;
      this.#raise(error instanceof UserError ? error.code : "FOLLOW_BROKEN", error.message);
    } finally {
      await broker?.close();
    }
  }

  async #step(subscription: Subscription, follower: LogFollower): Promise<void> {
    const { topic } = this.#options;
    const delivered = await subscription.take(LETTERS, WAIT_MS);
    if (delivered.length === 0) return;
    for (const one of delivered) {
      if (one.kind === "lost") {
        return this.#raise("FOLLOW_GAP", `${one.count} letters of ${topic} were thrown away before they were read`);
      }
      if (one.kind === "bad") {
        return this.#raise("FOLLOW_BROKEN", `what stands at ${one.offset} of ${topic} is no letter: ${one.why}`);
      }
      const letter = readLogLetter(one.letter);
      if (letter === null) continue;
      await this.#signed(letter);
      if (this.#alarm !== null) return;
      follower.take(letter);
      this.#taken++;
      if (letter.kind === "checkpoint") this.#verified.set(keyOf(letter), readCheckpoint(letter.note).size);
    }
    this.#uncommitted.push(...delivered);
    // Of a record that has come in part nothing is on the disk: whoever is stopped here reads its parts again.
    if (follower.joining) return;
    follower.commit();
    await subscription.commit(this.#uncommitted);
    this.#uncommitted.length = 0;
  }

  async #signed(letter: LogLetter): Promise<void> {
    if (letter.kind !== "checkpoint") return;
    const checkpoint = readCheckpoint(letter.note);
    const log = keyOf(letter);
    const origin = `cwts/${letter.node}/${String(letter.run).padStart(6, "0")}`;
    if (checkpoint.origin !== origin) {
      return this.#raise(
        "FOLLOW_SIGNATURE",
        `a checkpoint of ${log} is one of ${checkpoint.origin}: find out who writes there`,
      );
    }
    if (this.#options.keys.length === 0) return;
    const fault = await checkpointFault(checkpoint, this.#options.keys);
    if (fault !== null) {
      this.#raise(
        "FOLLOW_SIGNATURE",
        `the checkpoint of ${checkpoint.size} records of ${log} is not believed: ${fault}`,
      );
    }
  }

  #raise(code: string, sentence: string): void {
    this.#alarm = { code, sentence };
    this.#options.err(`${code}: ${sentence}`);
  }
}
