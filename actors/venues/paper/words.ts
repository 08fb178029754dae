/**
 * What a node and the paper exchange say to each other: one JSON object a line over TCP, checked on both sides.
 *
 * A node asks with a number of its own and is answered with it; what the exchange tells unasked has none. Prices in ticks,
 * quantities in lots, times in microseconds since the Unix epoch. Native records travel as Base64.
 */
import { z } from "zod";

/** Longest line either side takes, characters. */
export const LONGEST_LINE = 1 << 20;
/** Most orders, executions or ids in one page. */
export const PAGE = 1_000;

const whole = z.int().min(0);
const above0 = z.int().min(1);
const owner = z.int().min(1).max(0xffff_ffff);
const instrument = z.int().min(0).max(0xffff);
const records = z.base64().max(LONGEST_LINE);
const lots = z.int();
const rung = z.tuple([above0, above0]);

/** From a node. `id` numbers its questions, from 1. */
export const askSchema = z.discriminatedUnion("ask", [
  z.strictObject({
    ask: z.literal("hello"),
    id: above0,
    token: z.string().max(200),
    /** Of the node's run; the latest is the only one that may enter anything. */
    session: above0,
    /** Own executions up to this number are known; those behind are told again. */
    after: whole,
    cancelOnDisconnect: z.boolean(),
    /** Whether to be told of executions and prices from now on. */
    stream: z.boolean(),
  }),
  z.strictObject({ ask: z.literal("enter"), id: above0, sequence: above0, records }),
  z.strictObject({ ask: z.literal("withdraw"), id: above0, owner, instrument }),
  z.strictObject({ ask: z.literal("open"), id: above0, after: whole }),
  z.strictObject({ ask: z.literal("executions"), id: above0, after: whole }),
  z.strictObject({ ask: z.literal("positions"), id: above0 }),
  z.strictObject({ ask: z.literal("seen"), id: above0, session: above0, orders: z.array(above0).max(PAGE) }),
]);
export type Ask = z.infer<typeof askSchema>;

const openOrder = z.strictObject({
  orderId: above0,
  session: above0,
  owner,
  instrument,
  side: z.union([z.literal(0), z.literal(1)]),
  price: whole,
  total: above0,
  leaves: above0,
});
/** An open order as the exchange has it. */
export type VenueOrder = z.infer<typeof openOrder>;

const position = z.strictObject({ owner, instrument, lots, price: whole });
/** What an owner holds, and the average price of it in ticks. */
export type VenuePosition = z.infer<typeof position>;

const answered = { id: above0, asOf: whole };
const book = z.strictObject({ instrument, bids: z.array(rung).max(64), asks: z.array(rung).max(64) });
const print = z.strictObject({
  instrument,
  price: above0,
  quantity: above0,
  aggressor: z.union([z.literal(0), z.literal(1)]),
  time: whole,
});

/** From the exchange. `asOf` is the number of the last execution that the answer knows of. */
export const answerSchema = z.discriminatedUnion("answer", [
  z.strictObject({
    answer: z.literal("hello"),
    ...answered,
    /** Names the journal: another name is another exchange, or one that has lost its memory. */
    journal: z.string().min(1).max(100),
    /** Number of the last batch of this session that was entered. */
    entered: whole,
    /** Symbols in the order of their ids. */
    instruments: z.array(z.string()).max(128),
  }),
  z.strictObject({ answer: z.literal("entered"), ...answered, sequence: above0 }),
  z.strictObject({ answer: z.literal("withdrawn"), ...answered }),
  z.strictObject({
    answer: z.literal("open"),
    ...answered,
    orders: z.array(openOrder).max(PAGE),
    next: above0.nullable(),
  }),
  z.strictObject({ answer: z.literal("executions"), ...answered, records, count: whole, next: above0.nullable() }),
  z.strictObject({ answer: z.literal("positions"), ...answered, positions: z.array(position).max(128 * 128) }),
  z.strictObject({ answer: z.literal("seen"), ...answered, orders: z.array(above0).max(PAGE) }),
  z.strictObject({
    answer: z.literal("refused"),
    id: whole,
    code: z.string().max(100),
    sentence: z.string().max(1_000),
  }),
  z.strictObject({ answer: z.literal("told"), records, count: above0 }),
  z.strictObject({
    answer: z.literal("market"),
    time: whole,
    books: z.array(book).max(128),
    prints: z.array(print).max(10_000),
  }),
]);
export type Answer = z.infer<typeof answerSchema>;
/** The answer of that name. */
export type AnswerOf<K extends Answer["answer"]> = Extract<Answer, { readonly answer: K }>;

/** Cuts a stream of bytes into lines; throws when one is longer than anybody sends. */
export async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split("\n");
    rest = parts.pop()!;
    for (const part of parts) yield within(part);
    within(rest);
  }
}

function within(line: string): string {
  if (line.length > LONGEST_LINE) throw new RangeError(`a line of more than ${LONGEST_LINE} characters`);
  return line;
}
