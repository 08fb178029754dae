/**
 * The one description of everything that can be configured: every key with its default, its unit and its reason.
 *
 * Names are camelCase here, snake_case in files, and `CWTS_SECTION_KEY` in the environment. `config schema` prints this
 * page as JSON Schema, `config show` prints the values in force and where each came from.
 */
import { z } from "zod";
import { alertsSchema } from "./alerts.ts";
import { DecimalError, unitsPerTickLot } from "./decimals.ts";
import { broker, choice, decimal, flag, key, positive, real, text, U32_MAX, whole } from "./kinds.ts";
import { instrumentSchema, organismSchema } from "./listed.ts";
import { killSchema } from "./kill.ts";
import { marketSchema } from "./market.ts";
import { releaseSchema } from "./release.ts";
import { checkCluster, clusterSchema } from "./cluster.ts";
import { checkControls, controlsSchema } from "./controls.ts";
import { surveillanceSchema } from "./surveillance.ts";
import { venueSchema } from "./venue.ts";
import { accountSchema, checkScopes, customerSchema, firmSchema } from "./scopes.ts";

const speedError = 'must be a number above 0, or "max"';

const node = z.strictObject({
  dataDir: key(
    text("must be the path of a directory").default("./cwts-data"),
    "path",
    "where the audit log and the kill states live",
  ),
  seed: key(whole(0, U32_MAX).default(1), "", "origin of all chance: equal seeds give equal runs"),
  speed: key(
    z.union([z.number({ error: speedError }).gt(0, { error: speedError }), z.literal("max")], { error: speedError })
      .default(1),
    "× market time",
    "1 runs as fast as the clock on the wall, 10 ten times as fast, max as fast as the machine can",
  ),
  duration: key(
    positive().optional(),
    "s of market time",
    "the node stops by itself after this; none: at the end of the feed, or when it is told to",
  ),
});

const feed = z.strictObject({
  kind: key(
    choice("simulated", "replay", "bars", "paper").default("simulated"),
    "",
    "where market data comes from: a simulated market, recorded captures, daily bars, or a paper exchange",
  ),
  paths: key(
    z.array(text("must be a list of file paths"), { error: "must be a list of file paths" }).default([]),
    "path",
    "recordings of a replay, played one after the other, or a CSV of bars; no path: the S&P 500 file that is built in",
  ),
});

const audit = z.strictObject({
  durability: key(
    choice("memory", "batch", "fsync").default("batch"),
    "",
    "when a record counts as kept: in memory, after a group commit, or each by itself on the disk",
  ),
  segmentMiB: key(whole(1, 4_096).default(64), "MiB", "size at which the log begins a new file"),
  commitMs: key(
    real(0.1, 1_000).default(2),
    "ms",
    "time between group commits: the longest a record waits for the disk",
  ),
  checkpointRecords: key(
    whole(1, 1_000_000_000).default(10_000),
    "records",
    "records after which the log's size and root are signed: the most that can be cut off its end unseen",
  ),
  checkpointMs: key(
    real(1, 3_600_000).default(1_000),
    "ms",
    "time after which they are signed, when there are new records",
  ),
  retentionYears: key(
    real(0, 1_000).default(7),
    "years",
    "how long the log of a run is kept before audit retention may remove it: a year more than the longest of 17a-4",
  ),
  replicaDir: key(
    text().optional(),
    "path",
    "a second directory, best on another disk, to which every log is copied as it grows; none: the log is in one place",
  ),
  broker: key(
    broker().optional(),
    "address",
    "a broker to which every log is sent as well, for example redis://127.0.0.1:6379; none: to no broker",
  ),
  topic: key(text().default("cwts-audit"), "", "the topic of that broker"),
  tsa: key(
    text().optional(),
    "address",
    "authority that the node and audit timestamp have checkpoints stamped by (RFC 3161 over HTTP); none: by nobody",
  ),
  tsaEvery: key(
    real(1, 31_536_000).default(86_400),
    "s",
    "time between two stamps; the first checkpoint of a run and the last are stamped as well",
  ),
  witness: key(
    text().optional(),
    "address",
    "add-checkpoint of a witness that the node has its checkpoints signed by; none: by nobody",
  ),
  witnessEvery: key(
    real(1, 31_536_000).default(86_400),
    "s",
    "time between two signatures of the witness; it is asked about the first checkpoint of a run and the last as well",
  ),
  sinkLagMs: key(
    whole(1_000, 3_600_000).default(10_000),
    "ms",
    "a copy that has not caught up for this long puts the node into SafeMode: what it shows is no longer current",
  ),
});

const consoleSection = z.strictObject({
  enabled: key(flag().default(true), "", "serve the page and the REST interface"),
  host: key(text().default("127.0.0.1"), "address", "loopback: nobody outside this machine can reach it"),
  port: key(whole(0, 65_535).default(8787), "port", "0 takes any free port"),
});

const drawdown = z.strictObject({
  capital: key(decimal().default("1000000"), "currency", "what the profit and loss of the portfolio is added to"),
  enterDrawdown: key(
    real(0.0001, 1).default(0.05),
    "fraction",
    "loss from the peak at which the whole node may only reduce positions",
  ),
  calmSeconds: key(
    whole(1, U32_MAX).default(300),
    "s of market time",
    "how long it stays so; the peak then counts anew, so that each return risks at most enter_drawdown",
  ),
});

