/**
 * Reads any line of a capture, or says what is wrong with it.
 *
 * The complete counterpart of `scan.ts`: JSON.parse, zod, exact decimals with BigInt. It sees the rare lines (the
 * snapshot, unknown streams) and the wrong ones, so it may take its time and be clear.
 */
import { z } from "zod";
import { UserError } from "../../../config/errors.ts";
import { DecimalError, type Instrument, toLots, toTicks } from "../../protocol/mod.ts";
import { type CaptureMessage, MessageKind, NO_PREVIOUS } from "./message.ts";

const id = z.number().int().nonnegative();
const decimal = z.string();
const levels = z.array(z.tuple([decimal, decimal]));

const depthUpdate = z.object({
  e: z.literal("depthUpdate"),
  E: id,
  s: z.string(),
  U: id,
  u: id,
  pu: id.optional(),
  b: levels,
  a: levels,
});
const trade = z.object({
  e: z.literal("trade"),
  E: id,
  s: z.string(),
  t: id,
  p: decimal,
  q: decimal,
  m: z.boolean(),
  X: z.string().optional(),
});
const bookTicker = z.object({
  e: z.literal("bookTicker").optional(),
  E: id.optional(),
  s: z.string(),
  u: id,
  b: decimal,
  B: decimal,
  a: decimal,
  A: decimal,
});
const snapshot = z.object({ lastUpdateId: id, bids: levels, asks: levels });

/** Where a line stands, for messages to people. */
export type Place = () => string;

const STREAM_KIND = /^[^@]*@(depth|bookTicker|trade)(@[^@]*)?$/;
const SHOWN = 120;

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string, place: Place): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UserError(
    "CAPTURE_MESSAGE",
    `${place()}: the ${what} is not as Binance sends it (${
      issue.path.join(".") || "message"
    }: ${issue.message}): remove the line or record the capture again.`,
  );
}

function ticks(instrument: Instrument, text: string, place: Place): number {
  return steps(() => toTicks(instrument, text), 1, text, "price", "tick", instrument.tick, place);
}

function lots(instrument: Instrument, text: string, least: 0 | 1, place: Place): number {
  return steps(() => toLots(instrument, text), least, text, "quantity", "lot", instrument.lot, place);
}

function steps(
  read: () => number,
  least: 0 | 1,
  text: string,
  what: string,
  unit: "tick" | "lot",
  step: string,
  place: Place,
): number {
  let value: number;
  try {
    value = read();
  } catch (error) {
    if (!(error instanceof DecimalError)) throw error;
    if (error.code !== "off-tick" && error.code !== "off-lot") {
      throw new UserError(
        "CAPTURE_MESSAGE",
        `${place()}: the ${what} "${text}" is not a usable decimal: remove the line or record the capture again.`,
      );
    }
    throw new UserError(
      unit === "tick" ? "CAPTURE_OFF_TICK" : "CAPTURE_OFF_LOT",
      `${place()}: the ${what} "${text}" is not a multiple of the configured ${unit} of ${step}: configure a ${unit} ` +
        `that divides it, for example ${finest(text)}.`,
    );
  }
  if (value < least) {
    throw new UserError(
      "CAPTURE_MESSAGE",
      `${place()}: the ${what} "${text}" is ${
        least === 1 ? "not above zero" : "below zero"
      }: remove the line or record the capture again.`,
    );
  }
  return value;
}

/** One unit of the last decimal that counts: "0.00250" gives "0.0001". */
function finest(text: string): string {
  const decimals = text.split(".")[1]?.replace(/0+$/, "").length ?? 0;
  return decimals === 0 ? "1" : `0.${"1".padStart(decimals, "0")}`;
}

function fillLevels(
  out: CaptureMessage,
  bids: readonly (readonly [string, string])[],
  asks: readonly (readonly [string, string])[],
  instrument: Instrument,
  place: Place,
): void {
  out.bidCount = bids.length;
  out.levelCount = bids.length + asks.length;
  while (out.prices.length < out.levelCount) out.grow();
  let at = 0;
  for (const side of [bids, asks]) {
    for (const [price, quantity] of side) {
      out.prices[at] = ticks(instrument, price, place);
      out.quantities[at] = lots(instrument, quantity, 0, place);
      at++;
    }
  }
}

/**
 * Fills `out` from one line's JSON. Throws UserError: CAPTURE_JSON, CAPTURE_MESSAGE, CAPTURE_SYMBOL, CAPTURE_OFF_TICK,
 * CAPTURE_OFF_LOT. `symbol` is the recorded symbol, `instrument` gives tick and lot.
 */
export function decode(text: string, symbol: string, instrument: Instrument, out: CaptureMessage, place: Place): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
    throw new UserError(
      "CAPTURE_JSON",
      `${place()}: what follows the timestamp is not JSON (${shown}): remove the line or record the capture again.`,
    );
  }
  const line = checked(z.record(z.string(), z.unknown()), value, "message", place);
  out.stream = "";
  out.eventTime = 0;
  if ("lastUpdateId" in line) {
    const book = checked(snapshot, line, "REST snapshot", place);
    out.kind = MessageKind.Snapshot;
    out.lastId = book.lastUpdateId;
    fillLevels(out, book.bids, book.asks, instrument, place);
    return;
  }
  const stream = typeof line.stream === "string" ? line.stream : "(no stream)";
  const kind = STREAM_KIND.exec(stream)?.[1];
  if (kind === undefined) {
    out.kind = MessageKind.Unknown;
    out.stream = stream;
    return;
  }
  const sameSymbol = (found: string) => {
    if (found === symbol) return;
    throw new UserError(
      "CAPTURE_SYMBOL",
      `${place()}: the message is about ${found}, but the capture is configured as ${symbol}: ` +
        `give the file to the instrument it was recorded for.`,
    );
  };
  if (kind === "depth") {
    const data = checked(depthUpdate, line.data, "depthUpdate", place);
    sameSymbol(data.s);
    out.kind = MessageKind.Diff;
    out.eventTime = data.E;
    out.firstId = data.U;
    out.lastId = data.u;
    out.previousId = data.pu ?? NO_PREVIOUS;
    fillLevels(out, data.b, data.a, instrument, place);
  } else if (kind === "trade") {
    const data = checked(trade, line.data, "trade", place);
    sameSymbol(data.s);
    out.eventTime = data.E;
    out.lastId = data.t;
    // Insurance fund and auto-deleveraging trades do not meet the book, and may carry a price of zero.
    out.kind = data.X === undefined || data.X === "MARKET" ? MessageKind.Trade : MessageKind.OffBook;
    if (out.kind === MessageKind.OffBook) return;
    out.price = ticks(instrument, data.p, place);
    out.quantity = lots(instrument, data.q, 1, place);
    out.aggressor = data.m ? 1 : 0;
  } else {
    const data = checked(bookTicker, line.data, "bookTicker", place);
    sameSymbol(data.s);
    out.kind = MessageKind.Top;
    out.eventTime = data.E ?? 0;
    out.lastId = data.u;
    out.bid = ticks(instrument, data.b, place);
    out.bidQuantity = lots(instrument, data.B, 1, place);
    out.ask = ticks(instrument, data.a, place);
    out.askQuantity = lots(instrument, data.A, 1, place);
  }
}
