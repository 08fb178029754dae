/** Puts letters aside, and comes back only when the copy is kept: before that the original must not be committed. */
import { machineWall, type Wall } from "../internal/wall.ts";
import { type Broker, BrokerError, type Delivered, passes } from "../transport/mod.ts";
import type { Refusal } from "./catalogue.ts";
import { type Held, heldId, heldTopicOf, writeHeld, writeReplayed } from "./held.ts";

/** Between two tries of a broker that does not answer, milliseconds. */
const PAUSE_MS = 250;
/** A letter that fits a topic fits another in a few parts. */
const MOST_PARTS = 4096;

export interface AsideOptions {
  readonly node: string;
  readonly epoch: number;
  /** What it waits by between two tries; default: the machine's. */
  readonly wall?: Wall;
}

export class Aside {
  private sequence = 0;

  constructor(private readonly broker: Broker, private readonly options: AsideOptions) {}

  /**
   * Resolves when the broker has the copy; tries for ever while the broker cannot be reached or has no room, until `given`
   * says up. False: given up, and the original has to come again.
   */
  async put(
    group: string,
    topic: string,
    delivered: Exclude<Delivered, { readonly kind: "lost" }>,
    { code, why }: Refusal,
    attempts: number,
    given: () => boolean,
  ): Promise<boolean> {
    const { node, wall = machineWall } = this.options;
    const { partition, offset, frame } = delivered;
    const held: Held = {
      id: heldId(group, topic, delivered),
      ...{ code, why, group, node, topic, partition, offset, attempts, frame },
    };
    for (let parts = 1; !given();) {
      try {
        await this.broker.publishBatch(heldTopicOf(code), writeHeld(held, parts, this.sender));
        return true;
      } catch (error) {
        if (error instanceof BrokerError && error.code === "MESSAGE_TOO_LARGE" && parts < MOST_PARTS) parts *= 2;
        else if (passes(error) || isRefused(error)) await wall.sleep(PAUSE_MS).done;
        else throw error;
      }
    }
    return false;
  }

  /** Notes that a held letter was replayed. */
  async note(held: Held): Promise<void> {
    const { key, letter } = writeReplayed(held, this.sender);
    await this.broker.publish(heldTopicOf(held.code), key, letter);
  }

  private get sender() {
    const { node, epoch } = this.options;
    return { node, epoch, next: () => ++this.sequence };
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof BrokerError && error.code === "BROKER_REFUSED";
}
