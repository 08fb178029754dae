/** Positions closed by people, in a whole node: through the gate, to zero and not beyond, and only where they may be. */
import assert from "node:assert/strict";
import { FIRM_SCOPE, OrderType, ScopeState, TimeInForce } from "../../../../ffi/layout.gen.ts";
import {
  BUY,
  type FlattenCommand,
  type FlattenRun,
  GUARDIAN,
  PERSON_CAUSE,
  type Principal,
  SELL,
} from "../../../../actors/protocol/mod.ts";
import { BOB, CAT, principal } from "../../controls/rig.ts";
import { type Composed, composed } from "../composed.ts";

interface Held {
  readonly strategy: number;
  readonly instrument: number;
  readonly lots: number;
}

function held({ node, gate }: Composed): Held[] {
  const { organisms, instruments } = node.parts;
  return organisms.flatMap(({ strategy }) =>
    instruments.map(({ id }) => ({ strategy, instrument: id, lots: gate.exposure(strategy, id).position }))
  ).filter(({ lots }) => lots !== 0);
}

/** Lets the market run until somebody holds something, and returns the second at which that is. */
async function untilHeld(it: Composed, lots = 1): Promise<number> {
  let second = 30;
  await it.until(second);
  while (!held(it).some((one) => Math.abs(one.lots) >= lots)) {
    assert.ok(second < 300, "somebody holds something within five minutes");
    await it.until(second += 5);
  }
  return second;
}

async function ask(it: Composed, by: Principal, command: FlattenCommand, second: number): Promise<FlattenRun> {
  const asked = it.node.controls.flatten(by, command, "test");
  asked.catch(() => {});
  await it.until(second);
  return await asked;
}

const code = (of: Promise<unknown>) => of.then(() => "", (error: Error & { code: string }) => error.code);
const begin = (scope: string): FlattenCommand => ({ verb: "begin", scope, reason: "wind down" });

function reduceOnly({ control }: Composed, scope: number): void {
  control.request(scope, ScopeState.ReduceOnly, "wind down", "test", 1);
}

Deno.test("every position of a scope is closed with reducing orders, and none of them passes zero", () =>
  composed(async (it) => {
    let second = await untilHeld(it);
    reduceOnly(it, FIRM_SCOPE);
    await it.until(second += 1);
    const before = held(it);
    assert.ok(before.length > 0);
    const { accepted, rejected } = it.gate.counters();
    const run = await ask(it, BOB, begin("firm"), second += 0.1);
    assert.deepEqual([run.id, run.who, run.ended, run.lines.length], [1, "bob", null, before.length]);
    const still = it.node.parts.system.inspect(it.node.parts.organisms[before[0].strategy - 1].path) as {
      halted: { state: string; flattening: boolean; reason: string }[];
    };
    assert.deepEqual(still.halted.map(({ state, flattening, reason }) => [state, flattening, reason]), [
      ["REDUCE_ONLY", true, "bob closes it: wind down"],
    ]);
    const seen = new Map(before.map((one) => [`${one.strategy} ${one.instrument}`, one.lots]));
    const flat = () => it.node.controls.flattens().runs[0].ended !== null;
    for (let i = 0; i < 400 && !flat(); i++) {
      await it.until(second += 0.25);
      for (const { strategy, instrument } of before) {
        const { position } = it.gate.exposure(strategy, instrument);
        const key = `${strategy} ${instrument}`;
        const was = seen.get(key)!;
        assert.ok(position * was >= 0 && Math.abs(position) <= Math.abs(was), `${key}: ${was} became ${position}`);
        seen.set(key, position);
      }
    }
    const [over] = it.node.controls.flattens().runs;
    assert.deepEqual(held(it), []);
    for (const { strategy, instrument } of before) {
      assert.equal(it.gate.exposure(strategy, instrument).openOrders, 0, "nothing rests that could open it again");
    }
    assert.equal(over.outcome, `${before.length} closed`);
    assert.ok(over.lines.every(({ state, left, sent }) => state === "done" && left === 0 && sent > 0));
    assert.ok(it.gate.counters().accepted > accepted, "through the gate, like every order");
    assert.deepEqual(it.gate.counters().rejected, rejected, "which had nothing to refuse");
    const free = it.node.parts.system.inspect(it.node.parts.organisms[0].path) as typeof still;
    assert.deepEqual(free.halted.map(({ flattening }) => flattening), [false]);
  }));

