/**
 * The line that a letter of a class with fallback carries in front of its body: whose it is, where it stands in its lane, and
 * by which route it came. It is the hand-over mark of routes.ts, and every letter of a route has it.
 */
import type { Letter, Publication } from "../broker.ts";
import { FrameError } from "../errors.ts";
import { partitionOf } from "../partition.ts";

export interface Mark {
  /** One broker object of one process; a new one is another producer. */
  readonly producer: string;
  /** Keys are dealt to lanes; order is kept in a lane, and so in each of its keys. */
  readonly lane: number;
  /** From 1, without a gap but for what was refused to its publisher. */
  readonly sequence: number;
  /** Counts the producer's routes in this topic, from 1. */
  readonly route: number;
  /** First sequence of this lane that the route brings: everything below it came by an earlier one. */
  readonly begins: number;
}

export interface Marked {
  readonly mark: Mark;
  readonly key: string;
  readonly letter: Letter;
}

/** Lanes of a topic: many more than partitions, so that these are filled evenly. Part of the format. */
export const LANES = 64;

const FORMAT = 1;
const FIELDS = 7;

export const laneOf = (key: string): number => partitionOf(key, LANES);

/** All letters of a lane bear one key on the broker, whatever it makes partitions of. */
export function seal({ mark, key, letter }: Marked): Publication {
  const { producer, lane, sequence, route, begins } = mark;
  const line = JSON.stringify([FORMAT, producer, lane, sequence, route, begins, key]);
  return { key: `lane-${lane}`, letter: { ...letter, body: `${line}\n${letter.body}` } };
}

/** Throws FrameError for anything that `seal` does not write. */
export function unseal(letter: Letter): Marked {
  const { body } = letter;
  const end = body.indexOf("\n");
  const line = end < 0 ? null : parsed(body.slice(0, end));
  if (!Array.isArray(line) || line.length !== FIELDS || line[0] !== FORMAT) {
    throw new FrameError(
      "a letter of a class begins with its mark, and this has none: who publishes past the classes?",
    );
  }
  const [, producer, lane, sequence, route, begins, key] = line;
  const whole = [lane, sequence, route, begins].every((one) => Number.isSafeInteger(one) && one >= 0);
  if (typeof producer !== "string" || typeof key !== "string" || !whole || lane >= LANES || begins > sequence) {
    throw new FrameError(`the mark ${JSON.stringify(line)} of a letter is not one of ours.`);
  }
  return { mark: { producer, lane, sequence, route, begins }, key, letter: { ...letter, body: body.slice(end + 1) } };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
