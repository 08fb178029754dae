/** The shapes of what is shown of the controls, held against the node's own types. */
import { z } from "@hono/zod-openapi";
import type * as controls from "../protocol/controls.ts";
import { type Plain, ScopeState } from "./schemas.ts";

const micros = z.number().describe("microseconds since the Unix epoch, node clock");
const units = z.number().describe("money units of 1e-8, everything open counted");
const level = z.union([0, 50, 75, 85, 90, 95].map((percent) => z.literal(percent as controls.UseLevel)))
  .describe("the highest of 50, 75, 85, 90, 95 percent that the use has reached; 0 for none");
const ref = { scope: z.string(), limit: z.string(), instrument: z.string().nullable() };
const value = z.union([z.number(), z.string(), z.null()]);

const LimitUse = z.object({
  ...ref,
  value,
  unit: z.string(),
  used: z.number().nullable().describe("now; null where the gate counts no use"),
  peak: z.number().nullable().describe("most seen since the node started"),
  volume: z.number().nullable().describe("lots the market of the instrument traded since the node started"),
  share: z.number().nullable().describe("used part of the limit, 1 when it is used up; null where it is not counted"),
  level,
  changeable: z.boolean().describe("false for what the configuration alone sets"),
}).openapi("LimitUse");

const ControlScope = z.object({
  name: z.string(),
  kind: z.enum(["firm", "customer", "account", "organism", "instrument"]),
  parent: z.string().nullable(),
  state: ScopeState.nullable().describe("its own; null where a scope has no switch of its own"),
  effective: ScopeState.describe("the strictest of its own, of those above and of the mode"),
  totals: z.object({ openOrders: z.number(), gross: units, netLong: units, netShort: units }).nullable()
    .describe("null for an instrument, which is no node of the tree"),
  limits: z.array(LimitUse),
}).openapi("ControlScope");

const EarlyWarning = z.object({
  ...ref,
  level: z.union([50, 75, 85, 90, 95].map((percent) => z.literal(percent as controls.WarningLevel))),
  used: z.number(),
  value,
  unit: z.string(),
  time: micros,
  at: z.number().describe("wall milliseconds since 1970"),
  text: z.string(),
}).openapi("EarlyWarning");

export const ControlTree = z.object({
  hash: z.string().describe("of the configuration in force"),
  scopes: z.array(ControlScope).describe("parents before their children, instruments last"),
  warnings: z.array(EarlyWarning).describe("newest first"),
}).openapi("ControlTree");

export const RejectSeries = z.object({
  every: micros.describe("length of one step, microseconds of market time"),
  times: z.array(micros).describe("start of each step, ascending, without gaps"),
  codes: z.array(z.object({
    code: z.int(),
    name: z.string(),
    sentence: z.string(),
    total: z.number().describe("since the node started; the sum of its counts"),
    counts: z.array(z.number()).describe("one for each step"),
  })).describe("most refusals first"),
}).openapi("RejectSeries");

export const Refusal = z.object({
  sequence: z.number().describe("the gate's own count of decisions"),
  auditIndex: z.number().describe("index of the decision in the audit log"),
  time: micros,
  orderId: z.number(),
  organism: z.string(),
  instrument: z.string().nullable().describe("null for a command about all of them"),
  code: z.int(),
  codeName: z.string(),
  sentence: z.string(),
  check: z.string().describe("the check that decided, by its name in the gate's list"),
  measured: z.number(),
  limit: z.number(),
  unit: z.enum(["lots", "orders", "money", "ticks", "nanoseconds", "bp", "messages", "trades", ""])
    .describe("of measured and limit; empty where the check measures different things"),
  scope: z.string().describe("whose limit it was"),
}).openapi("Refusal");

const lasting = {
  until: micros.nullable().describe("null: never"),
  state: z.enum(["in-force", "ends-soon", "ended"]).describe("ends-soon: within a week of market time"),
};

export const FactsInForce = z.object({
  time: micros,
  demands: z.array(z.object({
    instrument: z.string().nullable().describe("null: of every order"),
    demands: z.array(z.string()),
  })),
  lists: z.object(lasting).nullable().describe("until when the restricted and borrow lists count; null: not said"),
  mandates: z.array(z.object({ organism: z.string(), venues: z.array(z.number()), ...lasting })),
  restrictions: z.array(z.object({
    scope: z.string(),
    symbol: z.string().nullable(),
    issuer: z.number().nullable(),
    sides: z.enum(["both", "buys", "sells"]),
    list: z.number(),
    ...lasting,
  })),
  locates: z.array(z.object({
    account: z.string(),
    symbol: z.string(),
    quantity: z.number().describe("lots"),
    locate: z.number(),
    ...lasting,
  })),
  latches: z.array(z.object({
    scope: z.string(),
    codeName: z.string(),
    sentence: z.string(),
    since: micros.describe("the first order that was refused for it"),
    refusals: z.number(),
  })).describe("known by what the gate refused for them"),
}).openapi("FactsInForce");

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : never;
type Agrees<S extends z.ZodType, T> = Same<Plain<z.output<S>>, Plain<T>>;

/** Fails to compile when a schema and the node's type differ in any property. */
type Agreement = [
  Agrees<typeof ControlTree, controls.ControlTree>,
  Agrees<typeof RejectSeries, controls.RejectSeries>,
  Agrees<typeof Refusal, controls.Refusal>,
  Agrees<typeof FactsInForce, controls.FactsInForce>,
];
const agreement: Agreement = [true, true, true, true];
void agreement;
