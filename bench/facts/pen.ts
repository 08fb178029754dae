/**
 * A pen for one crowd: the real matching engine and venue, without actors between them, so that hours of market pass in
 * seconds. Each step is what the two actors do in one.
 */
import { createHash } from "node:crypto";
import { marketSchema } from "../../config/market.ts";
import { Crowd } from "../../actors/market/simulated/crowd.ts";
import type { MarketOptions } from "../../actors/market/simulated/options.ts";
import { CommandWriter } from "../../actors/market/simulated/writer.ts";
import {
  createApproval,
  type FlowReports,
  type Instrument,
  type MarketEvent,
  type SideCode,
} from "../../actors/protocol/mod.ts";
import { type Outcome, SimulatedVenue } from "../../actors/venues/simulated_exchange.ts";
import {
  BACKGROUND_OWNER,
  CommandKind,
  DepthLevelView,
  ExecType,
  ExecutionView,
  OrderCommandView,
} from "../../ffi/layout.gen.ts";
import { MatchingEngine } from "../../ffi/mod.ts";
import { type ActorRef, createRandom, MICROS_PER_MS } from "../../runtime/mod.ts";

export const START = 1_704_205_800_000_000;
export const PRICE = 10_000;
export const DEFAULTS: MarketOptions = marketSchema.parse({});

export const ALPHA: Instrument = {
  id: 0,
  symbol: "ALPHA",
  currency: "USD",
  tick: "0.01",
  lot: "1",
  unitsPerTickLot: 1_000_000,
  makerFee: 0,
  takerFee: 0,
};

/** Nobody listens: the pen hands the reports over itself. */
export const NOBODY: ActorRef<FlowReports> = { id: 0, path: "/nobody", tell: () => "dead", urgent: () => "dead" };

type Overrides = {
  readonly [K in keyof MarketOptions]?: MarketOptions[K] extends number ? number : Partial<MarketOptions[K]>;
};

export function withOptions(overrides: Overrides): MarketOptions {
  const merged = Object.entries(overrides).map(([key, value]) => {
    const base = DEFAULTS[key as keyof MarketOptions];
    return [key, typeof base === "number" ? value : { ...base, ...value as object }];
  });
  return { ...DEFAULTS, ...Object.fromEntries(merged) };
}

export interface PenOptions {
  readonly seed?: number;
  readonly start?: number;
  readonly options?: MarketOptions;
  /** Sees every public event, oldest first. */
  readonly onEvent?: (event: MarketEvent) => void;
}

export class Pen implements Disposable {
  readonly engine = MatchingEngine.create([0]);
  readonly approval = createApproval();
  readonly venue = new SimulatedVenue({
    engine: this.engine,
    instruments: [ALPHA],
    isApproved: this.approval.isApproved,
    doorOpen: () => true,
  });
  readonly writer = new CommandWriter();
  readonly options: MarketOptions;
  crowd: Crowd;
  time = START;
  bid = 0;
  ask = 0;
  /** Ends of background orders by how they ended, and how many began. */
  readonly fates = { entered: 0, filled: 0, canceled: 0, rejected: 0 };
  /** Background orders that entered, by participant. */
  readonly entered = new Map<number, number>();
  /** What we have resting. */
  readonly own = new Map<number, { readonly side: number; readonly price: number; readonly leaves: number }>();
  /** Lots of ours that traded. */
  filledLots = 0;
  readonly #seed: number;
  readonly #onEvent: (event: MarketEvent) => void;
  readonly #hash = createHash("sha256");
  #restarts = 0;
  #lastId = 0;

  constructor({ seed = 1, start = PRICE, options = DEFAULTS, onEvent = () => {} }: PenOptions = {}) {
    this.options = options;
    this.#seed = seed;
    this.#onEvent = onEvent;
    this.crowd = new Crowd(0, start, options, createRandom(seed).fork("crowd"));
  }

  get mid(): number {
    return (this.bid + this.ask) / 2;
  }

  /** Runs so many steps; `after` looks at each. */
  steps(count: number, after: () => void = () => {}): void {
    const { writer } = this;
    for (let i = 0; i < count; i++) {
      this.time += this.options.stepMs * MICROS_PER_MS;
      writer.begin(this.time);
      this.crowd.step(this.options.stepMs / 1000, writer);
      this.send();
      after();
    }
  }

