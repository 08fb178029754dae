/**
 * The shards that a node holds: it asks for leases up to its share (shares.ts) and gives back what is above. Whoever dies is
 * succeeded when its leases run out; whoever leaves, at once.
 */
import { BrokerError, type Lease } from "../../../runtime/transport/mod.ts";
import type { ClusterLink } from "./cluster_link.ts";
import { shareOf } from "./shares.ts";

export interface HeldShard {
  readonly shard: string;
  readonly lease: Lease;
}

export interface ShardLeasesOptions {
  readonly link: ClusterLink;
  readonly shards: () => readonly string[];
  /** A shard is this node's from now on. */
  readonly begun: (held: HeldShard) => void;
  /** It is not any more; `inOrder`: the lease is still held, and given back when this has resolved. */
  readonly ended: (held: HeldShard, inOrder: boolean) => Promise<void>;
}

export class ShardLeases {
  readonly #options: ShardLeasesOptions;
  readonly #held = new Map<string, HeldShard>();
  readonly #asking = new Set<string>();
  /** Not asked for before this is cleared: the gateway refuses them here. */
  readonly unwanted = new Set<string>();
  #stopped = false;

  constructor(options: ShardLeasesOptions) {
    this.#options = options;
  }

  get held(): readonly HeldShard[] {
    return [...this.#held.values()];
  }

  /** Looks at who is there, and gives back or asks for what follows from it. Called once a beat. */
  async look(): Promise<void> {
    if (this.#stopped) return;
    const { link, shards } = this.#options;
    for (const held of this.held) if (!held.lease.held) await this.#doubted(held);
    const others = link.board.live.filter(({ role, node }) => role === "organisms" && node !== link.options.node);
    const { most, order } = shareOf(shards(), others.map(({ node }) => node), link.options.node);
    for (const held of this.held.slice(most)) await this.drop(held, true);
    const claimed = new Set(others.flatMap((status) => status.shards.map(({ shard }) => shard)));
    for (const shard of order) {
      if (this.#held.size + this.#asking.size >= most) return;
      if (!this.#held.has(shard) && !claimed.has(shard) && !this.unwanted.has(shard)) void this.#ask(shard);
    }
  }

  async drop(held: HeldShard, inOrder: boolean): Promise<void> {
    if (this.#held.get(held.shard) !== held) return;
    this.#held.delete(held.shard);
    await this.#options.ended(held, inOrder);
    await held.lease.release();
  }

  /** Gives back what is no shard any more. */
  async keep(): Promise<void> {
    const shards = this.#options.shards();
    for (const held of this.held) if (!shards.includes(held.shard)) await this.drop(held, true);
  }

  /** Gives everything back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const held of this.held) await this.drop(held, true);
  }

  async #ask(shard: string): Promise<void> {
    const { link, begun } = this.#options;
    if (this.#asking.has(shard)) return;
    this.#asking.add(shard);
    try {
      const ttlMs = link.leaseMs;
      const lease = await link.broker.lease(link.lease(`shard-${shard}`), { ttlMs, waitMs: 2 * ttlMs });
      if (lease === null) return;
      if (this.#stopped) return await lease.release();
      const held = { shard, lease };
      this.#held.set(shard, held);
      begun(held);
    } catch (error) {
      link.trouble(error);
    } finally {
      this.#asking.delete(shard);
    }
  }

  /** Not confirmed for a while. It may come back; when somebody else has it, it does not. */
  async #doubted(held: HeldShard): Promise<void> {
    try {
      await held.lease.check();
    } catch (error) {
      if (error instanceof BrokerError && error.code === "LEASE_LOST") await this.drop(held, false);
    }
  }
}
