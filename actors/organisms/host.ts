/**
 * The host: an actor that keeps one organism alive and honest.
 *
 * It gives the organism its identity, its market data and its reports, and stands between its wishes and the gate:
 * order ids come from the node, quotes stay for the declared minimum resting time, messages stay within the declared
 * budget. When an incarnation begins or ends, whatever the reason, it withdraws everything the strategy has resting; a
 * kill acts at the gate and the venue and never waits for the host. Those three are the only exceptions to the resting
 * time. Told that its scope is stopped, it takes the organism's timers away and sends nothing more until it hears that
 * trading is resumed.
 */
import { Code } from "../../ffi/layout.gen.ts";
import {
  type ActorContext,
  type ActorDef,
  type ActorRef,
  type ExitReason,
  type Handlers,
  type Micros,
  MICROS_PER_MS,
  type ServiceKey,
} from "../../runtime/mod.ts";
import {
  type ExecutionReport,
  GUARDIAN,
  type GuardianMessage,
  type GuardianReady,
  type Instrument,
  isStill,
  marketCause,
  type MarketData,
  type MarketStatus,
  NO_CAUSE,
  NOTICE_CAUSE,
  type PositionSnapshot,
  type StrategyId,
  TIMER_CAUSE,
  type TradingHalted,
  type TradingNotice,
  type TradingResumed,
  VENUE,
  type VenueMessage,
  type VenueReady,
} from "../protocol/mod.ts";
import { Conduct } from "./conduct.ts";
import { Desk, type DeskMessage } from "./desk.ts";
import type { Organism, OrganismContext, OrganismDefinition } from "./organism.ts";
import { OwnTimers } from "./own_timers.ts";
import { readParameters } from "./parameters.ts";

export type HostMessage =
  | MarketData
  | MarketStatus
  | ExecutionReport
  | PositionSnapshot
  | GuardianReady
  | TradingNotice
  | VenueReady
  | DeskMessage
  | { readonly kind: "AttachAgain" }
  | { readonly kind: "OrganismTimer"; readonly key: string };

/** Made by `prepareHost`; belongs to the node, outlives every incarnation. */
export interface HostArgs {
  readonly id: string;
  readonly strategy: StrategyId;
  readonly species: string;
  readonly instruments: readonly Instrument[];
  /** As checked, defaults filled in. */
  readonly parameters: unknown;
  readonly conduct: Conduct;
  readonly doors: HostDoors;
  create(context: OrganismContext): Organism;
}

/** Who takes its orders, and who its wishes for market data. */
export interface HostDoors {
  readonly orders: ServiceKey<GuardianMessage>;
  readonly market: ServiceKey<VenueMessage>;
}

export interface HostOptions<P> {
  /** Name of the instance, for example "anglerfish-1". */
  readonly id: string;
  readonly strategy: StrategyId;
  readonly definition: OrganismDefinition<P>;
  /** As the configuration gives them; absent keys take their defaults. */
  readonly parameters?: unknown;
  readonly instruments: readonly Instrument[];
  /** Default: the guardian and the venue of its node. */
  readonly doors?: HostDoors;
}

/** Checks the parameters and makes the arguments of an `organismHost`. Throws UserError "ORGANISM_PARAMETERS". */
export function prepareHost<P>(
  { id, strategy, definition, parameters, instruments, doors = { orders: GUARDIAN, market: VENUE } }: HostOptions<P>,
): HostArgs {
  const checked = readParameters(definition, id, parameters);
  return {
    id,
    strategy,
    species: definition.species,
    instruments,
    parameters: checked,
    conduct: new Conduct(definition.discipline(checked)),
    doors,
    create: (context) => definition.create(context, checked),
  };
}

export const organismHost: ActorDef<HostMessage, HostArgs> = {
  type: "organism",
  // Reports share the mailbox with market data, and a lost report would cost the host its picture of its orders.
  mailbox: { capacity: 65_536, overflow: "reject" },
  keepsState: true,
  init: (context, args) => new Host(context, args),
};

