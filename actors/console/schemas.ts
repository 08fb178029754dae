/**
 * The REST shapes as zod schemas: the source of `/openapi.json`, and checked here against the node's own types, so that
 * the published contract cannot drift from what the node hands out.
 */
import { z } from "@hono/zod-openapi";
import { REARM_CAUSES, type RearmOutcome, type RearmView } from "../protocol/rearm.ts";
import type * as view from "../protocol/view.ts";
import type * as control from "../protocol/control.ts";
import type * as crashes from "../protocol/crashes.ts";
import type * as market from "../protocol/market.ts";
import { Crash, CrashSummary } from "./crash_schemas.ts";

const micros = z.int().describe("microseconds since the Unix epoch, node clock");
const money = z.number().describe("units of 1e-8 of the quote currency");
const count = z.number().nonnegative();

export const SystemMode = z.enum(["FullPerformance", "SafeMode", "EmergencyShutdown"]).openapi("SystemMode");
export const ScopeState = z.enum(["ACTIVE", "REDUCE_ONLY", "CANCEL_ONLY", "KILLED"]).openapi("ScopeState");

export const Actor = z.object({
  path: z.string(),
  type: z.string(),
  parent: z.string().nullable(),
  state: z.enum(["running", "busy", "suspended", "restarting", "stopped"]),
  strategy: z.string().nullable().describe("restart strategy; set for supervisors"),
  mailbox: count.describe("messages waiting"),
  mailboxCapacity: count,
  handled: count,
  restarts: count,
  lastExit: z.string().nullable(),
}).openapi("Actor");

const level = z.tuple([z.number().describe("ticks"), z.number().describe("lots")]);

export const Depth = z.object({
  instrument: z.int(),
  time: micros,
  bids: z.array(level).describe("best first"),
  asks: z.array(level).describe("best first"),
}).openapi("Depth");

export const Instrument = z.object({
  id: z.int(),
  symbol: z.string(),
  currency: z.string(),
  tick: z.string().describe("size of one tick in the quote currency, a decimal"),
  lot: z.string().describe("size of one lot in the base asset, a decimal"),
  last: z.number().describe("ticks; 0 before the first trade"),
  depth: Depth,
  trades: count,
  volume: z.number().describe("lots"),
  status: z.string(),
}).openapi("Instrument");

export const Position = z.object({
  instrument: z.string(),
  quantity: z.number().describe("lots, negative when short"),
  averagePrice: z.number().describe("ticks"),
}).openapi("Position");

export const Organism = z.object({
  id: z.string(),
  species: z.string(),
  strategy: z.int(),
  state: ScopeState,
  realised: money,
  unrealised: money,
  fees: money,
  curve: z.array(z.tuple([micros, money])).describe("[time, realised + unrealised - fees], oldest first"),
  positions: z.array(Position),
  openOrders: count,
  inspect: z.unknown(),
}).openapi("Organism");

export const Order = z.object({
  orderId: z.int(),
  organism: z.string(),
  instrument: z.string(),
  side: z.enum(["buy", "sell"]),
  type: z.enum(["limit", "market", "stop", "stop-limit"]),
  tif: z.enum(["GTC", "IOC", "FOK", "DAY", "GTD"]),
  price: z.number().describe("ticks; 0 for a market order; the trigger of a waiting stop"),
  quantity: z.number().describe("lots"),
  filled: z.number().describe("lots"),
  status: z.enum(["pending", "open", "filled", "canceled", "expired", "rejected"]),
  code: z.int().describe("0, or the stable code of the reject"),
  codeName: z.string(),
  reason: z.string(),
  time: micros,
}).openapi("Order");

export const Gate = z.object({
  decisions: count,
  accepted: count,
  rejected: z.record(z.string(), count).describe("by code name"),
}).openapi("Gate");

export const Latency = z.object({
  count: count,
  p50Micros: count,
  p99Micros: count,
  p9999Micros: count,
  maxMicros: count,
  buckets: z.array(z.tuple([z.number().describe("upper bound, microseconds"), count])).describe("ascending"),
}).openapi("Latency");

export const Scope = z.object({ name: z.string(), state: ScopeState }).openapi("Scope");

const Sink = z.object({
  sink: z.enum(["replica", "topic"]),
  where: z.string(),
  records: count.describe("of this run, that it has"),
  bytes: count,
  checkedRecords: count.describe("compared with a signed checkpoint last"),
  checkedRoot: z.string().describe("their root, hexadecimal"),
  behindSeconds: count.describe("whole seconds since it had everything"),
  waitingRuns: count.describe("earlier runs that are not compared yet"),
  fault: z.object({ code: z.string(), sentence: z.string() }).nullable(),
}).openapi("AuditSink");

const Attestation = z.object({
  by: z.enum(["tsa", "witness"]),
  where: z.string(),
  records: count.describe("of this run, vouched for last"),
  fault: z.object({ code: z.string(), sentence: z.string() }).nullable(),
}).openapi("Attestation");

export const Audit = z.object({
  records: count,
  durable: count,
  root: z.string().describe("root of the tree over the records (RFC 6962), hexadecimal"),
  chain: z.string().describe("head of the chain of sealed groups, hexadecimal"),
  durability: z.string(),
  sinks: z.array(Sink).readonly().describe("copies of the log elsewhere"),
  attestations: z.array(Attestation).readonly().describe("others who vouch for the log"),
}).openapi("Audit");

export const Messages = z.object({
  enqueued: count,
  handled: count,
  rejected: count,
  dropped: count,
  expired: count,
  dead: count,
  inFlight: count,
  unexplained: z.number(),
}).openapi("Messages");

