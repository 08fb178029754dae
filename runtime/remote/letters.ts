/**
 * The letters that were put aside, for people: what waits, one of them in full, and one of them sent again.
 *
 * A replayed letter goes back to its topic under its own key, marked for the group that had put it aside. It is a new letter
 * of a sender of its own, so the original's number, which may have been seen, does not keep it out, and a replay that is
 * asked for twice is handled once.
 */
import { type Broker, decodeFrame, FrameError, type Letter, type Subscription } from "../transport/mod.ts";
import { Aside, type AsideOptions } from "./aside.ts";
import { type Held, HELD_TOPICS, type HeldTopic, readHeld, REPLAY_FOR } from "./held.ts";

/** One at a time reads the held letters: two readers of one group would see half of them each. */
const READER = "cwts-letters";
const LEASE_MS = 5_000;
const TAKE = 200;
const TAKE_MS = 200;
/** Looks without a partition before reading is given up. */
const PATIENCE = 150;

export class LettersError extends Error {
  override readonly name = "LettersError";

  constructor(
    readonly code: "LETTERS_BUSY" | "LETTER_UNKNOWN" | "LETTER_INCOMPLETE" | "LETTER_NOT_ONE",
    message: string,
  ) {
    super(message);
  }
}

export interface HeldEntry {
  readonly topic: HeldTopic;
  /** With its text where that was asked for, else with none. */
  readonly held: Held;
  /** Whether all parts of its text are kept. */
  readonly complete: boolean;
  /** Times that it was replayed. */
  readonly replays: number;
}

/** All that are held, oldest first in each partition, without their texts. */
export function heldLetters(broker: Broker): Promise<readonly HeldEntry[]> {
  return readHeldLetters(broker, null);
}

/** One of them, with its text. */
export async function heldLetter(broker: Broker, id: string): Promise<HeldEntry> {
  const found = (await readHeldLetters(broker, id))[0];
  if (found !== undefined) return found;
  throw new LettersError("LETTER_UNKNOWN", `no letter "${id}" is held: list them.`);
}

async function readHeldLetters(broker: Broker, only: string | null): Promise<readonly HeldEntry[]> {
  const lease = await broker.lease(READER, { ttlMs: LEASE_MS, waitMs: 2 * LEASE_MS });
  if (lease === null) throw new LettersError("LETTERS_BUSY", "somebody else reads the held letters: try again.");
  try {
    const entries: HeldEntry[] = [];
    for (const topic of HELD_TOPICS) entries.push(...await readTopic(broker, topic, only));
    return entries;
  } finally {
    await lease.release();
  }
}

/** Sends a held letter again, to the group that put it aside; resolves when the broker has it. */
export async function replayLetter(broker: Broker, id: string, node: AsideOptions): Promise<Held> {
  const { held, complete } = await heldLetter(broker, id);
  if (!complete) {
    throw new LettersError("LETTER_INCOMPLETE", `a part of letter "${id}" is gone from its topic: it cannot be sent.`);
  }
  const { key, letter } = again(held);
  await broker.publish(held.topic, key, letter);
  await new Aside(broker, node).note(held);
  return held;
}

function again(held: Held): { readonly key: string; readonly letter: Letter } {
  try {
    const { key, letter: { envelope, body, headers } } = decodeFrame(held.frame);
    // Of the first replay of this copy and of every other: who has seen one takes no second.
    const sender = `${envelope.sender ?? ""}#${held.id}`;
    return {
      key,
      letter: {
        envelope: { ...envelope, sender, sequence: 1 },
        body,
        headers: { ...headers, [REPLAY_FOR]: held.group },
      },
    };
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    throw new LettersError("LETTER_NOT_ONE", `"${held.id}" is no letter and cannot be sent again: ${error.message}`);
  }
}

async function readTopic(broker: Broker, topic: HeldTopic, only: string | null): Promise<readonly HeldEntry[]> {
  const subscription = await broker.subscribe(READER, topic);
  try {
    // Nothing is ever committed, so that everything that is kept is behind.
    const behind = await broker.lag(READER, topic);
    const gathering = new Gathering(topic, only);
    await readAll(subscription, behind.reduce((sum, { behind }) => sum + behind, 0), gathering);
    return gathering.entries;
  } finally {
    await subscription.close();
  }
}

async function readAll(subscription: Subscription, count: number, gathering: Gathering): Promise<void> {
  let read = 0;
  for (let idle = 0; read < count && idle < PATIENCE;) {
    const taken = await subscription.take(TAKE, TAKE_MS);
    idle = taken.length === 0 ? idle + 1 : 0;
    for (const one of taken) {
      read += one.kind === "lost" ? one.count : 1;
      if (one.kind === "letter") gathering.add(one.letter);
    }
  }
  if (read >= count) return;
  throw new LettersError("LETTERS_BUSY", "the held letters could not all be read: is the broker well?");
}

/** Puts parts together, keeping only the text that is asked for. */
class Gathering {
  private readonly found = new Map<string, { held: Held; parts: number; readonly pieces: Map<number, string> }>();
  private readonly replays = new Map<string, number>();

  constructor(private readonly topic: HeldTopic, private readonly only: string | null) {}

  add(letter: Letter): void {
    const part = readHeld(letter);
    if (part === null) return;
    if (part.kind === "replayed") {
      this.replays.set(part.id, (this.replays.get(part.id) ?? 0) + 1);
      return;
    }
    const { held, parts } = part;
    if (this.only !== null && this.only !== held.id) return;
    let entry = this.found.get(held.id);
    // A copy in other parts is a copy of its own.
    if (entry === undefined || entry.parts !== parts) {
      this.found.set(held.id, entry = { held: { ...held, frame: "" }, parts, pieces: new Map() });
    }
    entry.pieces.set(part.part, this.only === null ? "" : held.frame);
  }

  get entries(): readonly HeldEntry[] {
    return [...this.found.values()].map(({ held, parts, pieces }) => {
      const frame = Array.from({ length: parts }, (_, part) => pieces.get(part) ?? "").join("");
      const replays = this.replays.get(held.id) ?? 0;
      return { topic: this.topic, held: { ...held, frame }, complete: pieces.size === parts, replays };
    });
  }
}
