/**
 * A kill of the firm through the node's own path (page, housekeeping, guardian, gate, exchange, books) while 10 000 orders
 * rest and another strategy sends without a pause.
 */
import {
  CommandKind,
  FIRM_SCOPE,
  InstrumentRulesView,
  OrderCommandView,
  ScopeState,
  StrategyLimitsView,
} from "../../ffi/layout.gen.ts";
import { AuditLog, ControlPage, MatchingEngine, OrderGate } from "../../ffi/mod.ts";
import { GuardianBooks } from "../../actors/guardians/books.ts";
import { guardian } from "../../actors/guardians/guardian.ts";
import { KillProcedure } from "../../actors/guardians/kill.ts";
import { VenueLink } from "../../actors/guardians/venue_link.ts";
import { CommandWriter } from "../../actors/market/simulated/writer.ts";
import { ANSWER_WITHIN } from "../../actors/node/breakers.ts";
import { Housekeeping } from "../../actors/node/housekeeping.ts";
import {
  BUY,
  createApproval,
  GUARDIAN,
  type Instrument,
  SELL,
  type StrategyMessage,
} from "../../actors/protocol/mod.ts";
import { simulatedExchange, SimulatedVenue } from "../../actors/venues/simulated_exchange.ts";
import { type ActorDef, ActorSystem } from "../../runtime/mod.ts";
import { createBreaker, supervise, worker } from "../../supervision/mod.ts";
import { START } from "./shop.ts";

const PRICE = 10_000;
const WINDOW = 256;
/** A breaker that nothing here opens: what is measured is the way behind it. */
const PATIENT = {
  ...{ window: 4, minimumCalls: 4, failureRate: 1, slowAfter: Infinity, slowRate: 1, openFor: 1_000_000 },
  ...{ openFactor: 2, openMost: 8_000_000, jitter: 0, probes: 2, probeWithin: 2_000_000 },
};
const ALPHA: Instrument = {
  id: 0,
  symbol: "ALPHA",
  currency: "USD",
  tick: "0.01",
  lot: "1",
  unitsPerTickLot: 1_000_000,
  makerFee: -20,
  takerFee: 30,
};

/** Nanoseconds from before the word was stored. */
export interface NodeKill {
  /** To the exchange having carried out the first mass cancel. */
  readonly first: number;
  /** To the exchange having carried out the last. */
  readonly issued: number;
  /** To the node's confirmation: every report booked in gate, log and books. */
  readonly confirmed: number;
  readonly cancelled: number;
  readonly unknown: number;
  /** New orders the gate decided on in the run, and accepted after the kill was answered. */
  readonly decisions: number;
}

type Load = StrategyMessage | { readonly kind: "Go" };

/** Keeps a window of orders in flight that are cancelled as soon as they arrive, so that the gate is never idle. */
const load: ActorDef<Load, () => void> = {
  type: "load",
  mailbox: { capacity: 1 << 20 },
  init(context, killWhenDue) {
    const gate = context.registry.get(GUARDIAN);
    gate.tell({ kind: "AttachStrategy", strategy: 2, subscriber: context.self as never });
    const send = () =>
      gate.tell({
        kind: "SubmitOrder",
        orderId: context.nextId(),
        strategy: 2,
        instrument: 0,
        side: BUY,
        orderType: 0,
        tif: 1,
        price: PRICE - 50,
        quantity: 1,
        postOnly: false,
        reduceOnly: false,
        time: context.clock.now(),
        stamp: context.stopwatch.now(),
        cause: 0,
      });
    return {
      receive(message) {
        killWhenDue();
        if (message.kind === "Go") { for (let i = 0; i < WINDOW; i++) send(); }
        if (message.kind === "ExecutionReport" && message.leaves === 0 && message.type !== "new") send();
      },
    };
  },
};

