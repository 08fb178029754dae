/**
 * The simulated market at its default options: does it look like a market, and how fast does it run.
 *
 * Facts: one hour for each seed, exchange and crowd as actors, one listener; the spread of a figure is over the seeds.
 * Day: 24 hours of one instrument, crowd and venue without actors, to see that nothing grows and nothing drifts away.
 * Impact: see `facts/impact.ts`. Speed: messages of the whole system per second of wall time, speed "max".
 */
import { loadConfig } from "../config/mod.ts";
import { MatchingEngine } from "../ffi/mod.ts";
import { type ActorDef, ActorSystem, MICROS_PER_MS, MICROS_PER_SECOND } from "../runtime/mod.ts";
import { supervise, worker } from "../supervision/mod.ts";
import { simulatedMarket } from "../actors/market/simulated/market.ts";
import { CommandWriter } from "../actors/market/simulated/writer.ts";
import { instrumentsOf } from "../actors/node/instruments.ts";
import {
  createApproval,
  GUARDIAN,
  type GuardianMessage,
  type MarketData,
  type MarketStatus,
  toTicks,
  VENUE,
} from "../actors/protocol/mod.ts";
import { simulatedExchange, SimulatedVenue } from "../actors/venues/simulated_exchange.ts";
import { Pen } from "./facts/pen.ts";
import { impactExponent, measureImpact } from "./facts/impact.ts";
import { autocorrelation, average, kurtosis, logReturns, MarketRecord } from "./facts/stylised.ts";
import { Report, spread } from "./harness.ts";

const SEEDS = [1, 2, 3, 4, 5];
const SECONDS = 3_600;
const IMPACT_LOTS = [240, 480, 960, 1_920, 3_840];
const IMPACT_SECONDS = 30;
const IMPACT_SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);
/** Groups of seeds over which the exponent is spread. */
const IMPACT_GROUPS = 3;

interface Run {
  readonly records: readonly MarketRecord[];
  readonly wallSeconds: number;
  readonly messages: number;
}

const { config } = loadConfig({ environment: {}, directory: Deno.cwd() });
const instruments = instrumentsOf(config);
const starts = config.instruments.map(({ startPrice }, i) => [i, toTicks(instruments[i], startPrice)] as const);

/** Takes the place of a guardian: there are no orders of ours here. */
const absent: ActorDef<GuardianMessage> = {
  type: "absent",
  init: (context) => {
    context.register(GUARDIAN);
    return { receive: () => {} };
  },
};

const listener: ActorDef<MarketData | MarketStatus, readonly MarketRecord[]> = {
  type: "listener",
  init(context, records) {
    const ids = instruments.map(({ id }) => id);
    context.registry.get(VENUE).tell({ kind: "SubscribeMarket", subscriber: context.self, instruments: ids });
    return {
      receive(message) {
        if (message.kind !== "MarketData") return;
        for (const event of message.events) records[event.instrument].take(event);
      },
    };
  },
};

async function once(seed: number, seconds: number): Promise<Run> {
  using engine = MatchingEngine.create(instruments.map(({ id }) => id));
  const start = Date.parse(config.market.start) * MICROS_PER_MS;
  const system = new ActorSystem({ seed, start, speed: "max" });
  const venue = new SimulatedVenue({
    engine,
    instruments,
    isApproved: createApproval().isApproved,
    doorOpen: () => true,
  });
  const records = instruments.map(() => new MarketRecord(start, MICROS_PER_SECOND));
  supervise(system, "market", {
    id: "market",
    strategy: "one_for_one",
    children: [
      worker("absent", absent, undefined),
      worker("exchange", simulatedExchange, { venue }),
      worker("crowd", simulatedMarket, {
        options: config.market,
        instruments: starts,
        lastPrice: () => 0,
        writer: new CommandWriter(),
      }),
      worker("listener", listener, records),
    ],
  });
  const began = system.stopwatch.now();
  const end = start + seconds * MICROS_PER_SECOND;
  await system.run({ until: end });
  const wallSeconds = (system.stopwatch.now() - began) / 1e9;
  const counters = system.counters();
  if (counters.unexplained !== 0) throw new Error("messages are unaccounted for");
  await system.stop();
  for (const record of records) record.passTo(end + 1);
  return { records, wallSeconds, messages: counters.handled };
}

const HOUR = 3_600;
const DAY_HOURS = 24;

