/** How far each partition has been dealt with: handled out of order, committed in order. */
import { Deduplicator, type Position } from "../transport/mod.ts";

/** One letter on its way from being taken to being done with. */
export interface Step extends Position {
  readonly lane: Lane;
  done: boolean;
}

/** One partition for as long as it is held. */
export interface Lane {
  /** Whether somebody else has the partition by now, as far as is known. */
  lost: boolean;
  readonly seen: Deduplicator;
  readonly steps: Step[];
  /** Whether its first letter has been counted. */
  begun: boolean;
  /** So many letters more are handled one at a time: one of them may take the process with it. */
  suspects: number;
  /** The last one that may be committed and is not; −1: none. */
  settled: number;
  committed: number;
}

export class Progress {
  private readonly lanes = new Map<number, Lane>();
  /** Taken and not done with. */
  underWay = 0;

  begin({ partition, offset }: Position): Step {
    const lane = this.lane(partition);
    // The partition was lost and has come back, from where the group stood: what is under way goes on without us.
    if (lane.steps.length > 0 && offset <= lane.steps.at(-1)!.offset || offset <= lane.settled) this.lost(partition);
    const current = this.lane(partition);
    const step: Step = { partition, offset, lane: current, done: false };
    current.steps.push(step);
    this.underWay++;
    return step;
  }

  settle(step: Step): void {
    this.underWay--;
    step.done = true;
    const { lane } = step;
    while (lane.steps.length > 0 && lane.steps[0].done) lane.settled = lane.steps.shift()!.offset;
  }

  /** It will not be done with here; nothing behind it is committed. */
  abandon(_step: Step): void {
    this.underWay--;
  }

  /** Nothing is under way and nothing is to be committed. */
  get idle(): boolean {
    return this.underWay === 0 && this.settled().length === 0;
  }

  /** In each partition the last place that everything up to is done with, where that is not committed. */
  settled(): readonly Position[] {
    return [...this.lanes].filter(([, { settled, committed }]) => settled > committed)
      .map(([partition, { settled }]) => ({ partition, offset: settled }));
  }

  committed({ partition, offset }: Position): void {
    const lane = this.lanes.get(partition);
    if (lane !== undefined) lane.committed = Math.max(lane.committed, offset);
  }

  /** Somebody else has the partition: what is under way of it is committed by nobody here. */
  lost(partition: number): void {
    const lane = this.lanes.get(partition);
    if (lane !== undefined) lane.lost = true;
    this.lanes.delete(partition);
  }

  private lane(partition: number): Lane {
    let lane = this.lanes.get(partition);
    if (lane === undefined) {
      lane = {
        lost: false,
        seen: new Deduplicator(),
        steps: [],
        begun: false,
        suspects: 0,
        settled: -1,
        committed: -1,
      };
      this.lanes.set(partition, lane);
    }
    return lane;
  }
}
