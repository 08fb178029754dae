/**
 * The door of an organism that trades over another node's gate: it stands in the place of guardian and venue on the node that
 * hosts it, and turns what the organism tells them into letters to its seat (seat.ts), and the seat's letters into what the
 * organism hears.
 *
 * It lets an order out only while the shard's lease is held, the gateway is heard and the seat has opened the stream. In
 * doubt the organism is told that nothing but cancels passes, and begins anew, from a clean state, as soon as the seat answers
 * again: nobody trades on a picture that may have a hole.
 */
import {
  type ActorContext,
  type ActorDef,
  type ActorRef,
  type ExitReason,
  type Handlers,
  type Micros,
  type ServiceKey,
  serviceKey,
} from "../../runtime/mod.ts";
import { Code } from "../../ffi/layout.gen.ts";
import type { Letter } from "../../runtime/transport/mod.ts";
import {
  type AttachStrategy,
  type ExecutionReport,
  type GuardianMessage,
  type HolderWord,
  type MarketData,
  type MarketStatus,
  type OrderIntent,
  type StrategyId,
  type StrategyMessage,
  type SubscribeMarket,
  TO_GATEWAY,
  type ToHolder,
  type VenueMessage,
  type Wish,
} from "../protocol/mod.ts";
import { Fence } from "./fence.ts";
import { letterOf } from "./words.ts";

/** A word of the shard's seat, as it came in. */
export interface FromSeat extends ToHolder {
  readonly kind: "FromSeat";
  readonly epoch: number;
  readonly sequence: number;
}

export type DoorMessage =
  | OrderIntent
  | AttachStrategy
  | SubscribeMarket
  | FromSeat
  | { readonly kind: "DoorTick" };

/** Of one shard under one lease. Outlives every incarnation of the door. */
export class DoorState {
  readonly fence = new Fence();
  /** Letters sent to the seat. */
  sent = 0;
  /** Since when the gateway was not heard, node time. */
  heard: Micros = 0;
  /** Why nothing passes; null: everything does. */
  halted: string | null = "the seat has not answered yet";
  /** Final: the seat refuses this holder, or has a later one. */
  refused = false;
  /** Orders that did not leave because of a kill. */
  kept = 0;
}

/** A word of this node about a scope of the organism. */
export interface KilledHere {
  /** Killed, or cancel-only. */
  readonly killed: boolean;
  readonly reason: string;
}

export interface DoorArgs {
  readonly shard: string;
  readonly strategy: StrategyId;
  readonly instruments: readonly number[];
  readonly state: DoorState;
  /** Name of this node, and the epoch of the shard's lease. */
  readonly node: string;
  readonly epoch: number;
  /** Epoch of the gateway it trades over, and no other. */
  readonly gateway: number;
  readonly config: string;
  /** Whether the shard's lease is held, as far as the node can know. */
  readonly held: () => boolean;
  /** Why no order in an instrument may leave this node, by a kill that it has heard itself; null: it may. */
  readonly killed: (instrument: number) => KilledHere | null;
  /** Never throws. */
  readonly send: (letter: Letter) => void;
  /** Starts the organism anew, from a clean state. */
  readonly again: (reason: string) => void;
  /** A later holder trades, or the seat refuses this one: nothing to be done here any more. */
  readonly over: (reason: string) => void;
  readonly beatEvery: Micros;
  /** Silence after which the gateway is in doubt. */
  readonly silence: Micros;
}

/** The names under which an organism finds its door. */
export const doorKeys = (shard: string): {
  readonly orders: ServiceKey<GuardianMessage>;
  readonly market: ServiceKey<VenueMessage>;
} => ({ orders: serviceKey(`orders of ${shard}`), market: serviceKey(`market of ${shard}`) });

export const door: ActorDef<DoorMessage, DoorArgs> = {
  type: "door",
  mailbox: { capacity: 65_536, overflow: "reject" },
  init: (context, args) => new Door(context, args),
};

type HostWord = StrategyMessage | MarketData | MarketStatus;

class Door implements Handlers<DoorMessage> {
  readonly #context: ActorContext<DoorMessage>;
  readonly #args: DoorArgs;
  #host: ActorRef<HostWord> | null = null;
  /** Of each instrument, as the gateway said last. */
  readonly #positions = new Map<number, number>();

  constructor(context: ActorContext<DoorMessage>, args: DoorArgs) {
    this.#context = context;
    this.#args = args;
    const keys = doorKeys(args.shard);
    // Of all that guardian and venue take, an organism says what a door understands.
    context.register(keys.orders as ServiceKey<DoorMessage>);
    context.register(keys.market as ServiceKey<DoorMessage>);
    context.timers.every("tick", args.beatEvery, { kind: "DoorTick" });
    args.state.heard = context.clock.now();
    args.state.halted ??= "its door started again";
  }

  receive(message: DoorMessage): void {
    switch (message.kind) {
      case "FromSeat":
        return this.#fromSeat(message);
      case "AttachStrategy":
        return this.#attach(message);
      case "SubscribeMarket":
        this.#host = message.subscriber as ActorRef<HostWord>;
        return;
      case "DoorTick":
        return this.#tick();
      default:
        return this.#wish(message);
    }
  }

