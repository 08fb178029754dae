/**
 * Signs of life, given and heard: one topic of one partition that all nodes read, each for itself. Whoever begins reads what
 * comes from now on: what was said before says nothing of who is alive.
 */
import { type Broker, passes, type Subscription } from "../transport/mod.ts";
import type { Border } from "./border.ts";
import { type Presence, presenceDef } from "./control.ts";

export const NODES_TOPIC = "cwts-nodes";
const TAKE = 200;
const TAKE_MS = 500;

export class Signs {
  private closed = false;
  private giving = false;
  private placed = false;
  private readonly reading: Promise<void>;

  private constructor(
    private readonly broker: Broker,
    private readonly border: Border,
    private readonly subscription: Subscription,
    private readonly heard: (presence: Presence) => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.reading = this.read().catch((error) => this.failed(error));
  }

  static async open(
    broker: Broker,
    border: Border,
    sessionMs: number,
    heard: (presence: Presence) => void,
    failed: (error: unknown) => void,
  ): Promise<Signs> {
    await broker.createTopic(NODES_TOPIC, 1);
    const subscription = await broker.subscribe(`nodes-${border.node}`, NODES_TOPIC, { from: "next", sessionMs });
    return new Signs(broker, border, subscription, heard, failed);
  }

  /** One at a time: when the broker does not answer, the latest is as good as all that were missed. */
  async give(presence: Presence): Promise<void> {
    if (this.giving) return;
    this.giving = true;
    try {
      await this.border.send(this.broker, NODES_TOPIC, "nodes", presenceDef, presence);
    } catch (error) {
      if (!passes(error)) this.failed(error);
    } finally {
      this.giving = false;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.reading;
    await this.subscription.close();
  }

  private async read(): Promise<void> {
    while (!this.closed) {
      try {
        if (!this.placed && this.subscription.partitions.length > 0) {
          await this.subscription.seek(0, "next");
          this.placed = true;
        }
        const taken = await this.subscription.take(TAKE, this.placed ? TAKE_MS : 20);
        if (!this.placed || taken.length === 0) continue;
        for (const one of taken) {
          const read = one.kind === "letter" ? this.border.read(one.letter) : null;
          if (read !== null && read.ok && read.def === presenceDef as unknown) this.heard(read.message as Presence);
        }
        await this.subscription.commit(taken);
      } catch (error) {
        if (!passes(error) && (error as { readonly code?: unknown }).code !== "PARTITION_LOST") throw error;
      }
    }
  }
}
