/**
 * How many lives of a group's members have begun with one letter and not come past it: what a letter is known by that takes the
 * whole process with it, and so can never be counted by whoever handles it.
 *
 * For each partition one register keeps the letter that stood first when the partition was taken over, and how often it has. It
 * is written when a partition is taken over, and for each letter only while the last life is suspected to have ended by one.
 */
import { type Broker, BrokerError, type Position } from "../transport/mod.ts";

/** What stands in the register, beside a word that tells two writers apart. */
interface Front {
  readonly offset: number;
  readonly lives: number;
}

export interface LivesOptions {
  readonly broker: Broker;
  readonly group: string;
  readonly topic: string;
  /** Of no other member. */
  readonly word: string;
}

export class Lives {
  constructor(private readonly options: LivesOptions) {}

  /**
   * Puts down that a life begins with this letter, and returns how many have, this one with them. A broker that does not answer,
   * or keeps no registers for this node, lets nothing wait: then it is 1.
   */
  async count({ partition, offset }: Position): Promise<number> {
    let lives = 1;
    await this.change(partition, (front) => {
      lives = front?.offset === offset ? front.lives + 1 : 1;
      return { offset, lives };
    });
    return lives;
  }

  /** A life that ended in order, and left the letter to the next, was not ended by it. `lives`: as it was counted. */
  async takeBack({ partition, offset }: Position, lives: number): Promise<void> {
    await this.change(
      partition,
      (front) => front?.offset === offset && front.lives === lives ? { offset, lives: lives - 1 } : null,
    );
  }

  private async change(partition: number, next: (front: Front | null) => Front | null): Promise<void> {
    const { broker: { registers }, group, topic } = this.options;
    const name = `front.${group}.${topic}.${partition}`;
    try {
      const found = await registers.read(name);
      const front = next(found === null ? null : read(found.value));
      if (front === null) return;
      // Null: somebody else has the partition by now, and counts.
      const value = JSON.stringify({ ...front, word: this.options.word });
      await registers.write(name, value, found?.revision ?? 0);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
    }
  }
}

function read(value: string): Front | null {
  try {
    const { offset, lives } = JSON.parse(value);
    return Number.isSafeInteger(offset) && Number.isSafeInteger(lives) ? { offset, lives } : null;
  } catch {
    return null;
  }
}