  /** The organism behind it has ended before. Said so, the seat need not wait for silence. */
  stopped(_reason: ExitReason): void {
    if (this.#args.held() && !this.#args.state.refused) this.#send({ kind: "ShardLeft" });
  }

  inspect(): unknown {
    const { shard, epoch, state: { halted, sent, fence } } = this.#args;
    return { shard, epoch, halted, sent, taken: fence.last, gateway: fence.epoch };
  }

  #fromSeat({ to, word, epoch, sequence }: FromSeat): void {
    const { state, epoch: own, gateway, over } = this.#args;
    // Of a gateway before this one: late, or played again.
    if (epoch < gateway) return;
    if (epoch > gateway) return this.#doubt(`a gateway of epoch ${epoch} has begun`);
    const opens = to === own && word.kind === "ShardAttached";
    const verdict = state.fence.take({ epoch, sequence }, opens);
    if (verdict === "fenced" || verdict === "repeat") return;
    state.heard = this.#context.clock.now();
    if (verdict === "gap") this.#doubt("a letter of the gateway is missing");
    if (to !== own || state.refused) return;
    switch (word.kind) {
      case "ShardAttached":
        state.halted = null;
        return;
      case "ShardAgain":
        return this.#doubt(word.reason);
      case "ShardFenced":
        [state.refused, state.halted] = [true, `a holder of epoch ${word.epoch} trades now`];
        this.#halt(state.halted);
        return over(state.halted);
      case "ShardRefused":
        [state.refused, state.halted] = [true, word.reason];
        this.#halt(word.reason);
        return over(word.reason);
      case "ShardBeat":
        return;
      case "ExecutionReport":
        if (verdict === "new") this.#positions.set(word.instrument, word.position);
        // Times of another node mean nothing here: it happened now.
        if (verdict === "new") this.#host?.tell({ ...word, time: state.heard });
        return;
      case "TradingHalted":
      case "TradingResumed":
        if (verdict === "new") this.#host?.urgent({ ...word, time: state.heard });
        return;
      case "PositionSnapshot":
        if (verdict !== "new") return;
        this.#positions.clear();
        for (const [instrument, lots] of word.positions) this.#positions.set(instrument, lots);
        this.#host?.tell(word);
        return;
      default:
        if (verdict === "new") this.#host?.tell(word);
    }
  }

  #attach({ subscriber, orders = [] }: AttachStrategy): void {
    this.#host = subscriber as ActorRef<HostWord>;
    const { state, config, held } = this.#args;
    // It asks again and again, and trades nothing before it is answered.
    if (state.refused || !held()) return;
    this.#send({ kind: "ShardAttach", config, orders });
  }

  #wish(intent: OrderIntent): void {
    const { state, held } = this.#args;
    const { time: _time, stamp: _stamp, ...wish } = intent;
    const enters = intent.kind === "SubmitOrder" || intent.kind === "AmendOrder";
    if (state.halted === null && !held()) this.#doubt("the lease of this shard is not confirmed");
    if (intent.kind === "SubmitOrder" || intent.kind === "AmendOrder") {
      const shut = this.#args.killed(intent.instrument);
      if (shut !== null) return this.#keep(intent, shut);
    }
    // An order that is not let out has no answer: its organism begins anew. What withdraws may always try.
    if (state.halted === null || (!enters && held())) this.#send(wish as Wish);
  }

  /** The organism hears what the gate would have said: the order is over, and has not left. */
  #keep(intent: Extract<OrderIntent, { readonly kind: "SubmitOrder" | "AmendOrder" }>, { killed }: KilledHere): void {
    const { state, strategy } = this.#args;
    state.kept++;
    const { instrument, side, price, quantity } = intent;
    const submits = intent.kind === "SubmitOrder";
    this.#host?.tell(
      {
        kind: "ExecutionReport",
        type: submits ? "rejected" : "cancel-rejected",
        orderId: submits ? intent.orderId : intent.target,
        ...{ strategy, instrument, side, price, quantity, leaves: 0, liquidity: "none", fee: 0 },
        code: killed ? Code.Killed : Code.CancelOnly,
        time: this.#context.clock.now(),
        position: this.#positions.get(instrument) ?? 0,
      } satisfies ExecutionReport,
    );
  }

  #tick(): void {
    const { state, silence, held } = this.#args;
    if (state.halted === null && this.#context.clock.now() - state.heard > silence) {
      this.#doubt("the gateway is silent");
    }
    if (state.halted === null && !held()) this.#doubt("the lease of this shard is not confirmed");
    if (held() && !state.refused) this.#send({ kind: "ShardBeat" });
  }

  /** Nothing passes until the seat has opened the stream for an organism that began anew; it attaches until it is answered. */
  #doubt(reason: string): void {
    const { state, again } = this.#args;
    if (state.halted !== null) return;
    state.halted = reason;
    this.#halt(reason);
    again(reason);
  }

  #halt(reason: string): void {
    const { strategy, instruments } = this.#args;
    const time = this.#context.clock.now();
    for (const instrument of instruments) {
      this.#host?.urgent({
        kind: "TradingHalted",
        strategy,
        instrument,
        state: "CANCEL_ONLY",
        flattening: false,
        scope: "mode",
        reason,
        time,
      });
    }
  }

  #send(word: HolderWord): void {
    const { state, node, epoch, gateway, send } = this.#args;
    const { self: { path }, envelope } = this.#context;
    send(letterOf({ node, epoch, path, sequence: ++state.sent }, TO_GATEWAY, { to: gateway, word }, envelope));
  }
}
