/** Words of shards as letters, and back. */
import { encode, type MessageEnvelope, type WireEnvelope } from "../../runtime/mod.ts";
import { Catalogue, type MessageDef } from "../../runtime/remote/mod.ts";
import type { Letter } from "../../runtime/transport/mod.ts";
import { TO_GATEWAY, TO_HOLDER, type ToGateway, type ToHolder } from "../protocol/mod.ts";

const CATALOGUE = new Catalogue([TO_GATEWAY, TO_HOLDER]);

/** What stands on a topic and is no word of this kind. */
export class WordError extends Error {
  override readonly name = "WordError";
  readonly code = "WORD_BAD";
}

/** A letter that is none is refused, never kept for another day: an order that is replayed later is another order. */
function read<M>(def: MessageDef<M>, letter: Letter): M {
  const reading = CATALOGUE.read(letter);
  if (!reading.ok) {
    throw new WordError(`a letter of ${letter.envelope.node} is refused (${reading.code}): ${reading.why}`);
  }
  if (reading.def === def) return reading.message as M;
  throw new WordError(`a letter of ${letter.envelope.node} is refused: "${reading.def.id}" is not for this topic.`);
}

/** Throws WordError for anything that no holder says. */
export const readHolderWord = (letter: Letter): ToGateway => read(TO_GATEWAY, letter);
/** Throws WordError for anything that no seat says. */
export const readSeatWord = (letter: Letter): ToHolder => read(TO_HOLDER, letter);

/** Where a letter of a shard comes from: its node, the epoch it speaks under, and its number. */
export interface Sender {
  readonly node: string;
  readonly epoch: number;
  readonly path: string;
  readonly sequence: number;
}

/** `cause`: the message whose handling says this; null outside of one. */
export function letterOf(
  { node, epoch, path, sequence }: Sender,
  def: MessageDef<ToGateway> | MessageDef<ToHolder>,
  word: ToGateway | ToHolder,
  cause: MessageEnvelope | null,
): Letter {
  const envelope: WireEnvelope = {
    node,
    epoch,
    sender: path,
    sequence,
    id: cause?.id ?? 0,
    cause: cause?.cause ?? 0,
    root: cause?.root ?? 0,
    deadline: Infinity,
    schema: { id: def.id, version: def.version },
  };
  return { envelope, body: encode(word) };
}
