/** Budgets of handlers: what is published, what is counted, and that a run does not depend on it. */
import assert from "node:assert/strict";
import type { ActorDef } from "../../runtime/mod.ts";
import { finish, pass, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";

/** A stopwatch that stands still unless a handler says how long it took. */
function handStopwatch() {
  let nanos = 0;
  let readings = 0;
  return {
    now() {
      readings++;
      return nanos;
    },
    spend: (ms: number) => void (nanos += ms * 1e6),
    get readings() {
      return readings;
    },
  };
}

type Watch = ReturnType<typeof handStopwatch>;

const working = (watch: Watch, budgetMs?: number): ActorDef<{ readonly kind: string; readonly ms: number }> => ({
  type: "worker",
  budgetMs,
  init: () => ({ receive: ({ ms }) => watch.spend(ms) }),
});

Deno.test("A handler that takes longer than its budget is published as busy and counted", async () => {
  const stopwatch = handStopwatch();
  const system = testSystem({ stopwatch });
  const events = record(system, "busy", "stuck");
  const ref = system.start("a", working(stopwatch, 5), undefined);
  for (const ms of [4, 5, 6]) {
    ref.tell({ kind: "Work", ms });
    await settle(system);
  }
  assert.deepEqual(events, [
    { kind: "busy", time: 0, path: "/a", message: "Work", boundMs: 5, tookMs: 6, measured: "wall" },
  ]);
  assert.deepEqual(system.debug.statistics("/a").latency, {
    budgetMs: 5,
    busy: 1,
    stuck: 0,
    longTurns: 0,
    longestMs: 6,
  });
  await finish(system);
});

Deno.test("A handler that takes longer than the system's bound is published as stuck", async () => {
  const stopwatch = handStopwatch();
  const system = testSystem({ stopwatch, stuckMs: 100 });
  const events = record(system, "busy", "stuck");
  const ref = system.start("a", working(stopwatch, 5), undefined);
  ref.tell({ kind: "Work", ms: 101 });
  await settle(system);
  assert.deepEqual(events.map((event) => event.kind), ["stuck"]);
  await finish(system);
});

Deno.test("A long turn of several messages is counted, and from then on each message is measured", async () => {
  const stopwatch = handStopwatch();
  const system = testSystem({ stopwatch });
  const events = record(system, "busy");
  const ref = system.start("a", working(stopwatch, 5), undefined);
  for (let n = 0; n < 10; n++) ref.tell({ kind: "Short", ms: 1 });
  await settle(system);
  assert.equal(events.length, 0, "ten messages of one millisecond keep a budget of five");
  assert.equal(system.debug.statistics("/a").latency?.longTurns, 1);
  for (let n = 0; n < 10; n++) ref.tell({ kind: n === 4 ? "Long" : "Short", ms: n === 4 ? 7 : 1 });
  await settle(system);
  assert.deepEqual(events.map((event) => "message" in event && event.message), ["Long"]);
  await finish(system);
});

Deno.test("The stopwatch is read twice a turn of an actor with a budget, and never for any other", async () => {
  const stopwatch = handStopwatch();
  const system = testSystem({ stopwatch, stuckMs: 1000 });
  const without = system.start("without", working(stopwatch), undefined);
  for (let n = 0; n < 64; n++) without.tell({ kind: "Work", ms: 0 });
  await settle(system);
  const waits = system.start("waits", { type: "waits", init: () => ({ receive: () => Promise.resolve() }) }, undefined);
  for (let n = 0; n < 2; n++) {
    waits.tell(n as never);
    await settle(system);
  }
  assert.equal(stopwatch.readings, 0);
  const budgeted = system.start("with", working(stopwatch, 5), undefined);
  for (let n = 0; n < 64; n++) budgeted.tell({ kind: "Work", ms: 0 });
  await settle(system);
  assert.equal(stopwatch.readings, 2);
  await finish(system);
});

interface Slow {
  readonly kind: "Slow";
  readonly micros: number;
}

/** Waits in virtual time: asks somebody who does not answer. */
const waiting: ActorDef<Slow, { readonly silent: import("../../runtime/mod.ts").ActorRef<unknown> }> = {
  type: "waiting",
  budgetMs: 10,
  init: (context, { silent }) => ({
    async receive({ micros }) {
      await context.ask(silent, () => "?", micros);
    },
  }),
};

Deno.test("A handler that waits is busy and then stuck while it still waits, at the same virtual time in every run", async () => {
  const run = async () => {
    const system = testSystem({ stuckMs: 30 });
    const events = record(system, "busy", "stuck");
    const silent = probe<unknown>(system, "silent");
    const ref = system.start("a", waiting, { silent: silent.ref });
    ref.tell({ kind: "Slow", micros: 9_999 });
    await pass(system, 50_000);
    assert.deepEqual(events, []);
    ref.tell({ kind: "Slow", micros: 40_000 });
    await pass(system, 20_000);
    assert.deepEqual(system.debug.waits().map(({ path }) => path), ["/a"], "it still waits");
    assert.equal(events.length, 1);
    await pass(system, 30_000);
    assert.deepEqual(system.debug.waits(), []);
    assert.deepEqual(system.debug.statistics("/a").latency, {
      budgetMs: 10,
      busy: 1,
      stuck: 1,
      longTurns: 0,
      longestMs: 40,
    });
    await finish(system);
    return events;
  };
  const events = await run();
  assert.deepEqual(events, [
    { kind: "busy", time: 60_000, path: "/a", message: "Slow", boundMs: 10, tookMs: 10, measured: "virtual" },
    { kind: "stuck", time: 80_000, path: "/a", message: "Slow", boundMs: 30, tookMs: 30, measured: "virtual" },
  ]);
  assert.deepEqual(await run(), events);
});

Deno.test("an actor that ends while it waits is no longer watched", async () => {
  const system = testSystem({ stuckMs: 30 });
  const events = record(system, "busy", "stuck");
  const silent = probe<unknown>(system, "silent");
  const ref = system.start("a", waiting, { silent: silent.ref });
  ref.tell({ kind: "Slow", micros: 100_000 });
  await settle(system);
  system.kill(ref);
  await pass(system, 1_000_000);
  assert.deepEqual(events, []);
  await finish(system);
});

Deno.test("Whoever hears that an actor is stuck may end it", async () => {
  const system = testSystem({ stuckMs: 30 });
  const stopped = record(system, "stopped");
  const silent = probe<unknown>(system, "silent");
  const ref = system.start("a", waiting, { silent: silent.ref });
  system.events.subscribe((event) => {
    if (event.kind === "stuck") system.kill(system.find(event.path)!);
  });
  ref.tell({ kind: "Slow", micros: 100_000 });
  await pass(system, 31_000);
  assert.deepEqual(stopped.map((event) => "path" in event && event.path), ["/a"]);
  await finish(system);
});

Deno.test("a budget that is no time is refused with a sentence", () => {
  const system = testSystem();
  assert.throws(() => system.start("a", working(handStopwatch(), 0), undefined), /budgetMs of \/a .* above 0, not 0/);
  assert.throws(() => testSystem({ stuckMs: -1 }), /stuckMs is a number of milliseconds above 0, not -1/);
});
