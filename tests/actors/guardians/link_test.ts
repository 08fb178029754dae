import assert from "node:assert/strict";
import { BUY, Inbox, Outbox, SELL } from "../../../actors/protocol/mod.ts";
import type { ActorDef, ActorRef } from "../../../runtime/mod.ts";
import type { SupervisorMessage } from "../../../supervision/mod.ts";
import { failing } from "../../../runtime/testkit/simulation.ts";
import { guardian } from "../../../actors/guardians/guardian.ts";
import { simulatedExchange } from "../../../actors/venues/simulated_exchange.ts";
import { dropCopy } from "../../../actors/auditors/drop_copy.ts";
import { PRICE, Rig } from "./rig.ts";

/** `def`, whose handler throws once, before it takes the first message of `kind`. */
function dropsOne<M, A>(def: ActorDef<M, A>, kind: string): ActorDef<M, A> {
  let armed = true;
  return failing(def, {
    starting: () => false,
    handling: (_path, messages) => {
      const at = messages.findIndex((message) => (message as { readonly kind: string }).kind === kind);
      if (!armed || at < 0) return null;
      armed = false;
      return at;
    },
    lost: () => {},
  });
}

const trades = (rig: Rig) => rig.reports.filter(({ type }) => type === "trade").length;

Deno.test("a guardian that crashes with reports in its hands hears them again, in their order and once", async () => {
  using rig = new Rig({ actors: { guardian: dropsOne(guardian, "ExecutionBatch") } });
  rig.order(BUY, 5);
  rig.order(SELL, 3, PRICE, { strategy: 2 });
  await rig.settle(2_000_000);
  assert.equal(rig.system.actors().find(({ path }) => path === "/rig/guardian")!.restarts, 1);
  assert.equal(trades(rig), 2);
  assert.equal(rig.books.portfolio.position(1, 0), 3);
  assert.equal(rig.gate.exposure(1, 0).position, 3);
  assert.equal(rig.gate.counters().repeated, 0);
  assert.deepEqual([...rig.dropCopyBook.entries()], [[1, 0, 3], [2, 0, -3]]);
});

Deno.test("an exchange that crashes with approved orders in its hands enters them once it is back", async () => {
  using rig = new Rig({ actors: { exchange: dropsOne(simulatedExchange, "ApprovedBatch") } });
  rig.order(BUY, 5, PRICE - 5);
  await rig.settle();
  rig.order(BUY, 6, PRICE - 6);
  await rig.settle();
  assert.equal(rig.resting, 2);
  assert.equal(rig.gate.exposure(1, 0).openBuy, 11);
  assert.deepEqual(rig.reports.map(({ orderId, type }) => [orderId, type]), [[1, "new"], [2, "new"]]);
});

Deno.test("a drop copy that crashes with reports in its hands does not see a difference that is its own", async () => {
  using rig = new Rig({ actors: { dropCopy: dropsOne(dropCopy, "ExecutionBatch") } });
  rig.order(BUY, 5);
  rig.order(SELL, 5, PRICE, { strategy: 2 });
  await rig.settle(3_000_000);
  assert.deepEqual([...rig.dropCopyBook.entries()], [[1, 0, 5], [2, 0, -5]]);
  assert.deepEqual((rig.system.inspect("/rig/drop-copy") as { mismatches: string[] }).mismatches, []);
});

Deno.test("a guardian that crashes with orders in its hands says which when it is asked", async () => {
  using rig = new Rig({ actors: { guardian: dropsOne(guardian, "SubmitOrder") } });
  rig.order(BUY, 5, PRICE - 5);
  await rig.settle();
  rig.order(BUY, 6, PRICE - 6);
  rig.guardian.tell({
    kind: "AttachStrategy",
    strategy: 1,
    subscriber: rig.system.find("/rig/organism")!,
    orders: [1, 2],
  });
  await rig.settle();
  assert.equal(rig.ready, 2, "both strategies are told that the guardian is back");
  assert.deepEqual(rig.snapshots.at(-1)!.undecided, [1]);
  assert.equal(rig.resting, 1);
});

Deno.test("a guardian that crashes with changes in its hands says of each order how many it has decided on", async () => {
  using rig = new Rig({ actors: { guardian: dropsOne(guardian, "AmendOrder") } });
  rig.order(BUY, 5, PRICE - 5);
  rig.order(BUY, 6, PRICE - 6);
  await rig.settle();
  const amend = (target: number) => {
    const order = { strategy: 1, instrument: 0, target, side: BUY, price: PRICE - 9, quantity: 4 } as const;
    rig.guardian.tell({ kind: "AmendOrder", ...order, time: rig.system.clock.now(), stamp: 0, cause: 0 });
  };
  amend(1);
  await rig.settle();
  amend(2);
  amend(99);
  const subscriber = rig.system.find("/rig/organism")!;
  rig.guardian.tell({ kind: "AttachStrategy", strategy: 1, subscriber, orders: [1, 2, 99] });
  await rig.settle();
  assert.deepEqual(rig.snapshots.at(-1)!.changes, [[1, 0], [2, 1]]);
  assert.deepEqual(rig.reports.map(({ orderId, type }) => [orderId, type]).slice(2), [
    [99, "cancel-rejected"],
    [2, "replaced"],
  ]);
});

Deno.test("an inbox takes each batch once and in order, and asks once about a gap", () => {
  const inbox = new Inbox();
  const asked: number[] = [];
  const takes = (sequence: number) => inbox.takes({ sequence }, (after) => asked.push(after));
  assert.deepEqual([1, 1, 3, 4, 2, 3, 0, 6].map(takes), [true, false, false, false, true, true, true, false]);
  assert.deepEqual(asked, [1, 3]);
  inbox.restarted();
  takes(6);
  assert.deepEqual(asked, [1, 3, 3]);
});

Deno.test("an outbox gives back what came after a batch, and says so when it no longer can", () => {
  const outbox = new Outbox<{ readonly sequence: number }>();
  for (let i = 0; i < 2_056; i++) outbox.add((sequence) => ({ sequence }));
  assert.deepEqual(outbox.after(2_053).map(({ sequence }) => sequence), [2_054, 2_055, 2_056]);
  assert.deepEqual(outbox.after(2_056), []);
  assert.equal(outbox.after(8).length, 2_048);
  assert.throws(() => outbox.after(7), /batches from 8 on are asked for/);
});

Deno.test("what an organism that is gone for good has open is withdrawn, though its wish was lost with the guardian", async () => {
  using rig = new Rig({ actors: { guardian: dropsOne(guardian, "CancelAll") } });
  rig.order(BUY, 5, PRICE - 5);
  rig.order(BUY, 5, PRICE - 6, { strategy: 2 });
  await rig.settle();
  assert.equal(rig.resting, 2);
  // Its last wish, as its desk would tell it; then nobody is left who could repeat it.
  const [time, stamp] = [rig.system.clock.now(), rig.system.stopwatch.now()];
  rig.guardian.tell({ kind: "CancelAll", strategy: 1, time, stamp, cause: 0 });
  const root = rig.system.find("/rig") as ActorRef<SupervisorMessage>;
  root.tell({ kind: "TerminateChild", id: "organism" });
  await rig.settle();
  assert.equal(rig.system.actors().find(({ path }) => path === "/rig/guardian")!.restarts, 1);
  assert.equal(rig.resting, 0);
  assert.equal(rig.gate.counters().openOrders, 0);
});
