/**
 * The simulated exchange: the native matching engine as a venue.
 *
 * Two kinds of participants trade here. Our orders arrive approved and are looked at once more at the door; background
 * participants of the simulated market come as a FlowBatch and are no business of the gate. All meet in the same books
 * by price and time. Executions of our orders go to the guardian first and alone; public data goes to subscribers.
 *
 * The engine, the subscribers and the numbering belong to `SimulatedVenue`, which outlives the actor around it.
 */
import {
  BACKGROUND_OWNER,
  CommandKind,
  DepthLevelView,
  ExecutionView,
  MarketTickView,
  OrderCommandView,
  REFUSED_AT_DOOR,
  Side,
} from "../../ffi/layout.gen.ts";
import { EVERY_INSTRUMENT, type MatchingEngine, type SubmitCounts } from "../../ffi/mod.ts";
import type { ActorDef, ActorRef, Micros } from "../../runtime/mod.ts";
import {
  type Approval,
  type ApprovedBatch,
  type BookTop,
  type Depth,
  type FlowBatch,
  type FlowReports,
  GUARDIAN,
  type Instrument,
  type MarketEvent,
  RecordArena,
  type SubscribeMarket,
  VENUE,
  type VenueMessage,
} from "../protocol/mod.ts";
import { GuardianLink } from "./guardian_link.ts";
import type { Reports } from "./report_writer.ts";
import { Subscribers } from "./subscribers.ts";

const RECORD = 64;
const CHUNK = 4096;
const MAX_DEPTH = 64;
/** `MarketTick.kind` of a change of the trading state. */
const TICK_STATE = 2;

export interface SimulatedVenueOptions {
  readonly engine: MatchingEngine;
  readonly instruments: readonly Instrument[];
  readonly isApproved: Approval["isApproved"];
  /** Whether an order of the owner may still enter: false once its scope is killed. */
  readonly doorOpen: (owner: number, instrument: number) => boolean;
}

/** Execution records of one call, by whose they are. */
export interface Outcome {
  /** Native Execution records of our orders. */
  readonly own: Uint8Array<ArrayBuffer>;
  readonly ownCount: number;
  readonly background: Uint8Array<ArrayBuffer>;
  readonly backgroundCount: number;
  /** Public events by instrument id; empty where nothing happened. */
  readonly events: readonly (readonly MarketEvent[])[];
}

export class SimulatedVenue {
  readonly #options: SimulatedVenueOptions;
  readonly subscribers = new Subscribers();
  readonly link = new GuardianLink("simulated");
  /** Who hears of background executions: whoever sent the last flow. */
  crowd: ActorRef<FlowReports> | null = null;
  readonly #arena = new RecordArena();
  readonly #executions = new Uint8Array(CHUNK * RECORD);
  readonly #execution = new ExecutionView(this.#executions);
  readonly #ticks = new Uint8Array(CHUNK * RECORD);
  readonly #tick = new MarketTickView(this.#ticks);
  readonly #levels = new Uint8Array(MAX_DEPTH * DepthLevelView.SIZE);
  readonly #level = new DepthLevelView(this.#levels);
  /** Highest instrument id and one. */
  readonly #ids: number;
  #time: Micros = 0;

  constructor(options: SimulatedVenueOptions) {
    this.#options = options;
    this.#ids = 1 + Math.max(...options.instruments.map(({ id }) => id));
  }

