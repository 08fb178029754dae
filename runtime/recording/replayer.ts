/** Gives a system again what a recorder wrote down, see mod.ts. */
import { decode, type RefCodec } from "../codec.ts";
import type { ActorRef } from "../actor.ts";
import { Arrival } from "../internal/arrival.ts";
import { ask, type Asker } from "../internal/ask.ts";
import { type ActorCell, cellOf } from "../internal/cell.ts";
import { replace, resume, suspend } from "../internal/hold.ts";
import type { Seam, Settled } from "../internal/seam.ts";
import type { InputEntry, RecordingEntry } from "./log.ts";
import { ANSWER } from "./recorder.ts";
import { Ticks } from "./ticks.ts";

/** A replay did not come to what was recorded. */
export class ReplayDiverged extends Error {
  override readonly name = "ReplayDiverged";
  readonly code = "REPLAY_DIVERGED";
}

export class Replayer extends Ticks implements Seam {
  readonly replaying = true;
  private readonly inputs: InputEntry[] = [];
  private readonly values: string[] = [];
  private readonly checks = new Map<number, string>();
  private next = 0;
  private nextValue = 0;
  private readonly everyone = new Map<number, ActorCell>();
  private readonly awaited = new Map<number, (how: Settled) => void>();
  private readonly outside: Asker = { openAsks: null, alive: true, cell: null };

  constructor(entries: readonly RecordingEntry[]) {
    super();
    for (const entry of entries) {
      if (entry.kind === "value") this.values.push(entry.value);
      else if (entry.kind === "check") this.checks.set(entry.turns, entry.schedule);
      else if (entry.kind !== "run") this.inputs.push(entry);
    }
  }

  /** The last entry; null when the recording was cut off. */
  get end(): (InputEntry & { readonly kind: "end" }) | null {
    const last = this.inputs.at(-1);
    return last?.kind === "end" ? last : null;
  }

  get now(): number {
    return this.inputs[this.next].now;
  }

  born(actor: ActorRef<never>): void {
    this.everyone.set(actor.id, cellOf(actor));
  }

  enter(): void {}
  leave(): void {}
  drives(): void {}
  told(): void {}
  did(): void {}
  settled(): void {}

  observed<T>(): T {
    if (this.nextValue >= this.values.length) {
      throw new ReplayDiverged(`${this.place} asks for a value that was not recorded.`);
    }
    return decode(this.values[this.nextValue++], this.refs(null)) as T;
  }

  awaits(promise: number, settle: (how: Settled) => void): void {
    this.awaited.set(promise, settle);
  }

  due(): boolean {
    const entry = this.inputs[this.next];
    if (entry === undefined) return false;
    if (entry.turns < this.turns || (entry.turns === this.turns && entry.timers < this.timers)) throw this.stranded();
    return entry.turns === this.turns && entry.timers === this.timers;
  }

  give(): boolean {
    const entry = this.inputs[this.next++];
    switch (entry.kind) {
      case "tell":
        this.actor(entry.to).tell(this.read(entry.message));
        break;
      case "urgent":
        this.actor(entry.to).urgent(this.read(entry.message));
        break;
      case "deliver":
        this.actor(entry.to).tellEnvelope(
          new Arrival(this.kernel.clock, this.kernel.causes, this.read(entry.message), entry.origin),
          false,
        );
        break;
      case "ask": {
        const question = (replyTo: ActorRef<never>) => decode(entry.question, this.refs(replyTo));
        void ask(this.kernel, this.outside, this.actor(entry.to), question, entry.timeout);
        break;
      }
      case "stop":
        this.actor(entry.to).requestStop({ kind: "shutdown" });
        break;
      case "kill":
        this.actor(entry.to).requestKill({ kind: "killed" });
        break;
      case "crash":
        this.actor(entry.to).requestKill({ kind: "error", error: errorFrom(entry.error) });
        break;
      case "suspend":
        suspend(this.kernel, this.actor(entry.to), entry.by);
        break;
      case "resume":
        resume(this.kernel, this.actor(entry.to), entry.by);
        break;
      case "replace":
        this.replaceState(this.actor(entry.to), this.read(entry.state), entry.by);
        break;
      case "result": {
        const settle = this.awaited.get(entry.promise);
        if (settle === undefined) throw this.stranded();
        this.awaited.delete(entry.promise);
        const value = this.read(entry.value);
        settle({ ok: entry.ok, value: entry.ok ? value : errorFrom(value as { name: string; message: string }) });
        break;
      }
      case "rest":
        break;
      case "lost":
        throw new ReplayDiverged(`The recording cannot be followed beyond ${this.place}: ${entry.sentence}.`);
      case "end":
        this.agree(entry.schedule);
        return true;
    }
    return this.next === this.inputs.length;
  }

  stranded(): Error {
    const { kind, turns, timers } = this.inputs[this.next] ?? { kind: "end", turns: 0, timers: 0 };
    return new ReplayDiverged(
      `The replay is at ${this.place} and will not come to where "${kind}" was recorded (turn ${turns}, timer ${timers}): ` +
        "something that it depends on does not go through the context.",
    );
  }

  protected override check(): void {
    const recorded = this.checks.get(this.turns);
    if (recorded !== undefined) this.agree(recorded);
  }

  private agree(recorded: string): void {
    if (recorded === this.schedule) return;
    throw new ReplayDiverged(
      `At ${this.place} the replay has taken other turns than the run: ${this.schedule}, not ${recorded}.`,
    );
  }

  private get place(): string {
    return `turn ${this.turns}, timer ${this.timers}`;
  }

  private replaceState(cell: ActorCell, state: unknown, by: string): void {
    try {
      replace(this.kernel, cell, state, by);
    } catch {
      // What was thrown then went to whoever gave the state.
    }
  }

  private actor(id: number): ActorCell {
    const cell = this.everyone.get(id);
    if (cell === undefined) {
      throw new ReplayDiverged(`At ${this.place} there is no actor ${id}: was another tree built?`);
    }
    return cell;
  }

  private read(text: string): unknown {
    return decode(text, this.refs(null));
  }

  private refs(answer: ActorRef<never> | null): RefCodec {
    return {
      write: () => undefined,
      read: (written) => written === ANSWER ? answer : this.actor(Number(written)),
    };
  }
}

function errorFrom({ name, message }: { readonly name: string; readonly message: string }): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
