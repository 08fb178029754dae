/**
 * A letter that was put aside: the original text, why, and where it stood. It is kept on one of two topics, in as many
 * letters as its size needs, and found by its id.
 *
 * The id is a function of who put it aside and where it stood, so a copy that was made twice, because the node died between
 * the copy and the commit of the original, is one.
 */
import type { WireEnvelope } from "../message.ts";
import { type Letter, type Position, type Publication } from "../transport/mod.ts";
import { mayPass, type RefusalCode } from "./catalogue.ts";

/** For what a newer version may understand, and for what nobody will. */
export const QUARANTINE = "cwts-quarantine";
export const DEAD_LETTERS = "cwts-dead-letters";
export const HELD_TOPICS = [QUARANTINE, DEAD_LETTERS] as const;
export type HeldTopic = (typeof HELD_TOPICS)[number];

export const heldTopicOf = (code: RefusalCode): HeldTopic => mayPass(code) ? QUARANTINE : DEAD_LETTERS;

/** A replayed letter is for the group that put it aside, and for nobody else who reads its topic. */
export const REPLAY_FOR = "cwts-replay-for";

export interface Held {
  readonly id: string;
  readonly code: RefusalCode;
  readonly why: string;
  /** Who put it aside: the group that reads the topic, and the node that did it. */
  readonly group: string;
  readonly node: string;
  /** Where the original stands, or stood. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Times that it was handed to its handler. */
  readonly attempts: number;
  /** What stands there, as it was read. */
  readonly frame: string;
}

/** What a letter on a topic of held ones says. */
export type HeldPart =
  | { readonly kind: "part"; readonly part: number; readonly parts: number; readonly held: Held }
  /** It was replayed. */
  | { readonly kind: "replayed"; readonly id: string; readonly node: string };

const SCHEMA = { id: "cwts.held-letter", version: 1 };

export const heldId = (group: string, topic: string, { partition, offset }: Position): string =>
  `${group}.${topic}.${partition}.${offset}`;

interface Sender {
  readonly node: string;
  readonly epoch: number;
  next(): number;
}

function envelope({ node, epoch, next }: Sender): WireEnvelope {
  const n = next();
  return { node, epoch, sender: "/border", sequence: n, id: n, cause: 0, root: n, deadline: Infinity, schema: SCHEMA };
}

/** The letters of a held one, in `parts`; all of one key, so that they keep their order. */
export function writeHeld(held: Held, parts: number, sender: Sender): readonly Publication[] {
  const { frame, ...rest } = held;
  return pieces(frame, parts).map((piece, part) => {
    // The piece as it is, so that it does not grow by being quoted.
    const body = `${JSON.stringify({ ...rest, part, parts })}\n${piece}`;
    return { key: held.topic, letter: { envelope: envelope(sender), body } };
  });
}

export function writeReplayed(held: Held, sender: Sender): Publication {
  const body = JSON.stringify({ id: held.id, node: sender.node, replayed: true });
  return { key: held.topic, letter: { envelope: envelope(sender), body: `${body}\n` } };
}

/** Null for what is no held letter. */
export function readHeld({ envelope: { schema }, body }: Letter): HeldPart | null {
  if (schema?.id !== SCHEMA.id || schema.version !== SCHEMA.version) return null;
  const end = body.indexOf("\n");
  try {
    const { part, parts, replayed, ...rest } = JSON.parse(body.slice(0, end));
    if (replayed === true) return { kind: "replayed", id: rest.id, node: rest.node };
    return { kind: "part", part, parts, held: { ...rest, frame: body.slice(end + 1) } };
  } catch {
    return null;
  }
}

/** Never between the halves of one character, which would not come through alone. */
function pieces(text: string, count: number): readonly string[] {
  const size = Math.ceil(text.length / count);
  const cut: string[] = [];
  let from = 0;
  for (let n = 1; n <= count; n++) {
    let to = n === count ? text.length : Math.max(from, Math.min(text.length, n * size));
    if (to < text.length && to > from && isHighHalf(text.charCodeAt(to - 1))) to--;
    cut.push(text.slice(from, to));
    from = to;
  }
  return cut;
}

const isHighHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
