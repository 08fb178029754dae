/** The roles other families may address, and what each takes. */
import { serviceKey } from "../../runtime/mod.ts";
import type { Concern } from "./control.ts";
import type { ExecutionBatch, ExecutionReport } from "./executions.ts";
import type { Recorded } from "./feed.ts";
import type { FlowBatch } from "./flow.ts";
import type { Bar, MarketData, MarketStatus, SubscribeMarket } from "./market.ts";
import type { ApprovedBatch } from "./approval.ts";
import type { OrderIntent, StrategyId } from "./orders.ts";
import type { ActorRef } from "../../runtime/mod.ts";

/** Binds a strategy to the actor that receives its execution reports. */
export interface AttachStrategy {
  readonly kind: "AttachStrategy";
  readonly strategy: StrategyId;
  readonly subscriber: ActorRef<ExecutionReport>;
}

/** Shut or reopen a scope: carried out by the guardian, ahead of everything else. */
export interface CarryOutKill {
  readonly kind: "CarryOutKill";
}

export type GuardianMessage = OrderIntent | ExecutionBatch | AttachStrategy | CarryOutKill | MarketData | MarketStatus;
export type VenueMessage = ApprovedBatch | SubscribeMarket | FlowBatch | Recorded | BarBatch;
export type ModeMessage = Concern;

/** Bars that ended at the same time, for the bar venue. */
export interface BarBatch {
  readonly kind: "BarBatch";
  readonly bars: readonly Bar[];
}

export const GUARDIAN = serviceKey<GuardianMessage>("guardian");
export const VENUE = serviceKey<VenueMessage>("venue");
export const MODE = serviceKey<ModeMessage>("mode");
