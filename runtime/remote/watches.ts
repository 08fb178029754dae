/**
 * Monitors over nodes. The one who watches hears of the end of an actor exactly once, whatever comes first: that it ended,
 * that its node is lost, or that nobody was found in time. What comes later finds no monitor any more.
 */
import type { ExitReason } from "../actor.ts";
import type { Micros } from "../time.ts";
import type { Address } from "./address.ts";
import type { Control } from "./control.ts";
import { arrived } from "./control.ts";
import type { KnownNode, Nodes } from "./nodes.ts";

interface Watch {
  readonly address: Address;
  readonly down: (reason: ExitReason) => void;
  /** When it was looked for, or found. */
  since: Micros;
  /** On which life of which node; null while it is looked for. */
  at: { readonly node: string; readonly epoch: number } | null;
  confirmed: boolean;
}

export interface WatchesOptions {
  /** Names the life of this node, for the names of monitors. */
  readonly life: string;
  readonly nodes: Nodes;
  readonly now: () => Micros;
  /** How long a name is looked for, microseconds. */
  readonly find: Micros;
  /** Silence after which a node is lost, microseconds. */
  readonly silence: Micros;
  readonly send: (node: string, control: Control) => void;
  /** Runs between two turns of the system. */
  readonly inject: (task: () => void) => void;
}

export class Watches {
  private readonly watches = new Map<string, Watch>();
  private count = 0;
  /** "Down" of monitors that are gone. */
  late = 0;

  constructor(private readonly options: WatchesOptions) {}

  get size(): number {
    return this.watches.size;
  }

  /** Of them those whose actor has not been found, or whose node has not said that it watches. */
  get unconfirmed(): number {
    return [...this.watches.values()].filter(({ confirmed }) => !confirmed).length;
  }

  /** Returns how to take it back. */
  add(address: Address, down: (reason: ExitReason) => void): () => void {
    const key = `${this.options.life}#${++this.count}`;
    const watch: Watch = { address, down, since: this.options.now(), at: null, confirmed: false };
    this.watches.set(key, watch);
    // Not at once: a monitor is known to its owner when the call that made it has returned.
    this.options.inject(() => this.place(key, watch));
    return () => {
      if (!this.watches.delete(key)) return;
      if (watch.at !== null) this.options.send(watch.at.node, { kind: "Unwatch", key });
    };
  }

  /** A node is there that was not. */
  found(): void {
    for (const [key, watch] of [...this.watches]) if (watch.at === null) this.place(key, watch);
  }

  lost(node: string, epoch: number): void {
    for (const [key, watch] of [...this.watches]) {
      if (watch.at?.node !== node || watch.at.epoch > epoch) continue;
      // It may be alive, and would keep the monitor for ever.
      this.options.send(node, { kind: "Unwatch", key });
      this.end(key, { kind: "node-lost", node });
    }
  }

  passed(): void {
    const { now, find, silence } = this.options;
    for (const [key, watch] of [...this.watches]) {
      // A node that was found and says nothing may be dead: then its silence is the better answer, and comes first.
      const patience = watch.at === null ? find : find + silence;
      if (watch.confirmed || now() - watch.since < patience) continue;
      if (watch.at !== null) this.options.send(watch.at.node, { kind: "Unwatch", key });
      this.end(key, { kind: "unreachable" });
    }
  }

  receive(control: Extract<Control, { readonly kind: "Watching" | "Down" }>): void {
    const watch = this.watches.get(control.key);
    if (watch === undefined) {
      if (control.kind === "Down") this.late++;
    } else if (control.kind === "Watching") watch.confirmed = true;
    else this.end(control.key, arrived(control.reason));
  }

  private place(key: string, watch: Watch): void {
    if (!this.watches.has(key) || watch.at !== null) return;
    const found = this.find(watch.address);
    if (found === undefined) return;
    const { node, epoch } = found;
    if (found.lost || ("epoch" in watch.address && watch.address.epoch < epoch)) {
      return this.end(key, { kind: "node-lost", node });
    }
    watch.at = { node, epoch };
    watch.since = this.options.now();
    this.options.send(node, { kind: "Watch", key, to: watch.address });
  }

  private find(address: Address): Readonly<KnownNode> | undefined {
    const { nodes } = this.options;
    return address.node === undefined
      ? nodes.holderOf((address as { readonly name: string }).name)
      : nodes.get(address.node);
  }

  private end(key: string, reason: ExitReason): void {
    const watch = this.watches.get(key)!;
    this.watches.delete(key);
    watch.down(reason);
  }
}