const mode = z.strictObject({
  staleMarketMs: key(
    whole(1, U32_MAX).default(5_000),
    "ms",
    "an instrument without market data for this long puts the node into SafeMode",
  ),
  recoverMs: key(
    whole(0, U32_MAX).default(10_000),
    "ms",
    "quiet time after the last concern before SafeMode is left, so that the mode does not flutter",
  ),
  reconcileTolerance: key(
    whole(0, U32_MAX).default(0),
    "lots",
    "difference of gate, books and drop copy that is put on record and does not lead into SafeMode",
  ),
  drawdown: drawdown.prefault({}),
});

const supervision = z.strictObject({
  intensity: key(
    whole(0, 100_000).default(20),
    "restarts",
    "more restarts than this within the period and a supervisor gives up",
  ),
  periodMs: key(positive().default(10_000), "ms", "the period of the intensity"),
  backoffInitialMs: key(real(0).default(10), "ms", "delay before the first restart of a run of failures"),
  backoffMaxMs: key(real(0).default(1_000), "ms", "longest delay before a restart"),
  backoffFactor: key(real(1, 100).default(2), "×", "growth of the delay with each further failure"),
  backoffJitter: key(real(0, 1).default(0.1), "fraction", "chance in the delay, so that failures do not march in step"),
  backoffResetMs: key(positive().default(5_000), "ms", "a child that stays up this long starts from the first delay"),
});

const replay = z.strictObject({
  orderLatencyMicros: key(
    whole(0, 60_000_000).default(5_000),
    "µs",
    "time an order takes to the recorded venue: what happens in between happens first",
  ),
  queueModel: key(
    choice("risk-averse", "proportional").default("risk-averse"),
    "",
    "who leaves the queue when a level shrinks without a trade: those behind us, or everyone in proportion",
  ),
});

const bars = z.strictObject({
  halfSpreadTicks: key(real(0, 1_000_000).default(1), "ticks", "paid on each fill against a bar, half of the spread"),
  participation: key(
    real(0.000001, 1).default(0.01),
    "fraction",
    "share of a bar's volume that our orders may fill: the rest of the market was there first",
  ),
});

const chaos = z.strictObject({
  rate: key(
    real(0, 1_000).default(0),
    "crashes/s of market time",
    "crashes random actors on purpose, to see the tree heal",
  ),
});

export const configSchema = z.strictObject({
  node: node.prefault({}),
  feed: feed.prefault({}),
  instruments: z.array(instrumentSchema, { error: "must be a list of [[instruments]] tables" })
    .min(1, { error: "must hold at least one instrument" })
    .max(128, { error: "may hold 128 instruments at most" }),
  organisms: z.array(organismSchema, { error: "must be a list of [[organisms]] tables" })
    .max(127, { error: "may hold 127 organisms at most" }),
  firm: firmSchema.prefault({}),
  customers: z.array(customerSchema, { error: "must be a list of [[customers]] tables" }).prefault([{ id: "house" }]),
  accounts: z.array(accountSchema, { error: "must be a list of [[accounts]] tables" }).prefault([{ id: "main" }]),
  controls: controlsSchema.prefault({}),
  audit: audit.prefault({}),
  console: consoleSection.prefault({}),
  mode: mode.prefault({}),
  release: releaseSchema.prefault({}),
  kill: killSchema.prefault({}),
  alerts: alertsSchema.prefault({}),
  surveillance: surveillanceSchema.prefault({}),
  supervision: supervision.prefault({}),
  market: marketSchema.prefault({}),
  replay: replay.prefault({}),
  bars: bars.prefault({}),
  venue: venueSchema.prefault({}),
  chaos: chaos.prefault({}),
  cluster: clusterSchema.prefault({}),
}).superRefine((config, context) => {
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: "custom", path, message, input: config, params: { complete: true } });
  const symbols = new Set<string>();
  config.instruments.forEach((instrument, i) => {
    if (symbols.has(instrument.symbol)) {
      refuse(["instruments", i, "symbol"], `is used twice: every instrument needs a symbol of its own`);
    }
    symbols.add(instrument.symbol);
    try {
      unitsPerTickLot(instrument.tick, instrument.lot);
    } catch (error) {
      if (!(error instanceof DecimalError)) throw error;
      refuse(["instruments", i, "lot"], `does not fit the tick: ${error.message}`);
    }
  });
  const ids = new Set<string>();
  config.organisms.forEach((organism, i) => {
    if (ids.has(organism.id)) refuse(["organisms", i, "id"], "is used twice: every organism needs an id of its own");
    ids.add(organism.id);
    for (const symbol of organism.instruments) {
      if (!symbols.has(symbol)) {
        refuse(
          ["organisms", i, "instruments"],
          `names ${symbol}, which is not configured: known are ${
            [...symbols].join(", ")
          }; whoever lists instruments lists organisms for them too`,
        );
      }
    }
  });
  checkScopes(config, symbols, refuse);
  checkControls(config, symbols, refuse);
  checkCluster(config.cluster, refuse);
  if (config.feed.kind === "replay" && config.feed.paths.length === 0) {
    refuse(["feed", "paths"], "must name a recording: start with --feed replay:<path>");
  }
  if (config.feed.kind === "paper" && config.node.speed !== 1) {
    refuse(["node", "speed"], "must be 1 with --feed paper: the exchange keeps the time of the wall");
  }
});

export type Config = z.infer<typeof configSchema>;
export type InstrumentConfig = Config["instruments"][number];
export type OrganismConfig = Config["organisms"][number];
export type FeedKind = Config["feed"]["kind"];
