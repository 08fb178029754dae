import assert from "node:assert/strict";
import type { ActorDef, ActorRef } from "../../runtime/mod.ts";
import { finish, pass, probe, record, settle } from "../../runtime/testkit/mod.ts";
import {
  type RestartType,
  type Strategy,
  type SupervisorMessage,
  type SupervisorView,
  worker,
} from "../../supervision/mod.ts";
import { CRASH, END_NORMAL, END_SHUTDOWN, type Order, tree } from "./trees.ts";

Deno.test("Children start in order, each after the init of the one before has returned", async () => {
  const { system, leaf, start, since } = tree();
  start({
    id: "top",
    strategy: "one_for_one",
    children: [leaf("a"), { id: "inner", strategy: "one_for_one", children: [leaf("b"), leaf("c")] }, leaf("d")],
  });
  assert.deepEqual(since(), ["+a", "+b", "+c", "+d"]);
  await finish(system);
});

Deno.test("If a child does not start, the ones before it end in reverse and the supervisor does not start", async () => {
  const { system, leaf, start, since, failures } = tree();
  failures.set("c", 1);
  assert.throws(
    () => start({ id: "top", strategy: "one_for_one", children: [leaf("a"), leaf("b"), leaf("c"), leaf("d")] }),
    /c cannot start/,
  );
  assert.deepEqual(since(), ["+a", "+b", "!c", "-b shutdown", "-a shutdown"]);
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

async function afterCrashOf(id: string, strategy: Strategy) {
  const { system, leaf, start, since, at } = tree();
  start({ id: "top", strategy, children: [leaf("a"), leaf("b"), leaf("c"), leaf("d")] });
  since();
  at(`/top/${id}`).tell(CRASH);
  await settle(system);
  const result = since();
  await finish(system);
  return result;
}

Deno.test("one_for_one restarts the child that ended and no other", async () => {
  assert.deepEqual(await afterCrashOf("b", "one_for_one"), ["-b error", "+b"]);
});

Deno.test("one_for_all stops the others in reverse and starts all in order", async () => {
  const expected = ["-b error", "-d shutdown", "-c shutdown", "-a shutdown", "+a", "+b", "+c", "+d"];
  assert.deepEqual(await afterCrashOf("b", "one_for_all"), expected);
});

Deno.test("rest_for_one stops those started after it in reverse and starts them again in order", async () => {
  const expected = ["-b error", "-d shutdown", "-c shutdown", "+b", "+c", "+d"];
  assert.deepEqual(await afterCrashOf("b", "rest_for_one"), expected);
  assert.deepEqual(await afterCrashOf("d", "rest_for_one"), ["-d error", "+d"]);
});

async function isRestartedAfter(restart: RestartType, order: Order): Promise<boolean> {
  const { system, leaf, start, since, at } = tree();
  start({ id: "top", strategy: "one_for_one", children: [leaf("a", { restart })] });
  since();
  at("/top/a").tell(order);
  await settle(system);
  const restarted = since().includes("+a");
  assert.equal(system.find("/top/a") !== undefined, restarted);
  await finish(system);
  return restarted;
}

Deno.test("A permanent child is restarted after any end", async () => {
  for (const order of [CRASH, END_NORMAL, END_SHUTDOWN]) assert.equal(await isRestartedAfter("permanent", order), true);
});

Deno.test("A transient child is restarted after an abnormal end only", async () => {
  assert.equal(await isRestartedAfter("transient", CRASH), true);
  assert.equal(await isRestartedAfter("transient", { kind: "end", reason: { kind: "killed" } }), true);
  assert.equal(await isRestartedAfter("transient", END_NORMAL), false);
  assert.equal(await isRestartedAfter("transient", END_SHUTDOWN), false);
});

Deno.test("A temporary child is never restarted, not even for its siblings", async () => {
  for (const order of [CRASH, END_NORMAL, END_SHUTDOWN]) {
    assert.equal(await isRestartedAfter("temporary", order), false);
  }
  const { system, leaf, start, since, at } = tree();
  start({ id: "top", strategy: "one_for_all", children: [leaf("a"), leaf("t", { restart: "temporary" }), leaf("c")] });
  since();
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-a error", "-c shutdown", "-t shutdown", "+a", "+c"]);
  assert.deepEqual((system.inspect("/top") as SupervisorView).children.map((child) => child.id), ["a", "c"]);
  await finish(system);
});

Deno.test("A transient child that left is started again when its siblings are restarted with it", async () => {
  const { system, leaf, start, since, at } = tree();
  start({ id: "top", strategy: "one_for_all", children: [leaf("a"), leaf("t", { restart: "transient" })] });
  at("/top/t").tell(END_NORMAL);
  await settle(system);
  assert.equal(system.find("/top/t"), undefined);
  since();
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-a error", "+a", "+t"]);
  await finish(system);
});

Deno.test("A supervisor gives up at one restart more than its intensity within its period", async () => {
  for (const intensity of [0, 1, 3]) {
    const { system, leaf, start, at } = tree();
    const events = record(system, "gave-up");
    start({ id: "top", strategy: "one_for_one", intensity, periodMs: 100, children: [leaf("a"), leaf("b")] });
    for (let n = 0; n < intensity; n++) {
      at(n % 2 === 0 ? "/top/a" : "/top/b").tell(CRASH);
      await pass(system, 10_000);
    }
    assert.equal(events.length, 0);
    at("/top/a").tell(CRASH);
    await settle(system);
    assert.equal(events.length, 1);
    const [event] = events;
    assert.equal(
      event.kind === "gave-up" && event.reason,
      `"a" needed more than ${intensity} restarts in 100 ms`,
    );
    assert.deepEqual(system.actors(), []);
    await finish(system);
  }
});

Deno.test("A restart exactly one period old still counts", async () => {
  for (const [gap, survives] of [[100_000, false], [100_001, true]] as const) {
    const { system, leaf, start, at } = tree();
    start({ id: "top", strategy: "one_for_one", intensity: 1, periodMs: 100, children: [leaf("a")] });
    at("/top/a").tell(CRASH);
    await pass(system, gap);
    at("/top/a").tell(CRASH);
    await settle(system);
    assert.equal(system.find("/top") !== undefined, survives, `gap ${gap}`);
    await finish(system);
  }
});

Deno.test("A failed start on restart spends from the budget too", async () => {
  const { system, leaf, start, since, at, failures } = tree();
  const events = record(system, "gave-up");
  start({ id: "top", strategy: "one_for_one", intensity: 3, children: [leaf("a"), leaf("b")] });
  since();
  failures.set("a", 2);
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-a error", "!a", "!a", "+a"]);
  assert.equal((system.inspect("/top") as SupervisorView).restartsInPeriod, 3);
  assert.equal(events.length, 0);
  failures.set("b", 1);
  at("/top/b").tell(CRASH);
  await settle(system);
  assert.equal(events.length, 1);
  assert.deepEqual(since(), ["-b error", "-a shutdown"]);
  await finish(system);
});

Deno.test("Between two tries to restart a child a request to stop is served", async () => {
  const { system, leaf, start, since, at, failures } = tree();
  start({ id: "top", strategy: "one_for_one", intensity: 1e9, children: [leaf("a"), leaf("b")] });
  since();
  failures.set("a", Infinity);
  at("/top/a").tell(CRASH);
  const top = system.find("/top")!;
  const ends = record(system, "stopped");
  const running = system.run();
  await system.stop(top);
  system.halt();
  await running;
  const trace = since();
  assert.equal(trace.at(-1), "-b shutdown");
  const last = ends.at(-1)!;
  assert.equal(last.kind === "stopped" && `${last.path}: ${last.reason}`, "/top: shutdown");
  await finish(system);
});

Deno.test("After a failed start rest_for_one goes on from the child that failed", async () => {
  const { system, leaf, start, since, at, failures } = tree();
  start({ id: "top", strategy: "rest_for_one", intensity: 9, children: ["a", "b", "c", "d"].map((id) => leaf(id)) });
  since();
  failures.set("c", 2);
  at("/top/b").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-b error", "-d shutdown", "-c shutdown", "+b", "!c", "!c", "+c", "+d"]);
  await finish(system);
});

Deno.test("after a failed start one_for_all stops what it had started and starts all again", async () => {
  const { system, leaf, start, since, at, failures } = tree();
  start({ id: "top", strategy: "one_for_all", intensity: 9, children: ["a", "b", "c"].map((id) => leaf(id)) });
  since();
  failures.set("b", 1);
  at("/top/c").tell(CRASH);
  await settle(system);
  const expected = ["-c error", "-b shutdown", "-a shutdown", "+a", "!b", "-a shutdown", "+a", "+b", "+c"];
  assert.deepEqual(since(), expected);
  await finish(system);
});

Deno.test("siblings that crash together are restarted one after the other, and once only", async () => {
  const one = tree();
  one.start({ id: "top", strategy: "one_for_one", intensity: 9, children: ["a", "b", "c"].map((id) => one.leaf(id)) });
  one.since();
  for (const id of ["c", "a", "b"]) one.at(`/top/${id}`).tell(CRASH);
  await settle(one.system);
  assert.deepEqual(one.since(), ["-c error", "-a error", "-b error", "+c", "+a", "+b"]);
  await finish(one.system);

  const all = tree();
  all.start({ id: "top", strategy: "one_for_all", intensity: 9, children: ["a", "b", "c"].map((id) => all.leaf(id)) });
  all.since();
  for (const id of ["c", "a", "b"]) all.at(`/top/${id}`).tell(CRASH);
  await settle(all.system);
  assert.deepEqual(all.since(), ["-c error", "-a error", "-b error", "+a", "+b", "+c"]);
  await finish(all.system);
});

Deno.test("a child that a restarted supervisor does not start again is gone for good", async () => {
  const { system, leaf, start, since, at } = tree();
  const watcher = probe(system, "watcher");
  start({
    id: "top",
    strategy: "one_for_one",
    children: [{ id: "inner", strategy: "one_for_one", intensity: 0, children: [leaf("a")] }],
  });
  const inner = system.find("/top/inner") as ActorRef<SupervisorMessage>;
  inner.tell({ kind: "StartChild", spec: leaf("extra") });
  await settle(system);
  const extra = at("/top/inner/extra");
  watcher.watch(extra);
  since();
  at("/top/inner/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-a error", "-extra shutdown", "+a"]);
  assert.equal(system.find("/top/inner/extra"), undefined);
  assert.equal(extra.tell(CRASH), "dead");
  assert.equal(watcher.signals.length, 1);
  await finish(system);
});

Deno.test("a retry that a restart of the group has overtaken is forgotten", async () => {
  const { system, leaf, start, since, at, failures } = tree();
  start({ id: "top", strategy: "rest_for_one", intensity: 9, children: ["a", "b", "c"].map((id) => leaf(id)) });
  since();
  failures.set("b", 1);
  at("/top/b").tell(CRASH);
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-b error", "-a error", "-c shutdown", "!b", "+a", "+b", "+c"]);
  assert.equal((system.inspect("/top") as SupervisorView).restartsInPeriod, 2);
  await finish(system);
});

Deno.test("A restart of a group takes over what was still to be restarted of it, also when it fails", async () => {
  const { system, leaf, start, since, at, failures } = tree();
  start({ id: "top", strategy: "rest_for_one", intensity: 4, children: ["a", "b", "c"].map((id) => leaf(id)) });
  since();
  failures.set("b", 2);
  failures.set("c", 1);
  at("/top/c").tell(CRASH);
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-c error", "-a error", "!c", "-b shutdown", "+a", "!b", "!b", "+b", "+c"]);
  assert.equal((system.inspect("/top") as SupervisorView).restartsInPeriod, 4);
  await finish(system);
});

Deno.test("What a supervisor wanted to try again is forgotten when it is restarted itself", async () => {
  const { system, start, at } = tree();
  const starts: string[] = [];
  let fatal = false;
  const def: ActorDef<Order> = {
    type: "fatal",
    init(context) {
      starts.push(`${context.incarnation}`);
      if (!fatal) {
        return {
          receive() {
            throw new Error("on purpose");
          },
        };
      }
      // Its supervisor will want to try again, and is killed before it can.
      fatal = false;
      system.kill(system.find("/top/inner")!);
      throw new Error("not now");
    },
  };
  start({
    id: "top",
    strategy: "one_for_one",
    children: [{ id: "inner", strategy: "one_for_one", children: [worker("a", def, undefined)] }],
  });
  fatal = true;
  at("/top/inner/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(starts, ["0", "1", "2"]);
  assert.equal((system.inspect("/top/inner") as SupervisorView).restartsInPeriod, 0);
  await finish(system);
});
