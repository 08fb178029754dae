/**
 * How long the handlers of one actor take, against its budget and against the system's bound for being stuck.
 *
 * A handler that runs to its end is measured by the stopwatch, and only in actors that declare a budget: two readings per
 * turn. A turn that took longer than the budget and handled several messages does not say whether it was one of them; it is
 * counted, and each of the actor's next thousand messages is measured. What a stopwatch says is published
 * and counted and decides nothing, so a run stays a function of its input.
 *
 * A handler that waits for a promise is measured in virtual time, by a timer that is set while it waits: it is seen while it
 * hangs, and at the same moment in every run.
 */
import type { HandlerLatency } from "../introspection.ts";
import type { Micros } from "../time.ts";
import type { ActorCell, Watch } from "./cell.ts";
import { type Kernel, nameOf } from "./kernel.ts";
import { Timed } from "./timer_wheel.ts";

/** Messages measured one by one after a turn that was too long. */
const CLOSE_LOOK = 1024;
const NANOS_PER_MS = 1e6;
const MICROS_PER_MS = 1e3;

export class Latency extends Timed implements Watch {
  private budgetMs = Infinity;
  /** Messages still to be measured one by one. */
  private close = 0;
  /** Stopwatch at the beginning of the turn, or of the message in a close look. */
  private begun = 0;
  /** Virtual time since which the handler waits. */
  private waitsFrom: Micros = 0;
  private busy = 0;
  private stuck = 0;
  private longTurns = 0;
  private longest = 0;

  constructor(private readonly kernel: Kernel, private readonly cell: ActorCell) {
    super();
    this.redefine();
  }

  /** The actor's definition may have changed. */
  redefine(): void {
    this.budgetMs = this.cell.def.budgetMs ?? Infinity;
  }

  get statistics(): HandlerLatency {
    const { budgetMs, busy, stuck, longTurns, longest } = this;
    return { budgetMs: budgetMs === Infinity ? null : budgetMs, busy, stuck, longTurns, longestMs: longest };
  }

  /** Whether turns are measured. */
  get measured(): boolean {
    return this.budgetMs !== Infinity;
  }

  turnBegins(): void {
    this.begun = this.kernel.stopwatch.now();
  }

  /** A message of the turn has been handled. */
  handled(): void {
    if (this.close === 0) return;
    this.close--;
    const now = this.kernel.stopwatch.now();
    const took = (now - this.begun) / NANOS_PER_MS;
    this.begun = now;
    this.judge(took, "wall");
  }

  turnEnds(messages: number): void {
    if (this.close > 0 || messages === 0) return;
    const took = (this.kernel.stopwatch.now() - this.begun) / NANOS_PER_MS;
    if (messages === 1) this.judge(took, "wall");
    else if (took > this.budgetMs) {
      this.longTurns++;
      this.close = CLOSE_LOOK;
    }
  }

  /** The handler waits for a promise from now on. */
  waits(): void {
    this.waitsFrom = this.kernel.clock.now();
    this.watch(Math.min(this.budgetMs, this.kernel.stuckMs));
  }

  /** It waits no more. */
  settles(): void {
    this.kernel.timers.remove(this);
    const took = (this.kernel.clock.now() - this.waitsFrom) / MICROS_PER_MS;
    if (took > this.longest) this.longest = took;
  }

  override fire(): void {
    const took = (this.kernel.clock.now() - this.waitsFrom) / MICROS_PER_MS;
    this.judge(took, "virtual");
    if (took < this.kernel.stuckMs) this.watch(this.kernel.stuckMs);
  }

  private watch(boundMs: number): void {
    if (boundMs === Infinity) return;
    this.kernel.timers.add(this, this.waitsFrom + Math.ceil(boundMs * MICROS_PER_MS));
  }

  private judge(tookMs: number, measured: "wall" | "virtual"): void {
    if (tookMs > this.longest) this.longest = tookMs;
    const { kernel, cell, budgetMs } = this;
    const over = measured === "wall" ? (bound: number) => tookMs > bound : (bound: number) => tookMs >= bound;
    const kind = over(kernel.stuckMs) ? "stuck" : over(budgetMs) ? "busy" : null;
    if (kind === null) return;
    this[kind]++;
    kernel.emit({
      kind,
      time: kernel.clock.now(),
      path: cell.path,
      message: cell.lane === null ? "" : nameOf(cell.lane.latest()),
      boundMs: kind === "stuck" ? kernel.stuckMs : budgetMs,
      tookMs,
      measured,
    });
  }
}
