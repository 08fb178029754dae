/**
 * Tells whether a letter has been dealt with, by (producer, epoch, sequence), in bounded memory.
 *
 * Effects happen exactly once when what `see` changes is kept in one transaction with the effect: load the state, ask for
 * each letter, act on what is new, and save both together. Then it does not matter how often a letter comes, nor whether two
 * subscribers that each believe to hold the partition handle it at one time: the transactions come one after the other.
 * One state for each group and partition.
 *
 * A producer is a sender of a node. Its sequence rises in a partition, with gaps: the rest went to other partitions. So the
 * highest one and a window of bits below it are enough. Of a lower epoch nothing is taken any more.
 */
import type { WireEnvelope } from "../message.ts";

/** Sequences below the highest that are told apart; what is older counts as seen. Brokers keep order, so few are needed. */
export const DEFAULT_SEEN_WINDOW = 256;
/** Producers that are remembered; of more, those that were silent longest are forgotten, and could repeat themselves. */
export const DEFAULT_PRODUCERS = 10_000;

/** "fenced": a producer of that name has begun anew since, so this is the voice of one that should have stopped. */
export type Novelty = "new" | "duplicate" | "fenced";

/** Plain data, to be kept with the effects: producer → [epoch, highest sequence, the bits below it as words of 32]. */
export type SeenState = Readonly<Record<string, readonly [epoch: number, highest: number, bits: readonly number[]]>>;

interface Progress {
  readonly epoch: number;
  highest: number;
  /** Bit n of the ring: sequence ≡ n modulo the window has been seen, of those in the window. */
  readonly bits: Uint32Array;
}

export interface DeduplicatorOptions {
  /** A multiple of 32; default DEFAULT_SEEN_WINDOW. */
  readonly window?: number;
  /** Default DEFAULT_PRODUCERS. */
  readonly producers?: number;
}

type Producer = Pick<WireEnvelope, "node" | "sender" | "epoch" | "sequence">;

export class Deduplicator {
  private readonly window: number;
  private readonly producers: number;
  /** Those that spoke last come last. */
  private readonly progress = new Map<string, Progress>();

  constructor(options: DeduplicatorOptions = {}, state: SeenState = {}) {
    const { window = DEFAULT_SEEN_WINDOW, producers = DEFAULT_PRODUCERS } = options;
    if (!Number.isInteger(window / 32) || window < 32) {
      throw new RangeError(`a window is a multiple of 32 of at least 32, not ${window}.`);
    }
    if (!Number.isInteger(producers) || producers < 1) {
      throw new RangeError(`at least one producer is remembered, not ${producers}.`);
    }
    [this.window, this.producers] = [window, producers];
    for (const [producer, [epoch, highest, words]] of Object.entries(state)) {
      const bits = new Uint32Array(window / 32);
      if (words.length === bits.length) bits.set(words);
      else {
        // Kept with another window: what is not known any more counts as seen.
        bits.fill(0xffffffff);
      }
      this.progress.set(producer, { epoch, highest, bits });
    }
  }

  /** How many producers are remembered. */
  get size(): number {
    return this.progress.size;
  }

  get state(): SeenState {
    return Object.fromEntries([...this.progress].map(([producer, { epoch, highest, bits }]) => [
      producer,
      [epoch, highest, [...bits]],
    ]));
  }

  /** Says what it is, and remembers it. */
  see({ node, sender, epoch, sequence }: Producer): Novelty {
    const producer = JSON.stringify([node, sender]);
    let at = this.progress.get(producer);
    if (at !== undefined) {
      if (epoch < at.epoch) return "fenced";
      this.progress.delete(producer);
    }
    if (at === undefined || epoch > at.epoch) at = { epoch, highest: 0, bits: new Uint32Array(this.window / 32) };
    this.progress.set(producer, at);
    if (this.progress.size > this.producers) this.progress.delete(this.progress.keys().next().value!);
    return this.mark(at, sequence) ? "new" : "duplicate";
  }

  private mark(at: Progress, sequence: number): boolean {
    const { bits } = at;
    if (sequence > at.highest) {
      if (sequence - at.highest >= this.window) bits.fill(0);
      else for (let passed = at.highest + 1; passed < sequence; passed++) this.clear(bits, passed);
      at.highest = sequence;
    } else if (at.highest - sequence >= this.window || this.isSet(bits, sequence)) return false;
    const bit = sequence % this.window;
    bits[bit >>> 5] |= 1 << (bit & 31);
    return true;
  }

  private isSet(bits: Uint32Array, sequence: number): boolean {
    const bit = sequence % this.window;
    return (bits[bit >>> 5] >>> (bit & 31) & 1) === 1;
  }

  private clear(bits: Uint32Array, sequence: number): void {
    const bit = sequence % this.window;
    bits[bit >>> 5] &= ~(1 << (bit & 31));
  }
}
