/**
 * A holder of one shard that measures: it attaches as a node of organisms does, sends one order at a time, far from the
 * market, and takes the time until the report of the venue's answer is back; then it cancels it.
 */
import { ClusterLink } from "../../actors/node/roles/cluster_link.ts";
import { letterOf, readSeatWord } from "../../actors/placement/words.ts";
import { type BookTop, type ExecutionReport, type HolderWord, TO_GATEWAY } from "../../actors/protocol/mod.ts";
import { configHash, loadConfig } from "../../config/mod.ts";
import type { Lease } from "../../runtime/transport/mod.ts";

const SHARD = "anglerfish-1";
const STRATEGY = 1;
/** Ticks below the market. */
const AWAY = 40;
const PATIENCE_MS = 30_000;
const BEAT_MS = 200;

export class MeasuringHolder {
  private sequence = 0;
  private orders: number;
  private top: BookTop | null = null;
  private report: PromiseWithResolvers<ExecutionReport> | null = null;
  private attached = Promise.withResolvers<void>();
  private readonly beating: ReturnType<typeof setInterval>;

  private constructor(
    private readonly link: ClusterLink,
    private readonly lease: Lease,
    private readonly hash: string,
  ) {
    this.orders = link.start * 2 ** 32;
    this.beating = setInterval(() => this.say({ kind: "ShardBeat" }), BEAT_MS);
  }

  static async open(link: ClusterLink): Promise<MeasuringHolder> {
    const lease = await link.broker.lease(link.lease(`shard-${SHARD}`), { ttlMs: link.leaseMs, waitMs: PATIENCE_MS });
    if (lease === null) throw new Error("somebody else holds the shard");
    const { config } = loadConfig({ directory: ".", environment: {} });
    const holder = new MeasuringHolder(link, lease, configHash(config));
    await link.follow(link.topics.reports, (letter, shard) => {
      if (shard !== SHARD) return;
      const { to, word } = readSeatWord(letter);
      if (to !== lease.epoch) return;
      if (word.kind === "PositionSnapshot") holder.attached.resolve();
      else if (word.kind === "MarketData") {
        holder.top = word.events.findLast((one) => one.kind === "BookTop") ?? holder.top;
      } else if (word.kind === "ExecutionReport" && word.orderId === holder.orders) holder.report?.resolve(word);
    });
    return holder;
  }

  /** Until the gateway that is heard has taken this holder. */
  async attach(): Promise<void> {
    this.attached = Promise.withResolvers();
    const begun = performance.now();
    while (performance.now() - begun < PATIENCE_MS) {
      this.say({ kind: "ShardAttach", config: this.hash, orders: [] });
      const late = new Promise<false>((resolve) => setTimeout(resolve, 100, false));
      if (await Promise.race([this.attached.promise.then(() => true), late])) return;
    }
    throw new Error("no gateway took the shard");
  }

  /** Nanoseconds from the order to the venue's answer. */
  async roundTrip(): Promise<number> {
    while (this.top === null || this.top.bid <= AWAY) await new Promise((resolve) => setTimeout(resolve, 10));
    const begun = performance.now();
    const answer = await this.answered({
      kind: "SubmitOrder",
      orderId: ++this.orders,
      ...{ strategy: STRATEGY, instrument: this.top.instrument, side: 0, orderType: 0, tif: 0 },
      // No two alike, which the gate refuses within a while.
      ...{
        price: this.top.bid - AWAY + this.orders % 20,
        quantity: 1 + this.orders % 7,
        postOnly: true,
        reduceOnly: false,
        cause: 0,
      },
    });
    const taken = (performance.now() - begun) * 1e6;
    if (answer.type !== "new") throw new Error(`the order was ${answer.type} (code ${answer.code})`);
    const cancel = { strategy: STRATEGY, instrument: answer.instrument, target: answer.orderId, cause: 0 };
    await this.answered({ kind: "CancelOrder", ...cancel });
    return taken;
  }

  async close(): Promise<void> {
    clearInterval(this.beating);
    this.say({ kind: "ShardLeft" });
    await this.link.flushed();
    await this.lease.release();
  }

  private async answered(word: HolderWord): Promise<ExecutionReport> {
    this.report = Promise.withResolvers();
    this.say(word);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("an order was not answered")), PATIENCE_MS);
    return await Promise.race([this.report.promise, late.promise]).finally(() => clearTimeout(timer));
  }

  private say(word: HolderWord): void {
    const to = this.link.board.gateway?.status.epoch ?? 0;
    const from = { node: this.link.options.node, epoch: this.lease.epoch, path: "/bench", sequence: ++this.sequence };
    this.link.publish(this.link.topics.orders, SHARD, letterOf(from, TO_GATEWAY, { to, word }, null));
  }
}