/** Market messages kept while the starting position is unknown; beyond it the oldest go, and are counted. */
const MOST_BUFFERED = 4_096;
/** A guardian that crashed with the attachment in its hands answers the next one. */
const ATTACH_AGAIN: Micros = 500 * MICROS_PER_MS;
/** What an organism that has to be still is refused with. */
const SHUT = { REDUCE_ONLY: Code.ReduceOnly, CANCEL_ONLY: Code.CancelOnly, KILLED: Code.Killed } as const;
const MOST_NOTES = 32;
const NOTE_LENGTH = 200;

class Host implements Handlers<HostMessage> {
  readonly #actor: ActorContext<HostMessage>;
  readonly #args: HostArgs;
  readonly #guardian: ActorRef<GuardianMessage>;
  readonly #desk: Desk;
  readonly #organism: Organism;
  readonly #notes: { readonly time: Micros; readonly text: string }[] = [];
  readonly #timers: OwnTimers;
  readonly #halts = new Map<number, TradingHalted>();
  readonly #onReport = (report: ExecutionReport): void => this.#organism.onReport?.(report);
  /** Null once the starting position is known. */
  #waiting: (MarketData | MarketStatus)[] | null = [];
  #lostWhileWaiting = 0;

  constructor(actor: ActorContext<HostMessage>, args: HostArgs) {
    const guardian = actor.registry.get(args.doors.orders);
    this.#actor = actor;
    this.#args = args;
    this.#desk = new Desk(actor, guardian, args);
    this.#timers = new OwnTimers(actor.timers);
    this.#organism = args.create(this.#contextOf(this.#desk));
    this.#guardian = guardian;
    this.#attach();
    actor.timers.every("attach", ATTACH_AGAIN, { kind: "AttachAgain" });
    this.#desk.withdrawAll();
    this.#subscribe();
  }

