/** Writes down what enters a system from outside, see mod.ts. */
import { encode, type RefCodec } from "../codec.ts";
import type { ActorRef } from "../actor.ts";
import { Arrival } from "../internal/arrival.ts";
import { PendingAsk } from "../internal/ask.ts";
import { ActorCell } from "../internal/cell.ts";
import type { Deed, Seam, SeamKernel, Settled } from "../internal/seam.ts";
import { type InputEntry, RECORDING_VERSION, type RecordingLog, type When } from "./log.ts";
import { Ticks } from "./ticks.ts";

/** An entry without the moment it is given. */
type Bare<E> = E extends When ? Omit<E, keyof When> : never;

/** Stands for the address of the answer in a recorded question. */
export const ANSWER = "answer";

export class Recorder extends Ticks implements Seam {
  readonly replaying = false;
  /** Depth of regions in which what is told comes from outside. */
  private entered = 0;
  private driven = false;
  /** From the first run on; what was before it belongs to the building of the system. */
  private begun = false;
  private ended = false;
  /** Something was drained for the present task, and no entry says so yet. */
  private unsaid = false;
  /** Virtual time when the present task was let in, or of the latest entry since. */
  private clock = 0;

  constructor(private readonly log: RecordingLog) {
    super();
  }

  override attach(kernel: SeamKernel): void {
    super.attach(kernel);
    const { seed, start, epoch, facts } = this.kernel;
    const stuckMs = this.kernel.stuckMs === Infinity ? null : this.kernel.stuckMs;
    this.log.append({ kind: "run", version: RECORDING_VERSION, seed, start, epoch, stuckMs, facts });
  }

  get now(): number {
    return this.kernel.clock.now();
  }

  born(): void {}

  enter(drained: boolean): void {
    this.entered++;
    this.unsaid = drained;
    this.clock = this.now;
  }

  leave(): void {
    this.entered--;
    // A task that did nothing may have moved the clock all the same.
    if (this.unsaid || this.now !== this.clock) this.write({ kind: "rest" });
  }

  drives(yes: boolean): void {
    if (yes) this.begun = true;
    else this.write({ kind: "rest" });
    this.driven = yes;
  }

  told(actor: ActorRef<never>, message: unknown, urgent: boolean): void {
    // Those that were recorded where they began; an adapter's are not among them and cannot be written.
    if (!this.fromOutside || message instanceof PendingAsk || message instanceof Arrival) return;
    this.did({ kind: urgent ? "urgent" : "tell", to: actor.id, message });
  }

  did(deed: Deed): void {
    if (!this.fromOutside) return;
    try {
      this.write(entryOf(deed));
    } catch (error) {
      this.lost((error as Error).message);
    }
  }

  observed<T>(read: () => T): T {
    const value = read();
    const text = this.text(value);
    if (text !== null && !this.ended) this.log.append({ kind: "value", value: text });
    return value;
  }

  settled(promise: number, { ok, value }: Settled): void {
    const text = this.text(ok ? value : errorOf(value));
    if (text !== null) this.write({ kind: "result", promise, ok, value: text });
  }

  awaits(): void {}

  due(): boolean {
    return false;
  }

  give(): boolean {
    return false;
  }

  stranded(): Error {
    return new Error("a recorder waits for nothing");
  }

  /** The last entry; nothing is recorded after it. */
  end(state: string): void {
    this.write({ kind: "end", state, schedule: this.schedule });
    this.ended = true;
  }

  protected override check(): void {
    if (!this.ended) this.log.append({ kind: "check", turns: this.turns, schedule: this.schedule });
  }

  /** Inside a turn an actor acts; its own deeds repeat by themselves. */
  private get fromOutside(): boolean {
    return this.begun && (this.entered > 0 || !this.driven) && this.kernel.causes.sender === 0;
  }

  private text(value: unknown): string | null {
    try {
      return encode(value, refs(null));
    } catch (error) {
      this.lost((error as Error).message);
      return null;
    }
  }

  private lost(sentence: string): void {
    this.write({ kind: "lost", sentence });
  }

  private write(entry: Bare<InputEntry>): void {
    if (this.ended) return;
    this.unsaid = false;
    this.clock = this.now;
    this.log.append({ ...entry, turns: this.turns, timers: this.timers, now: this.now } as InputEntry);
  }
}

function entryOf(deed: Deed): Bare<InputEntry> {
  switch (deed.kind) {
    case "tell":
    case "urgent":
      return { kind: deed.kind, to: deed.to, message: encode(deed.message, refs(null)) };
    case "deliver":
      return { ...deed, message: encode(deed.message, refs(null)) };
    case "ask":
      return { kind: "ask", to: deed.to, timeout: deed.timeout, question: encode(deed.question, refs(deed.replyTo)) };
    case "crash":
      return { ...deed, error: errorOf(deed.error) };
    case "replace":
      return { ...deed, state: encode(deed.state, refs(null)) };
    case "start":
      return { kind: "lost", sentence: `"${deed.name}" was started from outside in the middle of the run` };
    default:
      return deed;
  }
}

/** Actors by their ids; the address of the answer to the question being written by a word. */
function refs(answer: object | null): RefCodec {
  return {
    write: (value) => value instanceof ActorCell ? value.id : value === answer ? ANSWER : undefined,
    read: () => undefined,
  };
}

function errorOf(error: unknown): { readonly name: string; readonly message: string } {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: "Error", message: String(error) };
}
