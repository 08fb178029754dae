/**
 * The words of shards at the border: what stands on a topic may come from anybody, so nothing is believed before it fits its
 * schema to the last key.
 */
import { z } from "zod";
import { encode, type MessageEnvelope, type WireEnvelope } from "../../runtime/mod.ts";
import { Catalogue, defineMessage, type MessageDef } from "../../runtime/remote/mod.ts";
import type { Letter } from "../../runtime/transport/mod.ts";
import { EXECUTION_TYPES, type ToGateway, type ToHolder } from "../protocol/mod.ts";

const whole = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const signed = z.int();
const small = z.int().min(0).max(65_535);
const side = z.literal([0, 1]);
const text = z.string().max(2_000);
const MOST_EVENTS = 10_000;

const wish = { strategy: small, cause: whole };
const holderWord = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ShardAttach"), config: text, orders: z.array(whole).max(MOST_EVENTS) }),
  z.strictObject({ kind: z.literal("ShardBeat") }),
  z.strictObject({ kind: z.literal("ShardLeft") }),
  z.strictObject({
    kind: z.literal("SubmitOrder"),
    ...wish,
    orderId: whole.min(1),
    instrument: small,
    side,
    orderType: z.literal([0, 1, 2, 3]),
    tif: z.literal([0, 1, 2, 3, 4]),
    price: whole,
    quantity: whole,
    postOnly: z.boolean(),
    reduceOnly: z.boolean(),
    trigger: whole.optional(),
    expires: whole.optional(),
    display: whole.optional(),
    selfTrade: z.literal([0, 1, 2, 3, 4]).optional(),
  }),
  z.strictObject({ kind: z.literal("CancelOrder"), ...wish, instrument: small, target: whole }),
  z.strictObject({
    kind: z.literal("AmendOrder"),
    ...wish,
    instrument: small,
    target: whole,
    side,
    price: whole,
    quantity: whole,
  }),
  z.strictObject({ kind: z.literal("CancelAll"), ...wish }),
]);

const top = { instrument: small, time: whole };
const marketEvent = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("BookTop"),
    ...top,
    bid: whole,
    bidQuantity: whole,
    ask: whole,
    askQuantity: whole,
  }),
  z.strictObject({ kind: z.literal("TradePrint"), ...top, price: whole, quantity: whole, aggressor: side }),
  z.strictObject({
    kind: z.literal("Bar"),
    ...top,
    open: whole,
    high: whole,
    low: whole,
    close: whole,
    volume: z.number().min(0),
  }),
]);

const notice = { strategy: small, instrument: small, scope: text, reason: text, time: whole };
const seatWord = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ShardAttached") }),
  z.strictObject({ kind: z.literal("ShardBeat") }),
  z.strictObject({ kind: z.literal("ShardAgain"), reason: text }),
  z.strictObject({ kind: z.literal("ShardFenced"), epoch: whole }),
  z.strictObject({ kind: z.literal("ShardRefused"), code: z.literal("CONFIG_MISMATCH"), reason: text }),
  z.strictObject({
    kind: z.literal("ExecutionReport"),
    type: z.enum(EXECUTION_TYPES),
    orderId: whole,
    strategy: small,
    instrument: small,
    side,
    price: whole,
    quantity: whole,
    leaves: whole,
    liquidity: z.enum(["none", "maker", "taker"]),
    code: whole,
    fee: signed,
    time: whole,
    position: signed,
  }),
  z.strictObject({
    kind: z.literal("PositionSnapshot"),
    strategy: small,
    positions: z.array(z.tuple([small, signed])).max(MOST_EVENTS),
    undecided: z.array(whole).max(MOST_EVENTS).optional(),
    changes: z.array(z.tuple([whole, whole])).max(MOST_EVENTS).optional(),
  }),
  z.strictObject({ kind: z.literal("GuardianReady") }),
  z.strictObject({
    kind: z.literal("TradingHalted"),
    ...notice,
    state: z.enum(["REDUCE_ONLY", "CANCEL_ONLY", "KILLED"]),
    flattening: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("TradingResumed"), ...notice }),
  z.strictObject({
    kind: z.literal("MarketData"),
    events: z.array(marketEvent).max(MOST_EVENTS),
    first: whole.optional(),
  }),
  z.strictObject({
    kind: z.literal("MarketStatus"),
    instrument: small,
    status: z.enum(["live", "resyncing", "stale", "ended"]),
    detail: text,
    time: whole,
  }),
]);

/** From a holder to the gateway. */
export const TO_GATEWAY: MessageDef<ToGateway> = defineMessage({
  id: "cwts.to-gateway",
  version: 1,
  schema: z.strictObject({ to: whole, word: holderWord }) as z.ZodType<ToGateway>,
});
/** From a seat to the holder of its shard. */
export const TO_HOLDER: MessageDef<ToHolder> = defineMessage({
  id: "cwts.to-holder",
  version: 1,
  schema: z.strictObject({ to: whole, word: seatWord }) as z.ZodType<ToHolder>,
});
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
