/** Limits governed by people, with a gate in which one order of a customer is tried against them. */
import { GateDecisionView, OrderCommandView, Side } from "../../ffi/mod.ts";
import { configOf, openRig, type Rig } from "../actors/controls/rig.ts";

/** A firm with one account and one organism whose own limits stop nothing. */
export function office(limits: string): Rig {
  return openRig({
    config: configOf(`
${limits}
[[instruments]]
symbol = "AAPL"
tick = "0.01"
lot = "1"
collar_bps = 1000
max_quantity = 10000000
reference_max_age_ms = 4000000000
[[organisms]]
id = "customer"
species = "platypus"
instruments = ["AAPL"]
[organisms.limits]
max_quantity = 10000000
max_notional = "10000000000"
max_position = 10000000
rate_per_second = 1000
rate_burst = 1000
duplicate_window_ms = 0
`),
  });
}

/** Code and worth of one purchase of the customer. */
export function buy(rig: Rig, id: number, quantity: number, dollars: number): { code: number; worth: number } {
  const ticks = Math.round(dollars * 100);
  rig.gate.setReference(0, ticks - 1, ticks + 1, ticks, 1);
  const command = new OrderCommandView(new Uint8Array(OrderCommandView.SIZE));
  Object.assign(command, { kind: 1, side: Side.Buy, orderId: id, price: ticks, quantity, owner: 1, time: 1 });
  const decision = new GateDecisionView(new Uint8Array(GateDecisionView.SIZE));
  rig.gate.submit(command.buffer, 1, decision.buffer);
  return { code: decision.code, worth: decision.code === 0 ? quantity * dollars : 0 };
}
