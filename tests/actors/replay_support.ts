/** Builds small captures and books for the tests of replay, and knows the recorded ones. */
import { gzipSync } from "node:zlib";
import type { Instrument } from "../../actors/protocol/mod.ts";
import { CaptureReader, type CaptureSource } from "../../actors/market/replay/reader.ts";
import { CaptureMessage, MessageKind } from "../../actors/market/replay/message.ts";
import { sharedData } from "../data.ts";

export const perpetual: Instrument = {
  id: 0,
  symbol: "BTCUSDT",
  currency: "USDT",
  tick: "0.10",
  lot: "0.001",
  unitsPerTickLot: 10_000,
  makerFee: 200,
  takerFee: 500,
};
/** The recorded spot book holds quantities of six decimals although orders may have five. */
export const spot: Instrument = { ...perpetual, tick: "0.01", lot: "0.000001", unitsPerTickLot: 1 };

const usdmPath = sharedData("binance/usdm_btcusdt_20240808.gz");
const spotPaths = [sharedData("binance/spot_btcusdt_20240808.gz"), sharedData("binance/spot_btcusdt_20240809.gz")];

/** Recordings of the shared data; null where they are absent. */
export const usdmCapture: CaptureSource | null = usdmPath === null
  ? null
  : { files: [usdmPath], instrument: perpetual };
export const spotCapture: CaptureSource | null = spotPaths[0] === null || spotPaths[1] === null
  ? null
  : { files: [spotPaths[0], spotPaths[1]], instrument: spot };

/** Receive time of line `n` of a made capture: one millisecond apart. */
export const START_NANOS = 1_723_161_255_000_000_000n;
export const START = 1_723_161_255_000_000;

export type Pair = readonly [price: string, quantity: string];

export const json = {
  usdmDiff: (U: number, u: number, pu: number, b: readonly Pair[], a: readonly Pair[]) =>
    JSON.stringify({
      stream: "btcusdt@depth@0ms",
      data: { e: "depthUpdate", E: 1, T: 1, s: "BTCUSDT", U, u, pu, b, a },
    }),
  spotDiff: (U: number, u: number, b: readonly Pair[], a: readonly Pair[]) =>
    JSON.stringify({ stream: "btcusdt@depth@100ms", data: { e: "depthUpdate", E: 1, s: "BTCUSDT", U, u, b, a } }),
  snapshot: (lastUpdateId: number, bids: readonly Pair[], asks: readonly Pair[]) =>
    JSON.stringify({ lastUpdateId, bids, asks }),
  trade: (t: number, p: string, q: string, m: boolean, X?: string) =>
    JSON.stringify({
      stream: "btcusdt@trade",
      data: { e: "trade", E: 1, T: 1, s: "BTCUSDT", t, p, q, ...(X === undefined ? {} : { X }), m },
    }),
  top: (u: number, b: string, B: string, a: string, A: string) =>
    JSON.stringify({ stream: "btcusdt@bookTicker", data: { u, s: "BTCUSDT", b, B, a, A } }),
};

/** Lines with receive times one millisecond apart. */
export function lines(messages: readonly string[]): string {
  return messages.map((message, n) => `${START_NANOS + BigInt(n) * 1_000_000n} ${message}\n`).join("");
}

export class Captures {
  readonly #directory = Deno.makeTempDirSync({ prefix: "cwts-capture-" });
  #count = 0;

  /** Writes bytes to a new file. */
  bytes(content: Uint8Array): string {
    const path = `${this.#directory}/${++this.#count}.gz`;
    Deno.writeFileSync(path, content);
    return path;
  }

  /** Writes gzipped text. */
  text(content: string): string {
    return this.bytes(gzipSync(content));
  }

  /** Writes gzipped messages, one millisecond apart. */
  messages(...messages: readonly string[]): string {
    return this.text(lines(messages));
  }

  absent(): string {
    return `${this.#directory}/absent.gz`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

/** Reads a capture to its end and copies what a test compares. */
export async function readMessages(source: CaptureSource): Promise<CaptureMessage[]> {
  const reader = new CaptureReader(source);
  const all: CaptureMessage[] = [];
  await reader.readAll((message) => all.push(copy(message)));
  return all;
}

export function copy(message: CaptureMessage): CaptureMessage {
  const result = Object.assign(new CaptureMessage(), message);
  result.prices = message.prices.slice(0, message.levelCount);
  result.quantities = message.quantities.slice(0, message.levelCount);
  return result;
}

/** The part of a message that means something for its kind. */
export function meaning(message: CaptureMessage): unknown {
  const { kind, line, time, lastId, eventTime } = message;
  const head = { kind, line, time, lastId, eventTime };
  switch (kind) {
    case MessageKind.Diff:
    case MessageKind.Snapshot: {
      const { firstId, previousId, bidCount, levelCount } = message;
      return {
        ...head,
        ...(kind === MessageKind.Diff ? { firstId, previousId } : {}),
        bidCount,
        levelCount,
        prices: [...message.prices.subarray(0, levelCount)],
        quantities: [...message.quantities.subarray(0, levelCount)],
      };
    }
    case MessageKind.Trade:
      return { ...head, price: message.price, quantity: message.quantity, aggressor: message.aggressor };
    case MessageKind.Top: {
      const { bid, bidQuantity, ask, askQuantity } = message;
      return { ...head, bid, bidQuantity, ask, askQuantity };
    }
    default:
      return { ...head, stream: message.stream };
  }
}
