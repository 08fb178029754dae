/**
 * Between the gateway and the node that hosts one of its organisms. An organism with its orders is a shard: it has one holder
 * at a time, by a lease whose epoch stands in every letter of the holder, as the epoch of the gateway's lease does in
 * every letter to it.
 *
 * No word from a holder carries a time: an order happens when the gateway has it, by the gateway's clock, so that a clock
 * that is wrong elsewhere decides nothing.
 */
import type { ExecutionReport, PositionSnapshot } from "./executions.ts";
import type { TradingNotice } from "./halt.ts";
import type { GuardianReady } from "./keys.ts";
import type { MarketData, MarketStatus } from "./market.ts";
import type { OrderId, OrderIntent } from "./orders.ts";

/**
 * Opens what the holder sends from here on. Whatever an earlier holder, or this one before, left open is withdrawn first,
 * unless it names orders that it still counts on.
 */
export interface ShardAttach {
  readonly kind: "ShardAttach";
  /** Hash of the holder's configuration: another than the gateway's trades nothing. */
  readonly config: string;
  readonly orders: readonly OrderId[];
}

/** A sign of life, from either side. */
export interface ShardBeat {
  readonly kind: "ShardBeat";
}

/** The holder gives the shard up, and has withdrawn its orders. */
export interface ShardLeft {
  readonly kind: "ShardLeft";
}

type Timeless<I> = I extends OrderIntent ? Omit<I, "time" | "stamp"> : never;

/** What an organism asks for, without a time. */
export type Wish = Timeless<OrderIntent>;

export type HolderWord = ShardAttach | ShardBeat | ShardLeft | Wish;

/** A word for the gateway that has its lease under epoch `to`: two that both believe to be the gateway must not both take it. */
export interface ToGateway {
  readonly to: number;
  readonly word: HolderWord;
}

/** Opens what the gateway tells the holder from here on. */
export interface ShardAttached {
  readonly kind: "ShardAttached";
}

/** Something between the two is lost or in doubt: begin anew, from a clean state. */
export interface ShardAgain {
  readonly kind: "ShardAgain";
  readonly reason: string;
}

/** A later holder has been heard: this one has to stop. */
export interface ShardFenced {
  readonly kind: "ShardFenced";
  /** Of the later holder. */
  readonly epoch: number;
}

/** The holder may not trade here, and asking again does not help. */
export interface ShardRefused {
  readonly kind: "ShardRefused";
  readonly code: "CONFIG_MISMATCH";
  readonly reason: string;
}

export type SeatWord =
  | ShardAttached
  | ShardAgain
  | ShardFenced
  | ShardRefused
  | ShardBeat
  | ExecutionReport
  | PositionSnapshot
  | GuardianReady
  | TradingNotice
  | MarketData
  | MarketStatus;

/** A word for the holder that has the shard's lease under epoch `to`. */
export interface ToHolder {
  readonly to: number;
  readonly word: SeatWord;
}

/** Something that a seat has to put on record, and somebody has to hear. */
export type ShardEvent =
  /** A holder trades from now on. */
  | { readonly event: "shard-attached"; readonly node: string; readonly epoch: number }
  /** Its orders are withdrawn, and nothing passes before somebody attaches again. */
  | { readonly event: "shard-halted"; readonly node: string; readonly epoch: number; readonly reason: string }
  /** A word of an older holder that was refused; `word` is its kind. */
  | {
    readonly event: "shard-fenced";
    readonly node: string;
    readonly epoch: number;
    readonly highest: number;
    readonly word: string;
  }
  /** An order or amendment that came while nothing passes. */
  | { readonly event: "shard-refused"; readonly node: string; readonly epoch: number; readonly reason: string };
