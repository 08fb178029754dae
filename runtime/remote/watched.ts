/** Actors of this node that are monitored from others: each monitor is told of the end once, to the life that set it. */
import type { ExitReason } from "../actor.ts";
import { type Control, toTravel } from "./control.ts";

export interface WatchedOptions<R> {
  /** Sets a monitor here; whoever is told of its end calls `ended`. */
  readonly monitor: (ref: R) => number;
  readonly demonitor: (monitor: number) => void;
  readonly send: (node: string, control: Control) => void;
  /** Whether a later life of that node has been heard of. */
  readonly past: (node: string, epoch: number) => boolean;
}

/** A monitor, and the life that set it. */
interface Standing {
  readonly monitor: number;
  readonly from: string;
  readonly epoch: number;
}

/** Names the life of a node, and begins the names of its monitors. */
export const lifeOf = (node: string, epoch: number): string => `${node}@${epoch}`;

export class Watched<R> {
  private readonly keys = new Map<string, Standing>();

  constructor(private readonly options: WatchedOptions<R>) {}

  get size(): number {
    return this.keys.size;
  }

  /** `ref` undefined: nobody is here under that address. What is asked for twice is one monitor. */
  watch(from: string, epoch: number, key: string, ref: R | undefined): void {
    const { monitor, send, past } = this.options;
    // Under way for longer than who asked has lived.
    if (past(from, epoch)) return;
    if (ref === undefined) return send(from, { kind: "Down", key, reason: { kind: "noproc" } });
    if (!this.keys.has(key)) this.keys.set(key, { monitor: monitor(ref), from, epoch });
    send(from, { kind: "Watching", key });
  }

  unwatch(key: string): void {
    const watched = this.keys.get(key);
    if (watched === undefined) return;
    this.keys.delete(key);
    this.options.demonitor(watched.monitor);
  }

  /** A monitor that was set here has fired. */
  ended(monitor: number, reason: ExitReason): void {
    for (const [key, watched] of this.keys) {
      if (watched.monitor !== monitor) continue;
      this.keys.delete(key);
      return this.options.send(watched.from, { kind: "Down", key, reason: toTravel(reason) });
    }
  }

  /** These lives of a node are over: their monitors go, and those of a later one, which may have been heard of before, stay. */
  over(node: string, upTo: number): void {
    for (const [key, { from, epoch }] of [...this.keys]) if (from === node && epoch <= upTo) this.unwatch(key);
  }
}
