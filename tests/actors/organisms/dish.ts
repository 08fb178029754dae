/**
 * A dish to keep one hosted organism in: the real host in a real system in virtual time, with a guardian and a venue
 * that record what reaches them. What a venue would answer is up to the test.
 */
import { testSystem } from "../../../runtime/testkit/mod.ts";
import type { ActorRef, ActorSystem } from "../../../runtime/mod.ts";
import { type HostMessage, organismHost, prepareHost } from "../../../actors/organisms/host.ts";
import type { OrganismDefinition } from "../../../actors/organisms/organism.ts";
import {
  type AttachStrategy,
  type ExecutionReport,
  GUARDIAN,
  type GuardianMessage,
  type Instrument,
  type OrderIntent,
  type SubmitOrder,
  VENUE,
  type VenueMessage,
} from "../../../actors/protocol/mod.ts";

export const INSTRUMENT: Instrument = {
  id: 3,
  symbol: "ALPHA",
  currency: "USD",
  tick: "0.01",
  lot: "1",
  unitsPerTickLot: 1_000_000,
  makerFee: 0,
  takerFee: 0,
};

export const STRATEGY = 7;

type Answer = (intent: OrderIntent, dish: Dish) => void;

export interface DishOptions<P> {
  readonly definition: OrganismDefinition<P>;
  readonly parameters?: unknown;
  readonly instrument?: Instrument;
  readonly seed?: number;
  /** Position that the guardian reports when the host attaches; null: it keeps silent. */
  readonly position?: number | null;
  /** Called for every order, amendment and cancel, at the time at which it reaches the guardian. */
  readonly answer?: Answer;
}

export class Dish {
  readonly system: ActorSystem;
  readonly host: ActorRef<HostMessage>;
  /** Everything that reached the guardian, oldest first, with the time at which it did. */
  readonly told: { readonly time: number; readonly message: GuardianMessage }[] = [];
  readonly subscriptions: VenueMessage[] = [];
  /** Of each order, the changes that the guardian knows of. */
  changes: readonly (readonly [order: number, decided: number])[] = [];
  position: number;
  readonly instrument: Instrument;

  private constructor(options: DishOptions<never>) {
    const { definition, parameters, seed = 1, position = 0, answer } = options;
    const instrument = options.instrument ?? INSTRUMENT;
    this.instrument = instrument;
    this.position = position ?? 0;
    this.system = testSystem({ seed });
    this.system.start<GuardianMessage, void>("guardian", {
      type: "guardian",
      init: (context) => {
        context.register(GUARDIAN);
        return {
          receive: (message) => {
            this.told.push({ time: context.clock.now(), message });
            if (message.kind === "AttachStrategy") this.#attach(message, position);
            else if ("strategy" in message) answer?.(message, this);
          },
        };
      },
    }, undefined);
    this.system.start<VenueMessage, void>("venue", {
      type: "venue",
      init: (context) => {
        context.register(VENUE);
        return { receive: (message) => void this.subscriptions.push(message) };
      },
    }, undefined);
    const args = prepareHost({ id: "subject", strategy: STRATEGY, definition, parameters, instruments: [instrument] });
    this.host = this.system.start("subject", organismHost, args);
  }

  static of<P>(options: DishOptions<P>): Dish {
    return new Dish(options as unknown as DishOptions<never>);
  }

  #attach({ subscriber, strategy }: AttachStrategy, position: number | null): void {
    if (position === null) return;
    const { changes, instrument } = this;
    subscriber.tell({ kind: "PositionSnapshot", strategy, positions: [[instrument.id, this.position]], changes });
  }

  get now(): number {
    return this.system.clock.now();
  }

  /** Orders, amendments and cancels, without the cancel-all of the start. */
  get intents(): readonly OrderIntent[] {
    return this.told.map(({ message }) => message).filter((message): message is OrderIntent =>
      message.kind === "SubmitOrder" || message.kind === "AmendOrder" || message.kind === "CancelOrder"
    );
  }

  get submitted(): readonly SubmitOrder[] {
    return this.intents.filter((intent): intent is SubmitOrder => intent.kind === "SubmitOrder");
  }

  /** Reports to the host now. */
  report(order: Pick<SubmitOrder, "orderId" | "side" | "price" | "quantity">, fields: Partial<ExecutionReport>): void {
    this.host.tell({
      kind: "ExecutionReport",
      type: "new",
      orderId: order.orderId,
      strategy: STRATEGY,
      instrument: this.instrument.id,
      side: order.side,
      price: order.price,
      quantity: order.quantity,
      leaves: order.quantity,
      liquidity: "none",
      code: 0,
      fee: 0,
      time: this.now,
      position: this.position,
      ...fields,
    });
  }

  /** The venue takes the order. */
  accept(order: SubmitOrder): void {
    this.report(order, { type: "new" });
  }

  /** The order trades in full at `price`. */
  fill(order: SubmitOrder, price = order.price): void {
    this.position += order.side === 0 ? order.quantity : -order.quantity;
    this.report(order, { type: "trade", price, leaves: 0, liquidity: "taker" });
  }

  book(bid: number, ask: number, bidQuantity = 10, askQuantity = 10): void {
    const { id: instrument } = this.instrument;
    const time = this.now;
    const event = { kind: "BookTop", instrument, bid, bidQuantity, ask, askQuantity, time } as const;
    this.host.tell({ kind: "MarketData", events: [event] });
  }

  trade(price: number, aggressor: 0 | 1, quantity = 1): void {
    const event = {
      kind: "TradePrint",
      instrument: this.instrument.id,
      price,
      quantity,
      aggressor,
      time: this.now,
    } as const;
    this.host.tell({ kind: "MarketData", events: [event] });
  }

  status(status: "live" | "stale" | "resyncing" | "ended"): void {
    const { id: instrument } = this.instrument;
    this.host.tell({ kind: "MarketStatus", instrument, status, detail: "by the test", time: this.now });
  }

  /** Lets `micros` of virtual time pass. */
  async pass(micros: number): Promise<void> {
    await this.system.run({ until: this.now + micros });
  }

  settle(): Promise<void> {
    return this.pass(0);
  }

  inspect(): {
    state: unknown;
    conduct: Record<string, number>;
    openOrders: number;
    positions: unknown;
    notes: unknown;
  } {
    return this.system.inspect(this.host.path) as ReturnType<Dish["inspect"]>;
  }
}

export const MS = 1_000;
export const SECOND = 1_000_000;
