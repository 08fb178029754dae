/** From native Execution records and gate refusals to the reports organisms read. */
import { ExecType, type ExecutionView, Liquidity } from "../../ffi/layout.gen.ts";
import { EXECUTION_TYPES, type ExecutionReport, type OrderIntent, type SideCode } from "../protocol/mod.ts";

const LIQUIDITY = ["none", "maker", "taker"] as const;

export const isTrade = (view: ExecutionView): boolean => view.execType === ExecType.Trade;
export const isMaker = (view: ExecutionView): boolean => view.liquidity === Liquidity.Maker;

/** `fee` in money units; `position` in lots after the report. */
export function reportOf(view: ExecutionView, fee: number, position: number): ExecutionReport {
  return {
    kind: "ExecutionReport",
    type: EXECUTION_TYPES[view.execType],
    orderId: view.orderId,
    strategy: view.owner,
    instrument: view.instrument,
    side: view.side as SideCode,
    price: view.price,
    quantity: view.quantity,
    leaves: view.leaves,
    liquidity: LIQUIDITY[view.liquidity],
    code: view.reason,
    fee,
    time: view.time,
    position,
  };
}

/** What the gate's refusal of an intent looks like to its organism. */
export function refusalOf(intent: OrderIntent, code: number, position: number): ExecutionReport {
  const entering = intent.kind === "SubmitOrder";
  return {
    kind: "ExecutionReport",
    type: entering ? "rejected" : "cancel-rejected",
    orderId: entering ? intent.orderId : intent.kind === "CancelAll" ? 0 : intent.target,
    strategy: intent.strategy,
    instrument: intent.kind === "CancelAll" ? 0xffff : intent.instrument,
    side: intent.kind === "SubmitOrder" || intent.kind === "AmendOrder" ? intent.side : 0,
    price: intent.kind === "SubmitOrder" || intent.kind === "AmendOrder" ? intent.price : 0,
    quantity: intent.kind === "SubmitOrder" || intent.kind === "AmendOrder" ? intent.quantity : 0,
    leaves: 0,
    liquidity: "none",
    code,
    fee: 0,
    time: intent.time,
    position,
  };
}