export async function nodeKill(resting: number, killAfterMs: number): Promise<NodeKill> {
  using audit = AuditLog.memory();
  using control = ControlPage.memory();
  using gate = OrderGate.create({ audit, control });
  using engine = MatchingEngine.create([0]);
  const rules = new InstrumentRulesView(new Uint8Array(InstrumentRulesView.SIZE));
  Object.assign(rules, {
    instrument: 0,
    tickStep: 1,
    lotStep: 1,
    collarBps: 3_000,
    collarTicks: 10,
    referenceMaxAgeMs: 4_000_000_000,
    marketBufferBps: 100,
    unitsPerTickLot: ALPHA.unitsPerTickLot,
    maxQuantity: 10_000,
  });
  gate.setInstrument(rules.buffer);
  for (const strategy of [1, 2]) {
    const limits = new StrategyLimitsView(new Uint8Array(StrategyLimitsView.SIZE));
    Object.assign(limits, {
      strategy,
      instrument: 0,
      maxQuantity: 500,
      maxNotional: 1e15,
      maxPosition: 1e9,
      ratePerSecond: 4e9,
      rateBurst: 4e9,
    });
    gate.setLimits(limits.buffer);
  }
  gate.setReference(0, PRICE - 1, PRICE + 1, PRICE, START);
  const approval = createApproval();
  const books = new GuardianBooks([ALPHA]);
  const others = new CommandWriter();
  others.begin(START);
  others.limit(0, 0, SELL, PRICE + 100, 1, true);
  engine.submit(others.take(), others.count, new Uint8Array(1_024), new Uint8Array(1_024));

  /** From within a turn, at whatever moment of it: as from another process, the page is looked at when it is its time. */
  const killWhenDue = () => {
    if (stored > 0 || begun === 0 || performance.now() - begun <= killAfterMs) return;
    stored = performance.now();
    control.tighten(FIRM_SCOPE, ScopeState.Killed, "bench", "bench", 1);
  };
  let stored = 0, begun = 0, first = 0, issued = 0, confirmed = 0, cancelled = 0, unknown = 0;
  class Timed extends SimulatedVenue {
    override submit(batch: Parameters<SimulatedVenue["submit"]>[0]) {
      const outcome = super.submit(batch);
      if (stored > 0 && new OrderCommandView(batch.records).at(0).kind === CommandKind.CancelOwner) {
        issued = performance.now();
        if (first === 0) first = issued;
      }
      return outcome;
    }
  }
  const venue = new Timed({
    engine,
    instruments: [ALPHA],
    isApproved: approval.isApproved,
    doorOpen: (owner, instrument) => control.effective(owner, instrument) < ScopeState.CancelOnly,
  });
  const kill = new KillProcedure({
    gate,
    audit,
    control,
    strategies: [1, 2],
    instruments: [0],
    stopwatch: () => performance.now() * 1e6,
    onDone(report) {
      if (stored === 0) return;
      confirmed = performance.now();
      ({ cancelled, unknown } = report);
      system.halt();
    },
  });
  const system: ActorSystem = new ActorSystem({
    seed: 1,
    start: START,
    speed: "max",
    yieldMs: 1_000,
    poll: () => housekeeping.poll(),
  });
  const housekeeping = new Housekeeping({
    audit,
    control,
    stopwatch: system.stopwatch,
    wallNanos: () => 1,
    commit: () => audit.commit(),
    commitMs: 2,
    carryOut: () => system.registry.get(GUARDIAN).urgent({ kind: "CarryOutKill" }),
    auditFailed: (error) => {
      throw error;
    },
    refresh: () => {},
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
        instruments: [ALPHA],
        kill,
        link: new VenueLink(),
        breaker: createBreaker(PATIENT, () => 0.5, () => {}),
        answerWithin: ANSWER_WITHIN,
        onAuditFailure: (error) => {
          throw error;
        },
        subscribers: new Map(),
      }),
      worker("exchange", simulatedExchange, { venue }),
      worker("load", load, killWhenDue),
    ],
  });
  for (let i = 0; i < resting; i++) {
    system.registry.get(GUARDIAN).tell({
      kind: "SubmitOrder",
      orderId: 1_000_000_000 + i,
      strategy: 1,
      instrument: 0,
      side: BUY,
      orderType: 0,
      tif: 0,
      price: PRICE - 100 - (i % 500),
      quantity: 1,
      postOnly: false,
      reduceOnly: false,
      time: START,
      stamp: 0,
      cause: 0,
    });
  }
  await system.run({ until: START });
  if (gate.counters().openOrders !== resting) throw new Error(`only ${gate.counters().openOrders} orders rest`);
  begun = performance.now();
  system.find("/bench/load")!.tell({ kind: "Go" } as never);
  await system.run();
  const nanos = (at: number) => (at - stored) * 1e6;
  return {
    first: nanos(first),
    issued: nanos(issued),
    confirmed: nanos(confirmed),
    cancelled,
    unknown,
    decisions: gate.counters().decisions,
  };
}
