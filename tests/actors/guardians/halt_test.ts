/** What organisms hear when a scope of theirs is stopped and opened again, and whose orders a kill takes. */
import assert from "node:assert/strict";
import { Code } from "../../../ffi/layout.gen.ts";
import { BUY, type TradingNotice } from "../../../actors/protocol/mod.ts";
import { ACCOUNT, CUSTOMER, PRICE, Rig } from "./rig.ts";

const [ACTIVE, REDUCE_ONLY, CANCEL_ONLY, KILLED] = [0, 1, 2, 3];

async function store(rig: Rig, scope: number, state: number, reason: string): Promise<readonly TradingNotice[]> {
  rig.notices.length = 0;
  rig.control.request(scope, state, reason, "test", 1);
  rig.guardian.urgent({ kind: "CarryOutKill" } as never);
  await rig.settle();
  return rig.notices;
}

const story = (notices: readonly TradingNotice[]) =>
  notices.map((one) =>
    `${one.strategy}/${one.instrument} ${
      one.kind === "TradingHalted" ? one.state : "resumed"
    } ${one.scope}: ${one.reason}`
  );

Deno.test("whoever is below a stopped scope hears it with the state and the reason, and hears when it is opened", async () => {
  using rig = new Rig();
  await rig.settle();
  assert.deepEqual(rig.notices, [], "while everything passes nobody is told");
  assert.deepEqual(story(await store(rig, ACCOUNT, KILLED, "margin call")), [
    "1/0 KILLED account:main: margin call",
    "1/1 KILLED account:main: margin call",
  ]);
  assert.deepEqual(story(await store(rig, 129, REDUCE_ONLY, "odd prices")), [
    "2/1 REDUCE_ONLY instrument:BRAVO: odd prices",
  ], "the one that is killed already hears of nothing milder");
  assert.deepEqual(story(await store(rig, CUSTOMER, KILLED, "the same, higher up")), [
    "1/0 KILLED customer:house: the same, higher up",
    "1/1 KILLED customer:house: the same, higher up",
  ]);
  await store(rig, CUSTOMER, ACTIVE, "paid");
  assert.deepEqual(story(await store(rig, ACCOUNT, ACTIVE, "looked at")), [
    "1/0 resumed account:main: looked at",
    "1/1 REDUCE_ONLY instrument:BRAVO: odd prices",
  ]);
});

Deno.test("a mode reaches them too, by its own reason", async () => {
  using rig = new Rig();
  await rig.settle();
  rig.control.setMode(1);
  rig.states.announce(7);
  await rig.settle();
  assert.deepEqual(story(rig.notices), [
    "1/0 REDUCE_ONLY mode: the mode",
    "1/1 REDUCE_ONLY mode: the mode",
    "2/0 REDUCE_ONLY mode: the mode",
    "2/1 REDUCE_ONLY mode: the mode",
  ]);
  rig.notices.length = 0;
  rig.states.announce(8);
  await rig.settle();
  assert.deepEqual(rig.notices, [], "and once");
});

Deno.test("who attaches under a stopped scope is told before anything else, and who attaches under none is not", async () => {
  using rig = new Rig();
  rig.control.request(1, CANCEL_ONLY, "yesterday", "test", 1);
  const order: string[] = [];
  const push = rig.notices.push.bind(rig.notices);
  rig.notices.push = (...notices) => {
    order.push("halted");
    return push(...notices);
  };
  const snapshot = rig.snapshots.push.bind(rig.snapshots);
  rig.snapshots.push = (...snapshots) => {
    order.push("position");
    return snapshot(...snapshots);
  };
  await rig.settle();
  assert.deepEqual(story(rig.notices), [
    "1/0 CANCEL_ONLY organism:one: as the node found it",
    "1/1 CANCEL_ONLY organism:one: as the node found it",
  ]);
  assert.deepEqual(order, ["halted", "halted", "position", "position"]);
});

Deno.test("a killed account cancels what its strategies have resting, and nobody else's, on record by its name", async () => {
  using rig = new Rig();
  rig.order(BUY, 5, PRICE - 5);
  rig.order(BUY, 6, PRICE - 6, { strategy: 2 });
  await rig.settle();
  assert.equal(rig.resting, 2);
  await store(rig, ACCOUNT, KILLED, "margin call");
  assert.equal(rig.resting, 1);
  assert.deepEqual(rig.reports.slice(-1).map(({ strategy, type, code }) => [strategy, type, code]), [
    [1, "canceled", Code.OwnerCancel],
  ]);
  assert.deepEqual(rig.kills.map(({ scope, state, cancelled }) => [scope, state, cancelled]), [
    ["account:main", "KILLED", 1],
  ]);
  rig.order(BUY, 5, PRICE - 7);
  rig.order(BUY, 5, PRICE - 8, { strategy: 2 });
  await rig.settle();
  const last = new Map(rig.reports.map(({ strategy, type, code }) => [strategy, `${type} ${code}`]));
  assert.deepEqual([...last], [[1, `rejected ${Code.Killed}`], [2, "new 0"]]);
});