Deno.test("an order that rests and that its organism does not take back is withdrawn before its position is closed", () =>
  composed(async (it) => {
    let second = await untilHeld(it);
    reduceOnly(it, FIRM_SCOPE);
    await it.until(second += 1);
    const { system, books } = it.node.parts;
    const [{ strategy, instrument, lots }] = held(it);
    // As if the organism had forgotten it: reducing, and far from where anybody trades.
    const { bid, ask: offer } = books.board.rows[instrument];
    system.registry.find(GUARDIAN)!.tell({
      kind: "SubmitOrder",
      orderId: 7_000_000_007,
      strategy,
      instrument,
      side: lots > 0 ? SELL : BUY,
      price: lots > 0 ? offer + 50 : bid - 50,
      quantity: 1,
      orderType: OrderType.Limit,
      tif: TimeInForce.Gtc,
      postOnly: false,
      reduceOnly: true,
      time: system.clock.now(),
      stamp: system.stopwatch.now(),
      cause: PERSON_CAUSE,
    });
    await it.until(second += 0.1);
    assert.ok(it.gate.exposure(strategy, instrument).openOrders > 0, "it rests");
    await ask(it, BOB, begin(`organism:${it.node.parts.organisms[strategy - 1].id}`), second += 0.1);
    await it.until(second += 60);
    const { position, openOrders } = it.gate.exposure(strategy, instrument);
    assert.deepEqual([position, openOrders], [0, 0]);
    assert.equal(it.node.controls.flattens().runs[0].outcome, "1 closed");
  }));

Deno.test("closing takes REDUCE_ONLY and the right person, something to close, and does not begin twice", () =>
  composed(async (it) => {
    let second = await untilHeld(it);
    const [{ strategy }] = held(it);
    const scope = `organism:${it.node.parts.organisms[strategy - 1].id}`;
    const refused = (by: Principal, command: FlattenCommand) => code(ask(it, by, command, second += 0.1));
    assert.equal(await refused(BOB, begin(scope)), "FLATTEN_STATE");
    it.control.request(strategy, ScopeState.Killed, "drill", "test", 1);
    await it.until(second += 1);
    assert.equal(await refused(BOB, begin(scope)), "FLATTEN_STATE");
    await assert.rejects(
      ask(it, BOB, begin(scope), second += 0.1),
      /re-arm it to REDUCE_ONLY first, which takes two persons/,
    );
    reduceOnly(it, strategy);
    await it.until(second += 0.1);
    assert.equal(await refused(BOB, begin("organism:nobody")), "UNKNOWN_SCOPE");
    for (const role of ["trader", "operator", "compliance"] as const) {
      assert.equal(await refused(principal("eve", role), begin(scope)), "ROLE_FORBIDDEN", role);
    }
    const machine = { ...BOB, kind: "machine" } as Principal;
    assert.equal(await refused(machine, begin(scope)), "ROLE_FORBIDDEN");
    assert.equal(await refused(BOB, { verb: "stop", id: 1, reason: "r" }), "FLATTEN_OVER");
    // Both before time goes on: the first slice may close it all.
    const twice = [begin(scope), begin("firm")].map((command) => it.node.controls.flatten(BOB, command, "test"));
    const outcomes = Promise.allSettled(twice);
    await it.until(second += 0.01);
    const [first, other] = await outcomes;
    assert.equal(first.status, "fulfilled");
    assert.equal(other.status === "rejected" && other.reason.code, "FLATTEN_RUNS");
    const { id } = await twice[0];
    await it.until(second += 60);
    assert.equal(it.node.controls.flattens().runs.find((run) => run.id === id)!.outcome, "1 closed");
    assert.equal(await refused(BOB, begin(scope)), "FLATTEN_FLAT");
  }));

Deno.test("a kill, a re-arm to ACTIVE and a person each end it, and what is open stays open", () =>
  composed(async (it) => {
    let second = await untilHeld(it, 4);
    // One lot a slice, so that there is time to stop it.
    for (const { id } of it.node.parts.organisms) {
      const ref = { scope: `organism:${id}`, limit: "max_quantity", instrument: null };
      it.node.controls.request(CAT, { verb: "tighten", ref, value: 1, reason: "slowly" }, "test");
    }
    const ends: string[] = [];
    const stops = [
      () => it.control.request(FIRM_SCOPE, ScopeState.Killed, "drill", "test", 1),
      () => it.control.request(FIRM_SCOPE, ScopeState.Active, "drill", "test", 1),
      () => void it.node.controls.flatten(BOB, { verb: "stop", id: 3, reason: "enough" }, "test"),
    ];
    for (const stop of stops) {
      reduceOnly(it, FIRM_SCOPE);
      await it.until(second += 0.01);
      const left = held(it).length;
      assert.ok(left > 0, "there is something to close");
      const asked = it.node.controls.flatten(BOB, begin("firm"), "test");
      await it.until(second += 0.01);
      stop();
      await it.until(second += 0.5);
      await asked.catch(() => {});
      const [run] = it.node.controls.flattens().runs;
      ends.push(run.outcome!.replace(/: .* is (\w+) in .*/, ": $1"));
      assert.ok(run.lines.every(({ state }) => state === "stopped" || state === "done"));
    }
    assert.deepEqual(ends, ["stopped: KILLED", "stopped: ACTIVE", "stopped by bob: enough"]);
  }));
