/** What is known to go wrong in other runtimes, and does not here. Some of it is promised elsewhere and tested there. */
import assert from "node:assert/strict";
import { type ActorRef, childrenOf } from "../../runtime/mod.ts";
import { finish, pass, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { supervise, type SupervisorMessage, type SupervisorView, worker } from "../../supervision/mod.ts";
import { CRASH, type Order, tree } from "./trees.ts";

const BACKOFF = { initialMs: 100, maxMs: 100, factor: 1, jitter: 0, resetAfterMs: 1e9 };

Deno.test("An actor that fails in its first start leaves nothing behind, and its name is free", async () => {
  const { system, leaf, start, failures, since } = tree();
  start({ id: "top", strategy: "one_for_one", children: [] });
  const top = system.find("/top") as ActorRef<SupervisorMessage>;
  failures.set("a", 1);
  top.tell({ kind: "StartChild", spec: leaf("a") });
  await settle(system);
  assert.equal(system.find("/top/a"), undefined);
  assert.deepEqual((system.inspect("/top") as SupervisorView).children, []);
  top.tell({ kind: "StartChild", spec: leaf("a") });
  await settle(system);
  assert.deepEqual(since(), ["!a", "+a"]);
  await finish(system);
});

Deno.test("What was told to a child in its back-off outlives starts that fail", async () => {
  const { system, leaf, start, since, at, failures } = tree();
  start({ id: "top", strategy: "one_for_one", intensity: 9, children: [leaf("a", { backoff: BACKOFF })] });
  since();
  failures.set("a", 2);
  at("/top/a").tell(CRASH);
  for (let n = 1; n <= 3; n++) {
    at("/top/a").tell({ kind: "note", text: `note ${n}` });
    await pass(system, 100_000);
  }
  assert.deepEqual(since(), ["-a error", "!a", "!a", "+a", "a: note 1", "a: note 2", "a: note 3"]);
  assert.equal(system.counters().dead, 0);
  await finish(system);
});

Deno.test("What a child had set aside outlives a back-off whose starts fail", async () => {
  const system = testSystem();
  let failing = 0;
  const seen: string[] = [];
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    intensity: 9,
    children: [worker(
      "a",
      {
        type: "stasher",
        init(context) {
          if (failing-- > 0) throw new Error("not yet");
          return {
            receive(text: string) {
              if (text === "crash") throw new Error("on purpose");
              if (context.incarnation === 0) context.stash();
              else seen.push(text);
            },
          };
        },
      },
      undefined,
      { backoff: BACKOFF },
    )],
  });
  const ref = system.find("/top/a") as ActorRef<string>;
  for (const text of ["one", "two", "crash", "three"]) ref.tell(text);
  failing = 2;
  await pass(system, 1_000_000);
  assert.deepEqual(seen, ["one", "two", "three"]);
  await finish(system);
});

Deno.test("A timer set before a crash does not fire after the restart, though its key is set again", async () => {
  const system = testSystem();
  const fired: string[] = [];
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    children: [worker("a", {
      type: "timed",
      init(context) {
        context.timers.once("tick", context.incarnation === 0 ? 100 : 500, `life ${context.incarnation}`);
        return {
          receive(text: string) {
            if (text === "crash") throw new Error("on purpose");
            fired.push(`${text} at ${context.clock.now()}`);
          },
        };
      },
    }, undefined)],
  });
  (system.find("/top/a") as ActorRef<string>).tell("crash");
  await pass(system, 10_000);
  assert.deepEqual(fired, ["life 1 at 500"]);
  await finish(system);
});

Deno.test("A watcher is told of a child that its supervisor gave up on, and at once of one long gone", async () => {
  const { system, leaf, start, at } = tree();
  start({ id: "top", strategy: "one_for_one", intensity: 0, onGiveUp: "isolate", children: [leaf("a")] });
  const watcher = probe(system, "watcher");
  const ref = at("/top/a");
  watcher.watch(ref);
  ref.tell(CRASH);
  await settle(system);
  watcher.watch(ref);
  await settle(system);
  assert.deepEqual(watcher.signals.map((one) => one.kind === "down" && one.reason.kind), ["error", "noproc"]);
  await finish(system);
});

Deno.test("A child that will not stop, with messages waiting, costs no turns while its time runs", async () => {
  let polls = 0;
  const system = testSystem({ poll: () => polls++, pollTurns: 1 });
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    children: [worker(
      "a",
      {
        type: "stubborn",
        init(context) {
          childrenOf(context).onStop(() => {});
          return { receive: () => new Promise<void>(() => {}) };
        },
      },
      undefined,
      { shutdown: 60_000 },
    )],
  });
  const ref = system.find("/top/a") as ActorRef<string>;
  for (let n = 0; n < 1000; n++) ref.tell("work");
  await settle(system);
  polls = 0;
  await system.stop();
  assert.equal(system.clock.now(), 60_000_000);
  assert.ok(polls < 50, `${polls} turns`);
  assert.equal(system.counters().unexplained, 0);
  await finish(system);
});

Deno.test("Every crash of a loop is told of, with how often it was restarted", async () => {
  const { system, leaf, start, at } = tree();
  const events = record(system, "crashed", "restarted", "report", "gave-up");
  start({ id: "top", strategy: "one_for_one", intensity: 3, onGiveUp: "isolate", children: [leaf("a")] });
  for (let n = 0; n < 4; n++) {
    (at("/top/a") as ActorRef<Order>).tell(CRASH);
    await settle(system);
  }
  const told = events.map((event) =>
    event.kind === "report" ? event.context : "restarts" in event ? `${event.kind} ${event.restarts}` : event.kind
  );
  assert.deepEqual(told, [
    ...[0, 1, 2].flatMap((n) => [`crashed ${n}`, "child-terminated", `restarted ${n + 1}`]),
    "crashed 3",
    "child-terminated",
    "intensity-reached",
    "gave-up",
  ]);
  await finish(system);
});

Deno.test("Escalation goes up one level at a time and ends where somebody keeps it", async () => {
  const { system, leaf, start, at } = tree();
  const gaveUp = record(system, "gave-up");
  const level = (id: string, child: Parameters<typeof start>[0]["children"][number]) =>
    ({ id, strategy: "one_for_one", intensity: 1, children: [child] }) as const;
  start({ ...level("top", level("middle", level("low", leaf("a")))), onGiveUp: "isolate" });
  for (let n = 0; n < 8; n++) {
    at("/top/middle/low/a").tell(CRASH);
    await settle(system);
  }
  // Each level has one restart to give: two times two times two crashes.
  assert.deepEqual(gaveUp.map((event) => event.kind === "gave-up" && event.path.split("/").at(-1)), [
    "low",
    "low",
    "middle",
    "low",
    "low",
    "middle",
    "top",
  ]);
  assert.notEqual(system.find("/top"), undefined);
  assert.equal(system.find("/top/middle"), undefined);
  await finish(system);
});