  receive(message: HostMessage): void {
    switch (message.kind) {
      case "MarketData":
      case "MarketStatus":
        return this.#waiting === null ? this.#market(message) : this.#hold(message, this.#waiting);
      case "ExecutionReport":
        return this.#desk.report(message, this.#onReport);
      case "OrganismTimer":
        return this.#timers.fired(
          message.key,
          () => this.#because(TIMER_CAUSE, () => this.#organism.onTimer?.(message.key)),
        );
      case "TradingHalted":
        return this.#halted(message);
      case "TradingResumed":
        return this.#resumed(message);
      case "RestDue":
        return this.#desk.restDue(message.orderId);
      case "RefusalsDue":
        return this.#desk.deliverRefusals(this.#onReport);
      case "PositionSnapshot":
        return this.#waiting === null ? this.#desk.resume(message, this.#onReport) : this.#begin(message);
      case "GuardianReady":
      case "AttachAgain":
        return this.#attach();
      case "VenueReady":
        return this.#subscribe();
    }
  }

  stopped(_reason: ExitReason): void {
    this.#desk.withdrawAll();
  }

  inspect(): unknown {
    const { species, strategy, parameters, conduct } = this.#args;
    const { submitted, amended, cancelled, fills, deferred, refused } = conduct;
    return {
      species,
      strategy,
      parameters,
      positions: this.#desk.positions(),
      openOrders: this.#desk.openOrderCount,
      conduct: { submitted, amended, cancelled, fills, deferred, refused },
      lostWhileWaiting: this.#lostWhileWaiting,
      halted: [...this.#halts.values()].map(({ instrument, state, flattening, scope, reason }) => {
        return { instrument, state, flattening, scope, reason };
      }),
      notes: [...this.#notes],
      state: this.#organism.inspect?.() ?? null,
    };
  }

  show(message: HostMessage): unknown {
    return message;
  }

  /** The organism's whole world: nothing of the host or the actor can be reached through it. */
  #contextOf(desk: Desk): OrganismContext {
    const actor = this.#actor;
    const { id, instruments } = this.#args;
    return Object.freeze<OrganismContext>({
      id,
      instruments,
      random: actor.random,
      now: () => actor.clock.now(),
      position: (instrument) => desk.position(instrument),
      openOrders: (instrument) => desk.openOrders(instrument),
      state: (instrument) => this.#halts.get(instrument)?.state ?? "ACTIVE",
      submit: (order) => desk.submit(order),
      cancel: (orderId) => desk.cancel(orderId),
      amend: (orderId, price, quantity) => desk.amend(orderId, price, quantity),
      setTimer: (key, delay) => {
        if (!Number.isSafeInteger(delay) || delay < 0) {
          throw new RangeError(`organism "${id}": a timer delay of ${delay} is not a whole number of microseconds`);
        }
        this.#timers.set(key, delay);
      },
      log: (text) => {
        if (this.#notes.length === MOST_NOTES) this.#notes.shift();
        this.#notes.push({ time: actor.clock.now(), text: text.slice(0, NOTE_LENGTH) });
      },
    });
  }

  #subscribe(): void {
    const instruments = this.#args.instruments.map((instrument) => instrument.id);
    this.#actor.registry.get(this.#args.doors.market).tell({
      kind: "SubscribeMarket",
      subscriber: this.#actor.self,
      instruments,
    });
  }

  #attach(): void {
    const { strategy } = this.#args;
    this.#guardian.tell({
      kind: "AttachStrategy",
      strategy,
      subscriber: this.#actor.self,
      orders: this.#desk.doubtAll(),
    });
  }

  #begin(snapshot: PositionSnapshot): void {
    this.#actor.timers.cancel("attach");
    this.#desk.begin(snapshot);
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const halt of this.#halts.values()) this.#because(NOTICE_CAUSE, () => this.#organism.onHalt?.(halt));
    for (const message of waiting) this.#market(message);
  }

  #halted(halt: TradingHalted): void {
    if (!this.#desk.owns(halt.instrument)) return;
    this.#halts.set(halt.instrument, halt);
    this.#desk.setShut(halt.instrument, isStill(halt) ? SHUT[halt.state] : 0);
    this.#pauseOrNot();
    if (this.#waiting === null) this.#because(NOTICE_CAUSE, () => this.#organism.onHalt?.(halt));
  }

  #resumed(resumed: TradingResumed): void {
    if (!this.#halts.delete(resumed.instrument)) return;
    this.#desk.setShut(resumed.instrument, 0);
    this.#pauseOrNot();
    if (this.#waiting === null) this.#because(NOTICE_CAUSE, () => this.#organism.onResume?.(resumed));
  }

  /** Timers belong to no instrument: they stand still while every instrument does. */
  #pauseOrNot(): void {
    const { instruments } = this.#args;
    const still = instruments.every(({ id }) => {
      const halt = this.#halts.get(id);
      return halt !== undefined && isStill(halt);
    });
    if (still) this.#timers.pause();
    else this.#timers.go();
  }

  #hold(message: MarketData | MarketStatus, waiting: (MarketData | MarketStatus)[]): void {
    if (waiting.length === MOST_BUFFERED) {
      waiting.shift();
      this.#lostWhileWaiting++;
    }
    waiting.push(message);
  }

  #market(message: MarketData | MarketStatus): void {
    if (message.kind === "MarketStatus") {
      if (this.#desk.owns(message.instrument)) this.#because(NOTICE_CAUSE, () => this.#organism.onStatus?.(message));
      return;
    }
    const { events, first = 0 } = message;
    for (let i = 0; i < events.length; i++) {
      const event = events[i];
      if (!this.#desk.owns(event.instrument)) continue;
      this.#desk.cause = marketCause(event.instrument, first === 0 ? 0 : first + i);
      if (event.kind === "BookTop") this.#organism.onBook?.(event);
      else if (event.kind === "TradePrint") this.#organism.onTrade?.(event);
      else this.#organism.onBar?.(event);
    }
    this.#desk.cause = NO_CAUSE;
  }

  /** What the organism does in `act` has this cause. If it throws, the desk goes with it. */
  #because(cause: number, act: () => void): void {
    this.#desk.cause = cause;
    act();
    this.#desk.cause = NO_CAUSE;
  }
}
