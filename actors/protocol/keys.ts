/** The roles other families may address, and what each takes. */
import { serviceKey } from "../../runtime/mod.ts";
import type { Concern } from "./control.ts";
import type {
  ExecutionBatch,
  ExecutionReport,
  PositionSnapshot,
  RecordedExecutions,
  RecordedForgotten,
} from "./executions.ts";
import type { Recorded } from "./feed.ts";
import type { FlowBatch } from "./flow.ts";
import type { TradingNotice } from "./halt.ts";
import type { Bar, MarketData, MarketStatus, SubscribeMarket } from "./market.ts";
import type { ApprovedBatch } from "./approval.ts";
import type { OrderId, OrderIntent, StrategyId } from "./orders.ts";
import type { ActorRef } from "../../runtime/mod.ts";

/** Binds a strategy to the actor that receives its execution reports; answered at once with a `PositionSnapshot`. */
export interface AttachStrategy {
  readonly kind: "AttachStrategy";
  readonly strategy: StrategyId;
  readonly subscriber: ActorRef<StrategyMessage>;
  /** Orders it believes to have open; the answer names those that the gate never decided on. */
  readonly orders?: readonly OrderId[];
}

/** The guardian started again. Intents it had in its hands are lost: attach again to learn which. */
export interface GuardianReady {
  readonly kind: "GuardianReady";
}

/** What a strategy hears from the guardian. */
export type StrategyMessage = ExecutionReport | PositionSnapshot | GuardianReady | TradingNotice;

/** The control page has a request that is not carried out: do it ahead of everything else, again if need be. */
export interface CarryOutKill {
  readonly kind: "CarryOutKill";
}

/** A venue started or restarted: (re-)subscribe, and send again what it has not entered. */
export interface VenueReady {
  readonly kind: "VenueReady";
  /** Number of the last approved batch it entered. */
  readonly entered: number;
}

/** The venue misses approved batches after this one. */
export interface ResendOrders {
  readonly kind: "ResendOrders";
  readonly after: number;
}

/** Asks a venue for its reports after this batch, once more. */
export interface ResendReports {
  readonly kind: "ResendReports";
  readonly after: number;
  readonly replyTo: ActorRef<ExecutionBatch>;
}

/** Asks the guardian for what it told surveillance after this batch, once more. */
export interface ResendRecorded {
  readonly kind: "ResendRecorded";
  readonly after: number;
  readonly replyTo: ActorRef<SurveillanceMessage>;
}

/** Somebody who counts sees surveillance behind: it asks for what it misses. */
export interface CatchUp {
  readonly kind: "CatchUp";
}

export type SurveillanceMessage = RecordedExecutions | RecordedForgotten | CatchUp;

/** Asks a venue whether it is there; answered with `VenueAnswers`. */
export interface AskVenue {
  readonly kind: "AskVenue";
}

/** It is. */
export interface VenueAnswers {
  readonly kind: "VenueAnswers";
}

/** The guardian's own: time to look whether the venue answered. */
export interface VenueDue {
  readonly kind: "VenueDue";
}

export type GuardianMessage =
  | OrderIntent
  | ExecutionBatch
  | AttachStrategy
  | CarryOutKill
  | VenueReady
  | ResendOrders
  | ResendRecorded
  | VenueAnswers
  | VenueDue
  | MarketData
  | MarketStatus;
export type VenueMessage =
  | ApprovedBatch
  | AskVenue
  | ResendReports
  | SubscribeMarket
  | FlowBatch
  | Recorded
  | BarBatch;
/** The mode changed by another way than this actor's (an operator re-armed, a supervisor gave up). */
export interface ModeChanged {
  readonly kind: "ModeChanged";
}

export type ModeMessage = Concern | ModeChanged;

/** Bars that ended at the same time, for the bar venue. */
export interface BarBatch {
  readonly kind: "BarBatch";
  readonly bars: readonly Bar[];
}

export const GUARDIAN = serviceKey<GuardianMessage>("guardian");
export const VENUE = serviceKey<VenueMessage>("venue");
/** Receives every execution batch after the gate has booked it. */
export const DROP_COPY = serviceKey<ExecutionBatch>("drop-copy");
/** Receives every execution report as soon as it is on record. */
export const SURVEILLANCE = serviceKey<SurveillanceMessage>("surveillance");
export const MODE = serviceKey<ModeMessage>("mode");
