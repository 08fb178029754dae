/** One life of a node: its process, with a system of actors, a clock, a line to the broker, until it ends or dies. */
import type { ActorSystem, Micros } from "../../mod.ts";
import type { Waiting, Wall } from "../../internal/wall.ts";
import { MICROS_PER_MS } from "../../time.ts";
import type { Broker, BrokerOptions } from "../../transport/broker.ts";
import { LogBroker } from "../../transport/log_broker.ts";
import type { Agenda, Owner } from "./agenda.ts";
import { Line, type LineOptions } from "./line.ts";

/** Begins a life; what it returns ends it in order. What it keeps outside of the life is its disk. */
export type Boot = (life: Life) => Promise<() => Promise<void>>;

export interface LifeOptions {
  readonly node: string;
  /** Of all lives, from 1. */
  readonly number: number;
  readonly agenda: Agenda;
  readonly now: () => Micros;
  readonly line: Omit<LineOptions, "owner" | "agenda" | "now">;
}

export class Life implements Owner {
  /** It is gone, by death or in order: nothing of it happens any more. */
  over = false;
  frozenUntil: Micros = 0;
  /** Packets from it, and to it, are lost until then. */
  cutOut: Micros = 0;
  cutIn: Micros = 0;
  /** Its system, and the time of the network at which that began. */
  system: ActorSystem | null = null;
  private origin: Micros = 0;
  /** Null until it has begun. */
  close: (() => Promise<void>) | null = null;
  ending = false;
  readonly wall: Wall;

  constructor(private readonly options: LifeOptions) {
    const { now, agenda } = options;
    let words = 0;
    this.wall = {
      now: () => now() / MICROS_PER_MS,
      word: () => `life ${options.number}, word ${++words}`,
      sleep: (ms): Waiting => {
        // Never no time at all: what is left of a wait may be a rounding error, and is asked for again.
        const { promise, resolve } = Promise.withResolvers<void>();
        const entry = agenda.at(now() + Math.max(1, Math.ceil(ms * MICROS_PER_MS)), this, resolve);
        return {
          done: promise,
          end: () => {
            if (this.over) return;
            entry.cancelled = true;
            resolve();
          },
        };
      },
    };
  }

  get node(): string {
    return this.options.node;
  }

  /** Of all lives of all nodes, from 1. */
  get number(): number {
    return this.options.number;
  }

  /** A connection of this life to the broker. */
  broker(options: Partial<BrokerOptions> = {}): Broker {
    const { node, agenda, now, line } = this.options;
    return new LogBroker(
      new Line({ ...line, agenda, now, owner: this }),
      { node, partitions: 1, ...options },
      this.wall,
    );
  }

  runs(system: ActorSystem): void {
    [this.system, this.origin] = [system, this.options.now() - system.clock.now()];
  }

  /** When its actors have something to do next, in the time of the network. */
  get due(): Micros {
    const { system } = this;
    if (system === null || this.over) return Infinity;
    const { due, driven } = system.next;
    return driven ? Infinity : Math.max(due + this.origin, this.frozenUntil);
  }

  /** Lets its actors do what is due. */
  async run(): Promise<void> {
    const { system } = this;
    if (system === null || this.over || system.next.driven) return;
    await system.run({ until: Math.max(system.clock.now(), this.options.now() - this.origin) });
  }
}
