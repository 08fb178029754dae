/** The REST shapes of what is known after trade, checked here against the node's own types. */
import { z } from "@hono/zod-openapi";
import { EXECUTION_TYPES } from "../protocol/executions.ts";
import type * as postTrade from "../protocol/post_trade.ts";
import type { Plain } from "./schemas.ts";

const micros = z.int().describe("microseconds since the Unix epoch, node clock");
const count = z.number().nonnegative();
const wall = (what: string) =>
  z.number().describe(`wall microseconds from on record to delivered, by the stopwatch: ${what}`);

export const Execution = z.object({
  number: z.int().describe("from 1, without a gap, as it went on record"),
  venue: z.string(),
  venueSequence: z.number().describe("the venue's own number of it"),
  type: z.enum(EXECUTION_TYPES),
  orderId: z.number(),
  organism: z.string(),
  instrument: z.string(),
  side: z.enum(["buy", "sell"]),
  price: z.number().describe("ticks"),
  quantity: z.number().describe("lots"),
  leaves: z.number().describe("lots still open"),
  liquidity: z.enum(["none", "maker", "taker"]),
  code: z.number(),
  time: micros,
  deliveredMicros: wall("this one"),
}).openapi("Execution");

export const ExecutionPage = z.object({
  items: z.array(Execution).describe("oldest first"),
  oldest: z.int().describe("oldest number at hand; 0 while there is none"),
  newest: z.int(),
  missed: z.int().describe("reports after the number asked for that are not at hand any more: the audit log has them"),
}).openapi("ExecutionPage");

const Feed = z.object({
  delivered: count,
  newest: count,
  behind: z.number().describe("batches on record that were not delivered"),
  gaps: count.describe("gaps seen, each asked about"),
  lost: count.describe("reports that the audit log alone has"),
  latency: z.object({ p50Micros: wall("median"), p99Micros: wall("p99"), maxMicros: wall("longest") }),
}).openapi("ExecutionFeed");

export const Reconciliation = z.object({
  compared: count,
  last: micros,
  found: count.describe("differences found since the node started"),
  open: z.array(z.object({ id: z.string(), detail: z.string(), since: micros, tolerated: z.boolean() })),
  repeated: count.describe("reports that the venue told twice"),
}).openapi("Reconciliation");

export const PostTrade = z.object({
  feed: Feed,
  reconciliation: Reconciliation,
  credit: z.array(z.object({
    scope: z.string(),
    exposure: z.number().describe("units of 1e-8: value of what is held and open, as executions say"),
    limit: z.number().describe("units of 1e-8: credit, or capital where none is given"),
    warned: z.number().describe("percent of the warning that stands; 0 for none"),
  })),
  alerts: z.array(z.object({ time: micros, alert: z.string(), text: z.string() })).describe("newest first"),
}).openapi("PostTrade");

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : never;
type Agrees<S extends z.ZodType, T> = Same<Plain<z.output<S>>, Plain<T>>;
const agreement: [
  Agrees<typeof ExecutionPage, postTrade.ExecutionPage>,
  Agrees<typeof PostTrade, postTrade.PostTradeView>,
  Agrees<typeof Reconciliation, postTrade.ReconciliationView>,
] = [true, true, true];
void agreement;
