import assert from "node:assert/strict";
import { Code } from "../../../ffi/layout.gen.ts";
import { killDirectly } from "../../../actors/node/direct_kill.ts";
import { BUY, type ExecutionReport, type FlowReports, VENUE } from "../../../actors/protocol/mod.ts";
import { CommandWriter } from "../../../actors/market/simulated/writer.ts";
import { probe } from "../../../runtime/testkit/mod.ts";
import type { SupervisorMessage } from "../../../supervision/mod.ts";
import type { ActorRef } from "../../../runtime/mod.ts";
import { PRICE, Rig } from "../guardians/rig.ts";

async function without(rig: Rig, id: string): Promise<void> {
  (rig.system.find("/rig") as ActorRef<SupervisorMessage>).tell({ kind: "TerminateChild", id });
  await rig.settle();
}

function kill(rig: Rig): ExecutionReport[] {
  const told: ExecutionReport[] = [];
  rig.control.request(0, 3, "drill", "test", 1);
  killDirectly({
    kill: rig.kill,
    gate: rig.gate,
    books: rig.books,
    venue: rig.venue,
    link: rig.link,
    copy: () => {},
    recorded: () => {},
    tell: (report) => told.push(report),
    time: rig.system.clock.now(),
  });
  return told;
}

Deno.test("the kill without a guardian books first what the exchange has told nobody, then cancels", async () => {
  using rig = new Rig();
  rig.order(BUY, 5);
  rig.order(BUY, 7, PRICE - 5);
  await rig.settle();
  await without(rig, "guardian");
  const others = new CommandWriter();
  // The rig's own quotes have the first ids.
  for (let i = 0; i < 4; i++) others.limit(1, 0, BUY, 1, 1, true);
  others.begin(rig.system.clock.now());
  others.immediate(1, 0, 1, PRICE, 5);
  const { ref } = probe<FlowReports>(rig.system);
  rig.system.registry.get(VENUE).tell({ kind: "FlowBatch", records: others.take(), count: others.count, replyTo: ref });
  await rig.settle();
  assert.equal(rig.gate.exposure(1, 0).position, 0);
  const told = kill(rig);
  assert.deepEqual(told.map(({ orderId, type }) => [orderId, type]), [[1, "trade"], [2, "canceled"]]);
  assert.equal(rig.gate.exposure(1, 0).position, 5);
  assert.equal(rig.books.portfolio.position(1, 0), 5);
  assert.equal(rig.resting, 0);
  assert.deepEqual(rig.kills.map(({ cancelled, unknown }) => [cancelled, unknown]), [[1, 0]]);
});

Deno.test("the kill without an exchange ends the orders that were on their way to it", async () => {
  using rig = new Rig();
  rig.order(BUY, 5, PRICE - 5);
  await rig.settle();
  await without(rig, "exchange");
  rig.order(BUY, 6, PRICE - 6);
  await rig.settle();
  assert.equal(rig.gate.counters().openOrders, 2);
  const told = kill(rig);
  assert.deepEqual(told.map(({ orderId, type, code }) => [orderId, type, code]), [
    [2, "rejected", Code.VenueKilled],
    [1, "canceled", Code.OwnerCancel],
  ]);
  assert.equal(rig.gate.counters().openOrders, 0);
  assert.deepEqual(rig.kills.map(({ cancelled, unknown }) => [cancelled, unknown]), [[1, 0]]);
});

Deno.test("in an EmergencyShutdown every order is cancelled, also when the word of the firm was taken back", async () => {
  using rig = new Rig();
  rig.order(BUY, 5, PRICE - 5);
  await rig.settle();
  rig.control.setMode(2);
  rig.control.request(0, 0, "too early", "test", 1);
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  await rig.settle();
  assert.equal(rig.resting, 0);
});
