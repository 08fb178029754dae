/**
 * The whole way of an order in one process: an actor decides, the guardian asks the gate (which records), the exchange
 * matches, the gate books the report, the actor hears of it. Nothing is left out or mocked.
 *
 * `end-to-end-memory`, `end-to-end-batch`: a closed loop with a window of orders in flight gives throughput; an open loop
 * at fixed rates gives latency from the intended send time to the report, so that a stall counts for every order it
 * delays (no coordinated omission). Beside each stands what the machine alone does to that loop (`machine-alone`).
 *
 * `core-batch-N`: the core's path alone with a log that is synced for every N orders, beside the disk alone (`disk-alone`).
 */
import { join } from "node:path";
import { loadConfig } from "../config/mod.ts";
import { AuditLog, ControlPage, type DurabilityName, MatchingEngine, OrderGate } from "../ffi/mod.ts";
import { type ActorDef, type ActorRef, ActorSystem, MICROS_PER_SECOND } from "../runtime/mod.ts";
import { createBreaker, supervise, worker } from "../supervision/mod.ts";
import { ANSWER_WITHIN, venueOptions } from "../actors/node/breakers.ts";
import { LatencyHistogram } from "../actors/protocol/latency.ts";
import { GuardianBooks } from "../actors/guardians/books.ts";
import { guardian } from "../actors/guardians/guardian.ts";
import { KillProcedure } from "../actors/guardians/kill.ts";
import { VenueLink } from "../actors/guardians/venue_link.ts";
import { instrumentsOf } from "../actors/node/instruments.ts";
import { InstrumentRulesView, StrategyLimitsView } from "../ffi/layout.gen.ts";
import { CommandWriter } from "../actors/market/simulated/writer.ts";
import { BUY, createApproval, GUARDIAN, SELL, type SideCode, type StrategyMessage } from "../actors/protocol/mod.ts";
import { simulatedExchange, SimulatedVenue } from "../actors/venues/simulated_exchange.ts";
import { Report, spread } from "./harness.ts";
import { durablePath } from "./pipeline/durable.ts";

const RUNS = 7;
const ORDERS = 200_000;
/** Orders in flight in the closed loop. */
const WINDOW = 256;
const RATES = [20_000, 50_000, 100_000, 200_000] as const;
const OPEN_LOOP_SECONDS = 2;
const PRICE = 10_000;

interface LoadArgs {
  readonly total: number;
  /** Orders per second, or null for a closed loop of WINDOW orders. */
  readonly rate: number | null;
  readonly pace: () => ActorRef<ActorRef<Go>>;
  readonly onDone: () => void;
}

type Go = { readonly kind: "Go" };
/** So many orders have come to their end. */
type Done = { readonly kind: "Done"; readonly orders: number };
const GO: Go = { kind: "Go" };

/**
 * Sends the load. The open loop looks at the clock once in each round of the run queue (an actor that told itself would look
 * many times in one turn, and keep those it measures waiting). Sides alternate at one price, so that every second order meets the one before and the
 * book stays small.
 */
const load: ActorDef<Go | Done, LoadArgs> = {
  type: "load",
  mailbox: { capacity: 1 << 20 },
  init(context, { total, rate, pace, onDone }) {
    const gate = context.registry.get(GUARDIAN);
    let sent = 0, done = 0, origin = 0;
    const send = (stamp: number) => {
      sent++;
      gate.tell({
        kind: "SubmitOrder",
        orderId: context.nextId(),
        strategy: 1,
        instrument: 0,
        side: (sent & 1) as SideCode,
        orderType: 0,
        tif: 0,
        price: PRICE,
        quantity: 1 + ((sent - 1) >> 1) % 7,
        postOnly: false,
        reduceOnly: false,
        time: context.clock.now(),
        stamp,
        cause: 0,
      });
    };
    return {
      receive(message) {
        if (message.kind === "Done") {
          done += message.orders;
          for (let i = 0; rate === null && i < message.orders && sent < total; i++) send(context.stopwatch.now());
          if (done === total) onDone();
          return;
        }
        if (origin === 0) origin = context.stopwatch.now();
        if (rate === null) {
          while (sent < WINDOW) send(context.stopwatch.now());
          return;
        }
        // Every order that is due goes out stamped with the time it should have gone out.
        for (const due = (context.stopwatch.now() - origin) * rate / 1e9; sent < due && sent < total;) {
          send(origin + sent * 1e9 / rate);
        }
        if (sent < total) pace().tell(context.self);
      },
    };
  },
};

