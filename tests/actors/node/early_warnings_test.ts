/** Warnings before a limit is reached, over a real gate whose use is moved by orders and their ends. */
import assert from "node:assert/strict";
import { DEFAULT_ACCOUNT_NODE } from "../../../ffi/layout.gen.ts";
import { levelOf, shareOf, WARNING_LEVELS } from "../../../actors/protocol/mod.ts";
import { records, run, withDirectory } from "./run.ts";
import { BOB, CAT, configOf, openRig, type Rig } from "../controls/rig.ts";

const SECOND = 1_000_000;
const POSITION = { scope: "organism:anglerfish-1", limit: "max_position", instrument: null };
const ORDERS = `
[[customers]]
id = "house"
[[accounts]]
id = "main"
[accounts.limits]
max_open_orders = 20
`;

const told = (rig: Rig, limit = "max_open_orders") =>
  rig.warned.filter((one) => one.limit === limit).map(({ level, used, value }) => [level, used, value]);

/** Orders open, one second of market time each. */
function open(rig: Rig, count: number): void {
  for (let i = 0; i < count; i++) {
    assert.equal(rig.order(1, { price: 9_990 - i }), 0);
    rig.look(SECOND);
  }
}

Deno.test("a level is reached at its share exactly, and never a step before", () => {
  for (const level of WARNING_LEVELS) {
    assert.equal(levelOf(shareOf(level * 100, 10_000)), level);
    assert.ok(levelOf(shareOf(level * 100 - 1, "10000")) < level);
  }
  assert.equal(levelOf(shareOf(49, 100)), 0);
  assert.equal(levelOf(shareOf(250, 100)), 95);
  assert.deepEqual([shareOf(null, 5), shareOf(5, null), shareOf(0, 0), shareOf(1, 0)], [null, null, 0, 1]);
});

Deno.test("each of 50, 75, 85, 90 and 95 percent warns once on the way up, on record and among the alerts", () => {
  using rig = openRig({ config: configOf(ORDERS) });
  open(rig, 19);
  rig.look(600 * SECOND);
  assert.deepEqual(told(rig), [[50, 10, 20], [75, 15, 20], [85, 17, 20], [90, 18, 20], [95, 19, 20]]);
  assert.deepEqual(rig.warned[0].action, "limit-warning");
  const [alert] = rig.controls.view().alerts;
  assert.equal(alert.text, "max_open_orders of account:main is used to 95 percent or more: 19 of 20 orders");
  assert.equal(rig.controls.tree().warnings[0].level, 95);
});

Deno.test("use that leaps over several levels warns of the highest alone", () => {
  using rig = openRig();
  assert.equal(rig.order(500), 0);
  assert.equal(rig.order(500, { price: 9_999 }), 0);
  assert.equal(rig.order(500, { price: 9_998 }), 0);
  assert.equal(rig.order(300, { price: 9_997 }), 0);
  rig.look(SECOND);
  assert.deepEqual(told(rig, "max_position").at(-1), [90, 1800, 2000]);
  assert.equal(told(rig, "max_position").filter(([, , value]) => value === 2000).length, 1);
});

Deno.test("use that comes and goes around a level warns once; after a minute clear of it, again", () => {
  using rig = openRig({ config: configOf(ORDERS) });
  const opened: number[] = [];
  let next = 0;
  const hold = (count: number) => {
    while (opened.length > count) rig.cancelled(opened.shift()!);
    while (opened.length < count) {
      assert.equal(rig.order(1, { price: 9_900 - next % 100 }), 0);
      opened.push(++next);
    }
    assert.equal(rig.gate.scopeUsage(DEFAULT_ACCOUNT_NODE).openOrders, count);
  };
  const pass = (count: number, ...seconds: number[]) => {
    hold(count);
    for (const one of seconds) rig.look(one * SECOND);
    return told(rig).length;
  };
  assert.equal(pass(10, 1), 1);
  for (let i = 0; i < 5; i++) {
    assert.equal(pass(8, 20, 20), 1);
    assert.equal(pass(10, 1), 1);
  }
  // Nine are 45 percent: not clear of 50 by more than 5.
  assert.equal(pass(9, 1, 120, 120), 1);
  assert.equal(pass(10, 1), 1);
  assert.equal(pass(8, 1, 60), 1);
  assert.equal(pass(10, 1), 2);
  assert.deepEqual(told(rig), [[50, 10, 20], [50, 10, 20]]);
});

Deno.test("a tightened limit warns by what is used of it then, and a loosened one says nothing", () => {
  using rig = openRig();
  assert.equal(rig.order(500), 0);
  rig.look(SECOND);
  assert.equal(rig.warned.length, 0);
  assert.ok(rig.tighten(BOB, POSITION, 510).ok);
  rig.look(SECOND);
  assert.deepEqual(rig.warned.map(({ scope, level, used, value }) => [scope, level, used, value]), [
    ["organism:anglerfish-1", 95, 500, 510],
  ]);
  const proposed = rig.propose(BOB, POSITION, 900);
  assert.ok(proposed.ok && rig.approve(CAT, proposed.id).ok);
  rig.look(SECOND);
  assert.equal(rig.warned.length, 1);
});

Deno.test("credit and losses of a scope warn like limits that can be changed", () => {
  const config = configOf(`
[[customers]]
id = "house"
[[accounts]]
id = "main"
[[controls.capital]]
scope = "account:main"
amount = "100000"
credit = "60000"
max_loss = "1000"
`);
  using rig = openRig({ config, profit: () => -760e8 });
  assert.equal(rig.order(310), 0);
  rig.look(SECOND);
  assert.deepEqual(rig.warned.map(({ limit, level, used, value }) => [limit, level, used, value]), [
    ["credit", 50, 31_000, "60000"],
    ["max_loss", 75, 760, "1000"],
  ]);
  const rows = rig.controls.tree().scopes.find(({ name }) => name === "account:main")!.limits;
  assert.deepEqual(rows.map(({ limit, share, changeable }) => [limit, share, changeable]).slice(-2), [
    ["credit", 31_000 / 60_000, false],
    ["max_loss", 0.76, false],
  ]);
});

Deno.test("a run of a node puts its warnings on record, and made again it warns at the same moments", async () => {
  const warned = () =>
    withDirectory(async (directory) => {
      await Deno.writeTextFile(`${directory}/cwts.toml`, "[firm.limits]\nmax_open_orders = 2\n");
      await run(directory, { environment: { CWTS_NODE_DURATION: "60" } });
      return records(directory).filter(({ value }) => value.action === "limit-warning");
    });
  const [first, second] = [await warned(), await warned()];
  assert.ok(first.some(({ value }) => value.limit === "max_open_orders" && value.scope === "firm"), "no warning");
  assert.deepEqual(first, second);
});