  /** Throws for orders that did not pass the gate. */
  demandApproval(batch: ApprovedBatch): void {
    if (!this.#options.isApproved(batch)) throw new Error("orders that did not pass the gate reached the venue");
  }

  /** Carries out approved commands. Marks in place, and so refuses, entries of scopes that were killed on the way. */
  submit(batch: ApprovedBatch): Outcome {
    this.demandApproval(batch);
    const view = new OrderCommandView(batch.records);
    for (let i = 0; i < batch.count; i++) {
      view.at(i);
      const enters = view.kind === CommandKind.New || view.kind === CommandKind.Amend;
      if (enters && !this.#options.doorOpen(view.owner, view.instrument)) view.flags |= REFUSED_AT_DOOR;
    }
    return this.#run(batch.records, batch.count);
  }

  /** As `submit`, without an actor around it: tells the others, and returns the reports for the caller to book. */
  enter(batch: ApprovedBatch): Reports {
    const outcome = this.submit(batch);
    this.tellOthers(outcome);
    return { records: outcome.own, count: outcome.ownCount };
  }

  /** Carries out commands of background participants, and of nobody else: they are the only ones who pass no gate. */
  flow(batch: FlowBatch): Outcome {
    const view = new OrderCommandView(batch.records);
    for (let i = 0; i < batch.count; i++) {
      if (view.at(i).owner < BACKGROUND_OWNER) throw new Error("an order of ours reached the venue past the gate");
    }
    this.crowd = batch.replyTo;
    return this.#run(batch.records, batch.count);
  }

  /**
   * Cancels what rests of an owner (in one instrument, or in all) at once, without a message: for a kill when the guardian
   * is gone. Public data of it is published; the reports are the caller's to book.
   */
  cancelAll(scope: { readonly owner: number; readonly instrument?: number }, time: Micros) {
    const instrument = scope.instrument ?? EVERY_INSTRUMENT;
    const { engine } = this.#options;
    const outcome = this.#gather(engine.cancelAll(scope.owner, instrument, time, this.#executions, this.#ticks));
    this.tellOthers(outcome);
    return { records: outcome.own, count: outcome.ownCount };
  }

  /** Tells the crowd and the public, but not those whose orders passed the gate. */
  tellOthers({ background, backgroundCount, events }: Outcome): void {
    if (backgroundCount > 0) this.crowd?.tell({ kind: "FlowReports", records: background, count: backgroundCount });
    for (let instrument = 0; instrument < events.length; instrument++) {
      this.subscribers.publish(instrument, events[instrument]);
    }
  }

  /** Best `levels` levels of each side. */
  depth(instrument: number, levels: number): Depth {
    const side = (code: number): Array<readonly [number, number]> => {
      const wanted = this.#levels.subarray(0, Math.min(levels, MAX_DEPTH) * DepthLevelView.SIZE);
      const count = this.#options.engine.depth(instrument, code, wanted);
      return Array.from({ length: count }, (_, i) => [this.#level.at(i).price, this.#level.quantity] as const);
    };
    return { instrument, time: this.#time, bids: side(Side.Buy), asks: side(Side.Sell) };
  }

  /** Best prices as they stand, dated `time`; null for a book without orders and for what is not listed. */
  top(instrument: number, time: Micros): BookTop | null {
    if (!this.#options.instruments.some(({ id }) => id === instrument)) return null;
    const { bids: [bid], asks: [ask] } = this.depth(instrument, 1);
    if (bid === undefined && ask === undefined) return null;
    return {
      kind: "BookTop",
      instrument,
      bid: bid?.[0] ?? 0,
      bidQuantity: bid?.[1] ?? 0,
      ask: ask?.[0] ?? 0,
      askQuantity: ask?.[1] ?? 0,
      time,
    };
  }

  #run(commands: Uint8Array, count: number): Outcome {
    return this.#gather(this.#options.engine.submit(commands, count, this.#executions, this.#ticks));
  }

  /** What the last call wrote, and all that did not fit into the buffers. */
  #gather(written: SubmitCounts): Outcome {
    const own = new RecordList(this.#arena);
    const background = new RecordList(this.#arena);
    const total = written.executions + written.waitingExecutions;
    const events: MarketEvent[][] = [];
    for (let id = 0; id < this.#ids; id++) events.push([]);
    let counts = written;
    this.#collect(counts, total, own, background, events);
    while (counts.waitingExecutions > 0 || counts.waitingTicks > 0) {
      counts = this.#options.engine.drain(this.#executions, this.#ticks);
      this.#collect(counts, total, own, background, events);
    }
    return {
      own: own.bytes,
      ownCount: own.count,
      background: background.bytes,
      backgroundCount: background.count,
      events,
    };
  }

  /** `total` records came of the call, these among them. */
  #collect(
    counts: SubmitCounts,
    total: number,
    own: RecordList,
    background: RecordList,
    events: MarketEvent[][],
  ): void {
    const { executions } = counts;
    for (let start = 0; start < executions;) {
      const theirs = this.#execution.at(start).owner >= BACKGROUND_OWNER;
      let end = start + 1;
      while (end < executions && this.#execution.at(end).owner >= BACKGROUND_OWNER === theirs) end++;
      // A mass cancel is nearly all of one kind, and of it there is room for all from the beginning.
      const most = end - start === executions ? total : 0;
      (theirs ? background : own).push(this.#executions, start, end, most);
      start = end;
    }
    const tick = this.#tick;
    for (let i = 0; i < counts.ticks; i++) {
      tick.at(i);
      // A change of the trading state is no event of the market's prices.
      if (tick.kind === TICK_STATE) continue;
      const { instrument, time } = tick;
      this.#time = time;
      events[instrument].push(
        tick.kind === 0
          ? {
            kind: "BookTop",
            instrument,
            bid: tick.bid,
            bidQuantity: tick.bidQuantity,
            ask: tick.ask,
            askQuantity: tick.askQuantity,
            time,
          }
          : {
            kind: "TradePrint",
            instrument,
            price: tick.price,
            quantity: tick.quantity,
            aggressor: tick.aggressor as 0 | 1,
            time,
          },
      );
    }
  }
}

/** Grows by runs of whole records. */
class RecordList {
  readonly #arena: RecordArena;
  bytes: Uint8Array<ArrayBuffer> = EMPTY;
  count = 0;

  constructor(arena: RecordArena) {
    this.#arena = arena;
  }

  /** Adds records; `most` may be as many as there will be in all. */
  push(from: Uint8Array, start: number, end: number, most: number): void {
    const needed = (this.count + end - start) * RECORD;
    if (needed > this.bytes.length) {
      const room = Math.max(needed, most * RECORD);
      const larger = this.#arena.take(this.count === 0 ? room : Math.max(room, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(from.subarray(start * RECORD, end * RECORD), this.count * RECORD);
    this.count += end - start;
  }
}

const EMPTY = new Uint8Array(0);

export interface SimulatedExchangeArgs {
  readonly venue: SimulatedVenue;
}

export const simulatedExchange: ActorDef<VenueMessage, SimulatedExchangeArgs> = {
  type: "simulated-exchange",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init(context, { venue }) {
    context.register(VENUE);
    const guardian = context.registry.get(GUARDIAN);
    venue.link.announce(guardian);

    /** Our executions first: the gate must know them before anyone acts on what the market shows. */
    const deliver = (outcome: Outcome) => {
      venue.link.tell(guardian, { records: outcome.own, count: outcome.ownCount });
      venue.tellOthers(outcome);
    };

    /** Who comes late, or again after a crash, must not wait for the next change to know the prices. */
    const subscribe = (message: SubscribeMarket) => {
      venue.subscribers.add(message);
      for (const instrument of message.instruments) {
        const top = venue.top(instrument, context.clock.now());
        if (top !== null) venue.subscribers.tellAgain(message.subscriber, top);
      }
    };

    return {
      receive(message) {
        switch (message.kind) {
          case "ApprovedBatch":
            venue.demandApproval(message);
            if (venue.link.takes(guardian, message)) deliver(venue.submit(message));
            return;
          case "AskVenue":
            guardian.tell({ kind: "VenueAnswers" });
            return;
          case "ResendReports":
            return venue.link.resend(message);
          case "FlowBatch":
            return deliver(venue.flow(message));
          case "SubscribeMarket":
            return subscribe(message);
          case "Recorded":
          case "BarBatch":
            throw new Error(`the simulated exchange does not take ${message.kind}: check the feed's wiring`);
        }
      },
      show: (message) => message,
    };
  },
};