/** Bounces: one round of the run queue lies between two looks at the clock. */
const pace: ActorDef<ActorRef<Go>> = {
  type: "pace",
  init: () => ({ receive: (load) => void load.tell(GO) }),
};

/** Hears what became of the orders, as an organism does. */
const listener: ActorDef<StrategyMessage, { readonly load: () => ActorRef<Done> }> = {
  type: "listener",
  batch: 256,
  mailbox: { capacity: 1 << 20 },
  init(context, args) {
    context.registry.get(GUARDIAN).tell({ kind: "AttachStrategy", strategy: 1, subscriber: context.self });
    return {
      receiveBatch(reports) {
        let orders = 0;
        for (const report of reports) {
          if (report.kind === "ExecutionReport" && report.type !== "new" && report.leaves === 0) orders++;
        }
        if (orders > 0) args.load().tell({ kind: "Done", orders });
      },
    };
  },
};

interface Result {
  readonly seconds: number;
  readonly orders: number;
  readonly books: GuardianBooks;
  readonly records: number;
}

export async function once(durability: DurabilityName | "ram", total: number, rate: number | null): Promise<Result> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-bench-" });
  const { config } = loadConfig({ environment: {}, directory });
  const instruments = instrumentsOf(config).slice(0, 1);
  try {
    using audit = durability === "ram"
      ? AuditLog.memory()
      : AuditLog.open({ directory: join(directory, "log"), durability });
    using control = ControlPage.memory();
    using gate = OrderGate.create({ audit, control });
    using engine = MatchingEngine.create([0]);
    const rules = new InstrumentRulesView(new Uint8Array(InstrumentRulesView.SIZE));
    Object.assign(rules, {
      instrument: 0,
      tickStep: 1,
      lotStep: 1,
      collarBps: 300,
      collarTicks: 10,
      referenceMaxAgeMs: 3_600_000,
      marketBufferBps: 100,
      unitsPerTickLot: instruments[0].unitsPerTickLot,
      maxQuantity: 10_000,
    });
    gate.setInstrument(rules.buffer);
    const limits = new StrategyLimitsView(new Uint8Array(StrategyLimitsView.SIZE));
    Object.assign(limits, {
      strategy: 1,
      instrument: 0,
      maxQuantity: 100,
      maxNotional: 1e14,
      maxPosition: 1e6,
      ratePerSecond: 4e9,
      rateBurst: 4e9,
      duplicateWindowMs: 0,
    });
    gate.setLimits(limits.buffer);
    const system = new ActorSystem({ seed: 1, start: 1_700_000_000 * MICROS_PER_SECOND, speed: "max", yieldMs: 1_000 });
    gate.setReference(0, PRICE - 1, PRICE + 1, PRICE, system.clock.now());
    // Somebody else quotes far outside, so that there is always a reference price.
    const others = new CommandWriter();
    others.begin(system.clock.now());
    others.limit(0, 0, BUY, PRICE - 100, 1, true);
    others.limit(0, 0, SELL, PRICE + 100, 1, true);
    engine.submit(others.take(), others.count, new Uint8Array(1024), new Uint8Array(1024));
    const books = new GuardianBooks(instruments);
    const approval = createApproval();
    const venue = new SimulatedVenue({
      engine,
      instruments,
      isApproved: approval.isApproved,
      doorOpen: (owner, instrument) => control.effective(owner, instrument) < 2,
    });
    const kill = new KillProcedure({
      gate,
      audit,
      control,
      strategies: [1],
      instruments: [0],
      stopwatch: () => system.stopwatch.now(),
      onDone: () => {},
    });
    supervise(system, "bench", {
      id: "bench",
      strategy: "one_for_one",
      children: [
        worker("guardian", guardian, {
          gate,
          audit,
          approve: approval.approve,
          books,
          instruments,
          kill,
          link: new VenueLink(),
          breaker: createBreaker(venueOptions(ANSWER_WITHIN), () => 0.5),
          answerWithin: ANSWER_WITHIN,
          onAuditFailure: (error) => {
            throw error;
          },
          subscribers: new Map(),
        }),
        worker("exchange", simulatedExchange, { venue }),
        worker("listener", listener, { load: () => system.find("/bench/load") as ActorRef<Done> }),
        worker("pace", pace, undefined),
        worker("load", load, {
          total,
          rate,
          pace: () => system.find("/bench/pace") as ActorRef<ActorRef<Go>>,
          onDone: () => system.halt(),
        }),
      ],
    });
    system.find("/bench/load")!.tell(GO as never);
    const started = system.stopwatch.now();
    await system.run();
    const seconds = (system.stopwatch.now() - started) / 1e9;
    const counters = gate.counters();
    if (counters.accepted !== total) throw new Error(`only ${counters.accepted} of ${total} orders were accepted`);
    if (system.counters().unexplained !== 0) throw new Error("messages are unaccounted for");
    return { seconds, orders: total, books, records: audit.head().records };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function throughput(
  report: Report,
  name: string,
  durability: DurabilityName | "ram",
  orders: number,
): Promise<void> {
  await once(durability, Math.min(orders, 50_000), null); // warm up
  const rates: number[] = [];
  let last: Result | undefined;
  for (let run = 0; run < RUNS; run++) {
    last = await once(durability, orders, null);
    rates.push(last.orders / last.seconds);
  }
  report.add({
    case: name,
    engine: "cwts",
    unit: "orders/s",
    ...spread(rates),
    window: WINDOW,
    p50_ns: Math.round(last!.books.latency.quantile(0.5)),
    p99_ns: Math.round(last!.books.latency.quantile(0.99)),
    records_per_order: last!.records / last!.orders,
    fills: last!.books.fills,
  });
}

/**
 * What the machine alone does to the same open loop: a thread that does nothing but wait for each order's time and take
 * note of how late it was woken from looking at the clock. No engine can be better than this.
 */
function machineAlone(rate: number): LatencyHistogram {
  const late = new LatencyHistogram();
  const origin = performance.now() * 1e6;
  for (let sent = 0; sent < rate * OPEN_LOOP_SECONDS;) {
    const now = performance.now() * 1e6;
    for (const due = (now - origin) * rate / 1e9; sent < due; sent++) late.add(now - (origin + sent * 1e9 / rate));
  }
  return late;
}

async function latency(report: Report, name: string, durability: DurabilityName | "ram", rate: number): Promise<void> {
  const p50: number[] = [], p99: number[] = [], p9999: number[] = [];
  let worst = 0;
  const floor = { p50: [] as number[], p99: [] as number[], p9999: [] as number[], worst: 0 };
  for (let run = 0; run < RUNS; run++) {
    const alone = machineAlone(rate);
    floor.p50.push(alone.quantile(0.5));
    floor.p99.push(alone.quantile(0.99));
    floor.p9999.push(alone.quantile(0.9999));
    floor.worst = Math.max(floor.worst, alone.max);
    const { books } = await once(durability, rate * OPEN_LOOP_SECONDS, rate);
    p50.push(books.latency.quantile(0.5));
    p99.push(books.latency.quantile(0.99));
    p9999.push(books.latency.quantile(0.9999));
    worst = Math.max(worst, books.latency.max);
  }
  const median = (values: number[]) => Math.round([...values].sort((a, b) => a - b)[values.length >> 1]);
  report.add({
    case: name,
    engine: "cwts",
    unit: "ns at p99",
    ...spread(p99.map(Math.round)),
    rate_per_s: rate,
    p50_ns: median(p50),
    p99_ns: median(p99),
    p9999_ns: median(p9999),
    max_ns: Math.round(worst),
  });
  report.add({
    case: name,
    engine: "machine-alone",
    unit: "ns at p99",
    ...spread(floor.p99.map(Math.round)),
    rate_per_s: rate,
    p50_ns: median(floor.p50),
    p99_ns: median(floor.p99),
    p9999_ns: median(floor.p9999),
    max_ns: Math.round(floor.worst),
  });
}

export async function run(json: boolean): Promise<void> {
  const report = new Report("pipeline", json);
  await throughput(report, "end-to-end-memory", "ram", ORDERS);
  for (const rate of RATES) await latency(report, `end-to-end-memory-open-loop-${rate / 1000}k`, "ram", rate);
  await throughput(report, "end-to-end-batch", "batch", ORDERS / 4);
  await durablePath(report);
  report.end();
}

if (import.meta.main) await run(Deno.args.includes("--json"));