/** One case: wall seconds of the day, and what it came to. */
function day(report: Report, seed: number): void {
  using pen = new Pen({ seed });
  let gaps = 0, spreadLargest = 0, inventoryLargest = 0, restingLargest = 0, early = 0;
  const began = performance.now();
  for (let t = 1; t <= DAY_HOURS * HOUR; t++) {
    pen.seconds(1);
    gaps += (pen.mid - pen.crowd.value) ** 2;
    spreadLargest = Math.max(spreadLargest, pen.ask - pen.bid);
    restingLargest = Math.max(restingLargest, pen.crowd.resting);
    for (const lots of pen.crowd.inventories) inventoryLargest = Math.max(inventoryLargest, Math.abs(lots));
    if (t === 2 * HOUR) early = Deno.memoryUsage().rss;
  }
  report.add({
    case: `day-seed-${seed}`,
    engine: "cwts",
    unit: "s",
    ...spread([(performance.now() - began) / 1000]),
    from_value_rms_ticks: Math.sqrt(gaps / (DAY_HOURS * HOUR)),
    spread_largest_ticks: spreadLargest,
    inventory_largest_lots: inventoryLargest,
    resting_largest_orders: restingLargest,
    memory_growth_after_2_h_mib: (Deno.memoryUsage().rss - early) / 2 ** 20,
  });
}

type Fact = readonly [name: string, unit: string, of: (record: MarketRecord) => number];

const FACTS: readonly Fact[] = [
  ["kurtosis-1s", "(normal: 3)", ({ mids }) => kurtosis(logReturns(mids, 1))],
  ["kurtosis-10s", "(normal: 3)", ({ mids }) => kurtosis(logReturns(mids, 10))],
  ["return-acf-1s-lag-1", "", ({ mids }) => autocorrelation(logReturns(mids, 1), 1)],
  ["return-acf-5s-lag-1", "", ({ mids }) => autocorrelation(logReturns(mids, 5), 1)],
  ["abs-return-acf-1s-lag-1", "", ({ mids }) => autocorrelation(logReturns(mids, 1).map(Math.abs), 1)],
  ["abs-return-acf-1s-lag-20", "", ({ mids }) => autocorrelation(logReturns(mids, 1).map(Math.abs), 20)],
  ["sign-acf-lag-1", "", ({ signs }) => autocorrelation(signs, 1)],
  ["sign-acf-lag-10", "", ({ signs }) => autocorrelation(signs, 10)],
  ["deviation-1s", "ticks", ({ mids }) => {
    const moves = logReturns(mids, 1);
    return Math.sqrt(average(moves.map((move) => move * move))) * average(mids);
  }],
  ["spread", "ticks", ({ spreads }) => average(spreads)],
  ["spread-largest", "ticks", ({ spreads }) => Math.max(...spreads)],
  ["trades", "prints/s", ({ prints }) => prints / SECONDS],
  ["volume", "lots/s", ({ lots }) => lots / SECONDS],
  ["one-sided", "seconds", ({ oneSided }) => oneSided],
];

export async function run(json: boolean): Promise<void> {
  const report = new Report("market", json);
  await once(0, 60); // warm up
  const runs: Run[] = [];
  for (const seed of SEEDS) {
    report.note(`seed ${seed} of ${SEEDS.length}`);
    runs.push(await once(seed, SECONDS));
  }
  instruments.forEach(({ symbol }, i) => {
    for (const [name, unit, of] of FACTS) {
      const figures = spread(runs.map(({ records }) => of(records[i])));
      report.add({ case: name, engine: `cwts-${symbol}`, unit, ...figures, start_ticks: starts[i][1] });
    }
  });

  report.note("a day");
  day(report, 1);

  report.note("impact");
  const impacts = measureImpact(IMPACT_LOTS, IMPACT_SECONDS, IMPACT_SEEDS);
  for (const { lots, ticks, error, later } of impacts) {
    report.add({
      case: `impact-${lots}-lots`,
      engine: "cwts",
      unit: "ticks (± standard error)",
      runs: IMPACT_SEEDS.length,
      median: ticks,
      min: ticks - error,
      max: ticks + error,
      left_after_30_s: later,
    });
  }
  const exponents = Array.from({ length: IMPACT_GROUPS }, (_, group) => {
    const seeds = IMPACT_SEEDS.filter((seed) => seed % IMPACT_GROUPS === group);
    return impactExponent(measureImpact(IMPACT_LOTS, IMPACT_SECONDS, seeds));
  });
  report.add({ case: "impact-exponent", engine: "cwts", unit: "", ...spread(exponents) });

  report.add({
    case: "speed",
    engine: "cwts",
    unit: "messages/s",
    ...spread(runs.map(({ messages, wallSeconds }) => messages / wallSeconds)),
    market_seconds_per_second: SECONDS / spread(runs.map(({ wallSeconds }) => wallSeconds)).median,
    instruments: instruments.length,
  });
  report.end();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
