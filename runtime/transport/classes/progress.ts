/** What a reader of a class has dealt with in each lane, and what that says of the next letter. The rule is in routes.ts. */
import type { Mark } from "./mark.ts";

/**
 * "wait": something that comes before it may be unread on another broker. "duplicate": dealt with, by whichever route.
 */
export type Verdict = "deliver" | "duplicate" | "wait";

/** Plain data, to be kept with the effects, like `SeenState`: "producer#lane" → next sequence. */
export type ProgressState = Readonly<Record<string, number>>;

/** Lanes that are remembered; of more, those that were silent longest are forgotten, and are then known by the other brokers. */
export const DEFAULT_LANES_KEPT = 100_000;

export class Progress {
  /** Those that spoke last come last. */
  private readonly lanes = new Map<string, number>();

  constructor(state: ProgressState = {}, private readonly most: number = DEFAULT_LANES_KEPT) {
    for (const [lane, next] of Object.entries(state)) this.lanes.set(lane, next);
  }

  get state(): ProgressState {
    return Object.fromEntries(this.lanes);
  }

  forget(): void {
    this.lanes.clear();
  }

  /** Says what is to be done, and remembers it. `settled`: whether no other broker has anything before its route's beginning. */
  judge({ producer, lane, sequence, begins }: Mark, settled: () => boolean): Verdict {
    const name = `${producer}#${lane}`;
    const next = this.lanes.get(name) ?? 1;
    if (sequence < next) return "duplicate";
    // Of a later one, what stands before it on its route stood before it in this partition, and was handed out by somebody.
    const known = begins <= next || sequence > begins;
    if (!known && !settled()) return "wait";
    this.lanes.delete(name);
    this.lanes.set(name, sequence + 1);
    if (this.lanes.size > this.most) this.lanes.delete(this.lanes.keys().next().value!);
    return "deliver";
  }
}
