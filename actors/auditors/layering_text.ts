/** A pattern of layering in words and figures, for the alert and the record. */
import type { Instrument } from "../protocol/mod.ts";
import type { Pattern } from "./layering.ts";

/** Sentence and evidence. `scope` keeps alerts of different accounts and instruments apart. */
export function layeringFound(
  { owner, count, times, latest }: Pattern,
  instrument: Instrument | undefined,
): [text: string, evidence: Readonly<Record<string, unknown>>] {
  const symbol = instrument?.symbol ?? "an unknown instrument";
  const { side, lots, prices, executed } = latest[latest.length - 1];
  const text = `account ${owner} in ${symbol}: ${count} times a day, orders to ${side} were cancelled after an ` +
    `execution on the other side, lately ${lots} lots at ${prices} prices after ${executed} executed`;
  return [text, { scope: `account:${owner}:${symbol}`, count, times, episodes: latest }];
}
