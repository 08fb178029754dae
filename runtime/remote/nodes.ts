/**
 * Which nodes there are, and what can be found on them, out of the signs of life that they give. Times are those of the one
 * who listens: when a sign came, never when it was given. So clocks of nodes may be apart by any amount.
 */
import type { Micros } from "../time.ts";
import type { Presence } from "./control.ts";

export interface KnownNode {
  readonly node: string;
  epoch: number;
  names: ReadonlySet<string>;
  heardAt: Micros;
  /** Silent for too long, or gone by its own word. What was found on it is still known. */
  lost: boolean;
}

/** What a sign of life or the passing of time has changed. */
export interface Change {
  /** A life that is over, or, where nothing but its silence says so, may be. */
  readonly lost?: { readonly node: string; readonly epoch: number; readonly over: boolean };
  /** A node that was not there before. */
  readonly found?: string;
}

const NOTHING: Change = {};

export class Nodes {
  private readonly known = new Map<string, KnownNode>();

  /** `silence`: without a sign for so long a node is lost, microseconds. */
  constructor(private readonly silence: Micros) {}

  get all(): readonly Readonly<KnownNode>[] {
    return [...this.known.values()];
  }

  get(node: string): Readonly<KnownNode> | undefined {
    return this.known.get(node);
  }

  /** The node on which a name can be found: one that is alive, else the last one that was known to have it. */
  holderOf(name: string): Readonly<KnownNode> | undefined {
    let found: KnownNode | undefined;
    for (const one of this.known.values()) {
      if (!one.names.has(name)) continue;
      // By its name where two offer the same, so that everybody comes to the same one.
      if (found === undefined || (found.lost && !one.lost) || (found.lost === one.lost && one.node < found.node)) {
        found = one;
      }
    }
    return found;
  }

  heard({ node, epoch, names, leaving }: Presence, now: Micros): Change {
    const before = this.known.get(node);
    // The voice of a life that is over.
    if (before !== undefined && epoch < before.epoch) return NOTHING;
    const wasAlive = before !== undefined && !before.lost;
    // A node that left does not come back in the same life: that sign was under way.
    if (before !== undefined && before.epoch === epoch && before.lost && before.heardAt === Infinity) return NOTHING;
    const ends = before !== undefined && before.heardAt !== Infinity && (leaving || epoch > before.epoch);
    const lost = ends ? { node, epoch: before.epoch, over: true } : undefined;
    if (leaving && before !== undefined) Object.assign(before, { lost: true, heardAt: Infinity, epoch });
    else if (!leaving) this.known.set(node, { node, epoch, names: new Set(names), heardAt: now, lost: false });
    const found = !leaving && (!wasAlive || epoch > before!.epoch) ? node : undefined;
    return { ...(lost && { lost }), ...(found && { found }) };
  }

  /** Those that have been silent for too long by now. */
  passed(now: Micros): readonly Change[] {
    const changes: Change[] = [];
    for (const one of this.known.values()) {
      if (one.lost || now - one.heardAt < this.silence) continue;
      one.lost = true;
      changes.push({ lost: { node: one.node, epoch: one.epoch, over: false } });
    }
    return changes;
  }
}
