/**
 * The seat of an organism that lives on another node: it stands in the organism's place in the gateway's tree.
 *
 * To the guardian and the venue it is the organism. What they tell it goes out as letters to the shard's holder; what the
 * holder wishes is told to the guardian as if the organism had, stamped with this node's time, so that gate, mandates, kill
 * and record know nothing of other nodes.
 *
 * It trades for one holder at a time. It takes nothing of an older epoch, nothing out of order and nothing twice (fence.ts).
 * Whenever it is in doubt (nobody has attached, a letter is missing, the holder was silent, this gateway may have been
 * replaced) what rests is withdrawn and nothing passes, until a holder attaches again. Positions and reports go to the
 * new holder; orders of the one before do not live on.
 */
import type { ActorContext, ActorDef, ActorRef, ExitReason, Handlers, Micros } from "../../runtime/mod.ts";
import type { Letter } from "../../runtime/transport/mod.ts";
import {
  GUARDIAN,
  type GuardianMessage,
  type HolderWord,
  HOST_CAUSE,
  type MarketData,
  type MarketStatus,
  type OrderIntent,
  type SeatWord,
  type ShardAttach,
  type ShardEvent,
  type StrategyId,
  type StrategyMessage,
  type ToGateway,
  VENUE,
  type VenueReady,
  type Wish,
} from "../protocol/mod.ts";
import { Fence, type Verdict } from "./fence.ts";
import { letterOf, TO_HOLDER } from "./words.ts";

/** A word of a holder, as it came in. */
export interface FromHolder extends ToGateway {
  readonly kind: "FromHolder";
  readonly node: string;
  readonly epoch: number;
  readonly sequence: number;
}

export type SeatMessage =
  | StrategyMessage
  | MarketData
  | MarketStatus
  | VenueReady
  | FromHolder
  | { readonly kind: "SeatTick" };

/** Belongs to the node, outlives every incarnation of the seat. */
export class SeatState {
  readonly fence = new Fence();
  /** Letters sent to holders. */
  sent = 0;
  /** Who attached last; "": nobody yet. */
  holder = "";
  /** When the holder was heard last, node time. */
  heard: Micros = 0;
  /** Words of older holders, and orders that came while nothing passes. */
  refused = 0;
  /** Epoch of a later gateway; 0: none was heard of. */
  replacedBy = 0;
  /** Why nothing passes; null: everything does. */
  halted: string | null = "nobody has attached";
}

export interface SeatArgs {
  readonly shard: string;
  readonly strategy: StrategyId;
  /** Ids of its instruments. */
  readonly instruments: readonly number[];
  readonly state: SeatState;
  /** Name of the gateway's node, and the epoch of its lease. */
  readonly node: string;
  readonly epoch: number;
  /** Hash of the gateway's configuration. */
  readonly config: string;
  /** Whether the gateway holds its lease, as far as it can know. */
  readonly mayTrade: () => boolean;
  /** Never throws. A letter that is lost is noticed at the other end. */
  readonly send: (letter: Letter) => void;
  /** Puts on record, and tells people. */
  readonly note: (event: ShardEvent) => void;
  /** Node time between two signs of life, and the silence after which a holder is in doubt. */
  readonly beatEvery: Micros;
  readonly silence: Micros;
}

export const seat: ActorDef<SeatMessage, SeatArgs> = {
  type: "seat",
  // As an organism's: a lost report would cost the holder its picture of its orders.
  mailbox: { capacity: 65_536, overflow: "reject" },
  init: (context, args) => new Seat(context, args),
};

const enters = (word: HolderWord): boolean => word.kind === "SubmitOrder" || word.kind === "AmendOrder";

class Seat implements Handlers<SeatMessage> {
  readonly #context: ActorContext<SeatMessage>;
  readonly #args: SeatArgs;
  readonly #guardian: ActorRef<GuardianMessage>;
  /** Reports, notices and market data go out: somebody has attached. */
  #telling = false;

  constructor(context: ActorContext<SeatMessage>, args: SeatArgs) {
    this.#context = context;
    this.#args = args;
    this.#guardian = context.registry.get(GUARDIAN);
    context.timers.every("tick", args.beatEvery, { kind: "SeatTick" });
    this.#subscribe();
    // Whatever an incarnation before had under way is in doubt.
    if (args.state.holder !== "" && args.state.halted === null) this.#halt("its seat started again");
    else this.#withdraw();
    this.#attach([]);
  }