export const Crashes = z.object({
  total: count.describe("since the node started"),
  changes: count.describe("raised by every crash and every decision about one"),
}).openapi("Crashes");

export const Controls = z.object({
  changes: count.describe("raised by every change of limits, of what waits, and by every early warning"),
}).openapi("Controls");

export const Concern = z.object({ id: z.string(), detail: z.string(), demands: z.string() }).openapi("Concern");

export const CircuitBreaker = z.object({
  name: z.string(),
  state: z.enum(["closed", "open", "half-open"]),
  reason: z.string(),
  opened: count.describe("openings since the node started"),
  refused: count.describe("calls refused since then"),
  opensUntil: micros.nullable().describe("when an open one lets a probe through"),
}).openapi("CircuitBreaker");

export const KillReport = z.object({
  scope: z.string(),
  state: ScopeState,
  epoch: count,
  cancelled: count.describe("resting orders cancelled"),
  unknown: count.describe("orders whose end is not known yet"),
  gateShutNanos: z.number().describe("wall nanoseconds from the request to the gate being shut"),
  confirmedNanos: z.number().describe("wall nanoseconds from the request to the last confirmed cancel"),
  gateSequence: z.number().describe("no decision numbered above this may accept"),
  elsewhere: z.object({
    acknowledged: z.array(z.string()).readonly().describe("nodes that have said that they are shut"),
    silent: z.array(z.string()).readonly().describe("nodes that have not said so in time"),
    failed: z.array(z.string()).readonly().describe("brokers that did not take the kill, and why"),
  }).optional().describe("what became of it on the other nodes of the cluster"),
}).openapi("KillReport");

export const Node = z.object({
  version: z.string(),
  seed: z.number(),
  feed: z.string(),
  speed: z.union([z.number(), z.literal("max")]),
  startedWall: z.string(),
  uptimeSeconds: z.number(),
  time: micros,
  mode: SystemMode,
  concerns: z.array(Concern),
  breakers: z.array(CircuitBreaker),
  audit: Audit,
  messages: Messages,
  crashes: Crashes,
  controls: Controls,
  lastKill: KillReport.nullable(),
}).openapi("Node");

export const Snapshot = Node.extend({
  scopes: z.array(Scope),
  actors: z.array(Actor),
  instruments: z.array(Instrument),
  organisms: z.array(Organism),
  gate: Gate,
  latency: Latency,
}).openapi("Snapshot");

const reason = z.string().trim().min(1, "say why, in a few words").max(200)
  .regex(/^[^\p{Cc}]*$/u, "must not contain control characters").describe("recorded in the audit log");
const scope = z.string().min(1).max(64).describe('"firm", "organism:<id>" or "instrument:<symbol>"');

export const KillRequest = z.strictObject({
  scope,
  reason,
  state: z.enum(["REDUCE_ONLY", "CANCEL_ONLY", "KILLED"]).default("KILLED").describe(
    "what the scope becomes, at least",
  ),
}).openapi("KillRequest");

export const RearmRequest = z.strictObject({
  scope,
  reason,
  cause: z.enum(REARM_CAUSES).default("other").describe('why it may be opened; "other" is explained by the reason'),
}).openapi("RearmRequest");
export const RearmApproval = z.strictObject({ digest: z.string().min(1).max(64) }).openapi("RearmApproval");
export const RearmWithdrawal = z.strictObject({ reason }).openapi("RearmWithdrawal");
export const Rearms = z.object({
  quietMs: z.number().describe("how long a scope stays REDUCE_ONLY before it may become ACTIVE"),
  pending: z.array(z.object({
    id: z.int(),
    scope: z.string(),
    from: ScopeState,
    to: ScopeState,
    cause: z.enum(REARM_CAUSES),
    reason: z.string(),
    person: z.string(),
    role: z.string(),
    at: z.number().describe("wall milliseconds since 1970"),
    digest: z.string().describe("names exactly this proposal, for its approval"),
  })).describe("what waits for a second person"),
}).openapi("Rearms");
export const Rearmed = z.object({
  scope: z.string(),
  state: ScopeState.describe("as it is now"),
  proposal: z.object({ id: z.int(), digest: z.string() }).nullable().describe("what waits for a second person"),
}).openapi("Rearmed");

/** The same data, readonly all the way down. */
export type Plain<T> = T extends readonly unknown[] ? { readonly [K in keyof T]: Plain<T[K]> }
  : T extends object ? { readonly [K in keyof T]: Plain<T[K]> }
  : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : never;
type Agrees<S extends z.ZodType, T> = Same<Plain<z.output<S>>, Plain<T>>;

/** Fails to compile when a schema and the node's type differ in any property. */
type Agreement = [
  Agrees<typeof Snapshot, view.NodeSnapshot>,
  Agrees<typeof Order, view.OrderView>,
  Agrees<typeof Depth, market.Depth>,
  Agrees<typeof KillReport, control.KillReport>,
  Agrees<typeof CrashSummary, crashes.CrashSummary>,
  Agrees<typeof Crash, crashes.CrashView>,
  Agrees<typeof SystemMode, control.SystemMode>,
  Agrees<typeof ScopeState, control.ScopeStateName>,
  Agrees<typeof Rearms, RearmView>,
  Agrees<typeof Rearmed, RearmOutcome>,
];
const agreement: Agreement = [true, true, true, true, true, true, true, true, true, true];
void agreement;

/** Hands a node's readonly data to a handler that promises the schema's type; it is only serialised, never changed. */
export function answering<S extends z.ZodType>(_schema: S, value: Plain<z.output<S>>): z.output<S> {
  return value as z.output<S>;
}