  seconds(count: number): void {
    this.steps(Math.round(count * 1000 / this.options.stepMs));
  }

  /** As the actor does after a crash: a crowd without memory, at the last price. */
  restart(): void {
    this.crowd = new Crowd(0, Math.round(this.mid), this.options, createRandom(this.#seed).fork(`${++this.#restarts}`));
    this.writer.begin(this.time);
    this.crowd.withdraw(this.writer);
    this.send();
  }

  /** An approved order of ours; price 0: at the market. Returns its id. */
  order(side: SideCode, quantity: number, price: number): number {
    const records = new Uint8Array(OrderCommandView.SIZE);
    const view = new OrderCommandView(records);
    Object.assign(view, {
      kind: CommandKind.New,
      side,
      orderType: price === 0 ? 1 : 0,
      tif: price === 0 ? 1 : 0,
      orderId: ++this.#lastId,
      price,
      quantity,
      owner: 1,
      time: this.time,
    });
    this.#take(this.venue.submit(this.approval.approve(records, 1)));
    return this.#lastId;
  }

  /** Lots on each level of a side as the crowd sees its own orders, and ours; best first. */
  believedDepth(side: SideCode): Array<readonly [price: number, lots: number]> {
    const levels = new Map<number, number>();
    for (const order of [...this.crowd.restingOrders(), ...this.own.values()]) {
      if (order.side === side) levels.set(order.price, (levels.get(order.price) ?? 0) + order.leaves);
    }
    return [...levels].sort(([a], [b]) => side === 0 ? b - a : a - b);
  }

  /** Every level of a side in the engine, best first. */
  depth(side: SideCode): Array<readonly [price: number, lots: number]> {
    const records = new Uint8Array(10_000 * DepthLevelView.SIZE);
    const view = new DepthLevelView(records);
    const count = this.engine.depth(0, side, records);
    return Array.from({ length: count }, (_, i) => [view.at(i).price, view.quantity] as const);
  }

  /** Hash over all executions so far. */
  hash(): string {
    return this.#hash.copy().digest("hex");
  }

  [Symbol.dispose](): void {
    this.engine.close();
  }

  /** Sends what the writer holds. */
  send(): void {
    const { count } = this.writer;
    if (count === 0) return;
    this.#take(this.venue.flow({ kind: "FlowBatch", records: this.writer.take(), count, replyTo: NOBODY }));
  }

  #take(outcome: Outcome): void {
    this.#hash.update(outcome.own.subarray(0, outcome.ownCount * ExecutionView.SIZE));
    this.#hash.update(outcome.background.subarray(0, outcome.backgroundCount * ExecutionView.SIZE));
    const own = new ExecutionView(outcome.own);
    for (let i = 0; i < outcome.ownCount; i++) {
      const { execType, orderId, side, price, leaves, quantity } = own.at(i);
      if (execType === ExecType.Trade) this.filledLots += quantity;
      if (leaves === 0) this.own.delete(orderId);
      else this.own.set(orderId, { side, leaves, price: this.own.get(orderId)?.price ?? price });
    }
    const view = new ExecutionView(outcome.background);
    for (let i = 0; i < outcome.backgroundCount; i++) {
      this.#count(view.at(i));
      this.crowd.report(view);
    }
    for (const event of outcome.events[0]) {
      if (event.kind === "BookTop") {
        this.bid = event.bid;
        this.ask = event.ask;
        this.crowd.observe(event.bid, event.ask);
      } else if (event.kind === "TradePrint") {
        this.crowd.learn(event.aggressor, event.quantity);
      }
      this.#onEvent(event);
    }
  }

  #count({ execType, leaves, owner }: ExecutionView): void {
    if (owner < BACKGROUND_OWNER) throw new Error("a report of ours went to the crowd");
    const who = owner - BACKGROUND_OWNER;
    if (execType === ExecType.New) {
      this.fates.entered++;
      this.entered.set(who, (this.entered.get(who) ?? 0) + 1);
    } else if (execType === ExecType.Trade) this.fates.filled += leaves === 0 ? 1 : 0;
    else if (execType === ExecType.Canceled) this.fates.canceled++;
    else if (execType === ExecType.Rejected) this.fates.rejected++;
  }
}