  receive(message: SeatMessage): void {
    switch (message.kind) {
      case "FromHolder":
        return this.#heard(message);
      case "SeatTick":
        return this.#tick();
      case "VenueReady":
        return this.#subscribe();
      case "GuardianReady":
        // Who lives on with his picture of his orders asks about them; nobody else has one.
        if (this.#telling) this.#tell(message);
        else this.#attach([]);
        return;
      default:
        if (this.#telling) this.#tell(message);
    }
  }

  stopped(_reason: ExitReason): void {
    this.#withdraw();
  }

  inspect(): unknown {
    const { state, shard } = this.#args;
    const { holder, halted, refused, sent, fence } = state;
    return { shard, holder, epoch: fence.epoch, halted, refused, sent, taken: fence.last };
  }

  show(message: SeatMessage): unknown {
    return message;
  }

  #heard(from: FromHolder): void {
    const { state, note, epoch } = this.#args;
    const { word } = from;
    // For a gateway before this one; or for one after it, and then this one has been replaced.
    if (from.to > epoch && state.replacedBy < from.to) this.#replaced(from.to);
    if (from.to !== epoch || state.replacedBy > 0) return;
    const verdict = state.fence.take(from, word.kind === "ShardAttach");
    if (verdict === "fenced") {
      state.refused++;
      if (word.kind !== "ShardBeat") {
        note({
          event: "shard-fenced",
          node: from.node,
          epoch: from.epoch,
          highest: state.fence.epoch,
          word: word.kind,
        });
      }
      return this.#tell({ kind: "ShardFenced", epoch: state.fence.epoch }, from.epoch);
    }
    if (verdict === "repeat") return;
    state.heard = this.#context.clock.now();
    if (verdict === "new" && word.kind === "ShardAttach") return this.#attached(from, word);
    if (!this.#passes(verdict)) return this.#refuse(from);
    if (word.kind === "ShardLeft") return this.#halt("its holder gave it up");
    if (word.kind !== "ShardBeat") this.#wish(from, word as Wish);
  }

  /** Whether what the holder says may be acted on; halts where it may not. */
  #passes(verdict: Verdict): boolean {
    if (verdict === "gap") this.#halt("a letter of its holder is missing");
    else if (verdict === "new" && !this.#args.mayTrade()) this.#halt("this gateway may have been replaced");
    return verdict === "new" && this.#args.state.halted === null;
  }

  #attached({ node, epoch }: FromHolder, { config, orders }: ShardAttach): void {
    const { state, note, config: own } = this.#args;
    if (config !== own) {
      const reason = `the holder runs the configuration ${config.slice(0, 12)} and the gateway ${own.slice(0, 12)}: ` +
        "give both the same file";
      if (state.halted !== reason) note({ event: "shard-refused", node, epoch, reason });
      [state.holder, this.#telling] = [node, false];
      state.halted = reason;
      state.fence.close();
      this.#withdraw();
      return this.#tell({ kind: "ShardRefused", code: "CONFIG_MISMATCH", reason }, epoch);
    }
    if (!this.#args.mayTrade()) return this.#halt("this gateway may have been replaced");
    const goesOn = orders.length > 0 && state.halted === null && state.holder === node;
    state.holder = node;
    state.halted = null;
    if (!goesOn) {
      this.#withdraw();
      note({ event: "shard-attached", node, epoch });
    }
    this.#telling = true;
    this.#tell({ kind: "ShardAttached" });
    this.#attach(orders);
  }

  #wish({ node, epoch }: FromHolder, wish: Wish): void {
    const { strategy, instruments, note, state } = this.#args;
    const own = wish.strategy === strategy &&
      (wish.kind === "CancelAll" || instruments.includes(wish.instrument));
    if (!own) {
      state.refused++;
      const reason = `a ${wish.kind} for strategy ${wish.strategy} is not this organism's`;
      note({ event: "shard-refused", node, epoch, reason });
      return this.#halt(reason);
    }
    const [time, stamp] = [this.#context.clock.now(), this.#context.stopwatch.now()];
    const told = this.#guardian.tell({ ...wish, time, stamp } as OrderIntent);
    if (told !== "enqueued" && told !== "diverted") this.#halt("the guardian has no room");
  }

  /** What came while nothing passes. Everything of this organism is withdrawn by then, so its cancels want nothing more. */
  #refuse({ node, epoch, word }: FromHolder): void {
    const { state, note } = this.#args;
    const reason = state.halted ?? "its stream is closed";
    if (enters(word)) {
      state.refused++;
      note({ event: "shard-refused", node, epoch, reason });
    }
    if (word.kind !== "ShardLeft") this.#tell({ kind: "ShardAgain", reason }, epoch);
  }

  #tick(): void {
    const { state, silence, mayTrade } = this.#args;
    const silent = this.#context.clock.now() - state.heard > silence;
    if (state.halted === null && silent) this.#halt("its holder is silent");
    if (state.halted === null && !mayTrade()) this.#halt("this gateway may have been replaced");
    this.#tell({ kind: "ShardBeat" });
  }

  /** For good: holders speak to a later gateway. */
  #replaced(by: number): void {
    this.#args.state.replacedBy = by;
    this.#halt(`a gateway of epoch ${by} is served now, and this one has ${this.#args.epoch}`);
  }

  #halt(reason: string): void {
    const { state, note } = this.#args;
    const { fence, holder } = state;
    fence.close();
    this.#telling = false;
    this.#withdraw();
    if (state.halted === null) note({ event: "shard-halted", node: holder, epoch: fence.epoch, reason });
    state.halted = reason;
    this.#tell({ kind: "ShardAgain", reason });
  }

  #withdraw(): void {
    const { strategy } = this.#args;
    const time = this.#context.clock.now();
    this.#guardian.tell({ kind: "CancelAll", strategy, time, stamp: this.#context.stopwatch.now(), cause: HOST_CAUSE });
  }

  #attach(orders: readonly number[]): void {
    const { strategy } = this.#args;
    this.#guardian.tell({ kind: "AttachStrategy", strategy, subscriber: this.#context.self, orders });
  }

  #subscribe(): void {
    const { instruments } = this.#args;
    this.#context.registry.get(VENUE).tell({ kind: "SubscribeMarket", subscriber: this.#context.self, instruments });
  }

  #tell(word: SeatWord, to: number = this.#args.state.fence.epoch): void {
    const { state, node, epoch, send } = this.#args;
    const { self: { path }, envelope } = this.#context;
    send(letterOf({ node, epoch, path, sequence: ++state.sent }, TO_HOLDER, { to, word }, envelope));
  }
}
