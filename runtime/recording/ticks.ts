/** What a recorder and a replayer both count: turns, timers, and a hash of who had his turn when. */
import type { ActorRef } from "../actor.ts";
import type { Kernel } from "../internal/kernel.ts";
import type { SeamKernel } from "../internal/seam.ts";

/** Turns between two entries of the schedule's hash: near enough to find where a replay went astray. */
export const CHECK_TURNS = 1024;

export abstract class Ticks {
  turns = 0;
  timers = 0;
  protected kernel!: Kernel;
  private low = 0x811c9dc5;
  private high = 0x01000193;

  attach(kernel: SeamKernel): void {
    this.kernel = kernel as Kernel;
  }

  turned(actor: ActorRef<never>, steps: number): void {
    this.turns++;
    const now = this.kernel.clock.now();
    this.mix(actor.id);
    this.mix(steps);
    this.mix(now >>> 0);
    this.mix((now / 2 ** 32) >>> 0);
    if (this.turns % CHECK_TURNS === 0) this.check();
  }

  fired(): void {
    this.timers++;
  }

  /** Two words of 32 bits, FNV-1a each with its own beginning. Tells runs apart; no defence against forgers. */
  get schedule(): string {
    return (this.high >>> 0).toString(16).padStart(8, "0") + (this.low >>> 0).toString(16).padStart(8, "0");
  }

  protected abstract check(): void;

  private mix(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x01000193);
    this.high = Math.imul(this.high ^ (word + (this.low >>> 16)), 0x01000193);
  }
}
