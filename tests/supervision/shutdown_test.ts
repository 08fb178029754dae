import assert from "node:assert/strict";
import type { ActorRef } from "../../runtime/mod.ts";
import { finish, pass, probe, record, settle } from "../../runtime/testkit/mod.ts";
import type {
  GiveUp,
  SupervisorMessage,
  SupervisorReply,
  SupervisorSpec,
  SupervisorView,
} from "../../supervision/mod.ts";
import { CRASH, tree } from "./trees.ts";

const BACKOFF = { initialMs: 100, maxMs: 700, factor: 2, jitter: 0, resetAfterMs: 10_000 };

Deno.test("A supervisor stops its children in reverse, each after the one before is gone", async () => {
  const { system, leaf, start, since, at } = tree();
  start({
    id: "top",
    strategy: "one_for_one",
    children: [
      leaf("a"),
      { id: "inner", strategy: "one_for_one", children: [leaf("b"), leaf("c")] },
      leaf("d", { shutdown: 30 }),
    ],
  });
  since();
  at("/top/d").tell({ kind: "hang" });
  await settle(system);
  const begun = system.clock.now();
  const stopping = system.stop();
  await stopping;
  // d holds the others up for its whole time, because each waits for the one after it.
  assert.deepEqual(since(), ["-d killed", "-c shutdown", "-b shutdown", "-a shutdown"]);
  assert.equal(system.clock.now() - begun, 30_000);
  await finish(system);
});

Deno.test("A child that does not stop in time is killed and reported", async () => {
  const { system, leaf, start, since, at } = tree();
  const overruns = record(system, "overran");
  start({ id: "top", strategy: "one_for_all", children: [leaf("a"), leaf("b", { shutdown: 250 })] });
  since();
  at("/top/b").tell({ kind: "hang" });
  await settle(system);
  at("/top/a").tell(CRASH);
  await pass(system, 1_000_000);
  assert.deepEqual(since(), ["-a error", "-b killed", "+a", "+b"]);
  assert.deepEqual(overruns, [{ kind: "overran", time: 250_000, path: "/top/b", shutdownMs: 250 }]);
  await finish(system);
});

Deno.test("A child with brutal_kill is killed without being asked", async () => {
  const { system, leaf, start, since } = tree();
  start({ id: "top", strategy: "one_for_one", children: [leaf("a", { shutdown: "brutal_kill" })] });
  since();
  await system.stop();
  assert.deepEqual(since(), ["-a killed"]);
  await finish(system);
});

Deno.test("A supervisor as a child is given all the time it needs", async () => {
  const { system, leaf, start, since, at } = tree();
  const inner: SupervisorSpec = { id: "inner", strategy: "one_for_one", children: [leaf("b", { shutdown: 60_000 })] };
  start({ id: "top", strategy: "one_for_one", children: [leaf("a"), inner] });
  since();
  at("/top/inner/b").tell({ kind: "hang" });
  await settle(system);
  await system.stop();
  assert.deepEqual(since(), ["-b killed", "-a shutdown"]);
  assert.equal(system.clock.now(), 60_000_000);
  await finish(system);
});

Deno.test("A supervisor whose specification says how long it may take is killed with its children when it takes longer", async () => {
  const { system, leaf, start, since, at } = tree();
  const children = [leaf("b"), leaf("c", { shutdown: 60_000 })];
  start({
    id: "top",
    strategy: "one_for_one",
    children: [leaf("a"), { id: "inner", strategy: "one_for_one", shutdown: 500, children }],
  });
  since();
  at("/top/inner/c").tell({ kind: "hang" });
  await settle(system);
  await system.stop();
  assert.deepEqual(since(), ["-c shutdown", "-b shutdown", "-a shutdown"]);
  assert.equal(system.clock.now(), 500_000);
  await finish(system);
});

Deno.test("Back-off delays double to their limit and start again after a quiet time", async () => {
  const { system, leaf, start, at } = tree();
  start({ id: "top", strategy: "one_for_one", intensity: 100, children: [leaf("a", { backoff: BACKOFF })] });
  const restarts = record(system, "restarted");
  const delays: number[] = [];
  // Each crash comes `up` microseconds after the restart before it.
  for (const up of [0, 0, 0, 0, 0, 10_000_000, 9_999_999]) {
    await pass(system, up);
    const crashedAt = system.clock.now();
    at("/top/a").tell(CRASH);
    const expected = restarts.length + 1;
    while (restarts.length < expected) await pass(system, 50_000);
    delays.push((restarts.at(-1)!.time - crashedAt) / 1000);
  }
  assert.deepEqual(delays, [100, 200, 400, 700, 700, 100, 200]);
  await finish(system);
});

Deno.test("failed starts lengthen the back-off like crashes", async () => {
  const { system, leaf, start, at, failures } = tree();
  start({ id: "top", strategy: "one_for_one", intensity: 100, children: [leaf("a", { backoff: BACKOFF })] });
  failures.set("a", 2);
  at("/top/a").tell(CRASH);
  const restarts = record(system, "restarted");
  await pass(system, 5_000_000);
  assert.deepEqual(restarts.map((event) => event.time), [100_000 + 200_000 + 400_000]);
  await finish(system);
});

Deno.test("Jitter stays within its fraction and repeats with the seed", async () => {
  const run = async () => {
    const { system, leaf, start, at } = tree();
    const backoff = { initialMs: 1000, maxMs: 1000, factor: 1, jitter: 0.25, resetAfterMs: 1e9 };
    start({ id: "top", strategy: "one_for_one", intensity: 1000, children: [leaf("a", { backoff })] });
    const restarts = record(system, "restarted");
    const delays: number[] = [];
    for (let n = 0; n < 200; n++) {
      const crashedAt = system.clock.now();
      at("/top/a").tell(CRASH);
      await pass(system, 1_300_000);
      delays.push(restarts[n].time - crashedAt);
    }
    await finish(system);
    return delays;
  };
  const delays = await run();
  assert.ok(Math.min(...delays) >= 750_000 && Math.min(...delays) < 770_000, `${Math.min(...delays)}`);
  assert.ok(Math.max(...delays) <= 1_250_000 && Math.max(...delays) > 1_230_000, `${Math.max(...delays)}`);
  assert.deepEqual(await run(), delays);
});

Deno.test("A supervisor stops at once during a back-off delay", async () => {
  const { system, leaf, start, since, at } = tree();
  start({ id: "top", strategy: "rest_for_one", children: [leaf("a"), leaf("b", { backoff: BACKOFF }), leaf("c")] });
  since();
  at("/top/b").tell(CRASH);
  await pass(system, 50_000);
  assert.deepEqual(since(), ["-b error", "-c shutdown"]);
  await system.stop();
  assert.deepEqual(since(), ["-a shutdown"]);
  assert.equal(system.clock.now(), 50_000);
  await pass(system, 1_000_000);
  assert.deepEqual(since(), []);
  await finish(system);
});

Deno.test("A message told to a child in its back-off delay is handled after the restart", async () => {
  const { system, leaf, start, since, at } = tree();
  start({ id: "top", strategy: "one_for_one", children: [leaf("a", { backoff: BACKOFF })] });
  since();
  at("/top/a").tell(CRASH);
  await pass(system, 50_000);
  assert.equal(system.actors().find((one) => one.path === "/top/a")?.state, "waiting-restart");
  at("/top/a").tell({ kind: "note", text: "told while it was down" });
  at("/top/a").urgent({ kind: "note", text: "urgent while it was down" });
  await pass(system, 50_000);
  assert.deepEqual(since(), ["-a error", "+a", "a: urgent while it was down", "a: told while it was down"]);
  await finish(system);
});

async function giveUp(onGiveUp: GiveUp | undefined) {
  const { system, leaf, start, since, at } = tree();
  const events = record(system, "gave-up");
  const inner: SupervisorSpec = {
    id: "inner",
    strategy: "one_for_one",
    intensity: 0,
    ...(onGiveUp === undefined ? {} : { onGiveUp }),
    children: [leaf("a"), leaf("b")],
  };
  start({ id: "top", strategy: "one_for_one", intensity: 5, children: [inner, leaf("c")] });
  since();
  at("/top/inner/a").tell(CRASH);
  await pass(system, 1_000_000);
  const actions = events.map((event) => event.kind === "gave-up" && `${event.path} ${event.onGiveUp}`);
  return { system, trace: since(), actions, at, since };
}

Deno.test("Giving up with escalate ends the supervisor with shutdown and lets its parent decide", async () => {
  for (const given of ["escalate", undefined] as const) {
    const { system, trace, actions } = await giveUp(given);
    assert.deepEqual(trace, ["-a error", "-b shutdown", "+a", "+b"]);
    assert.deepEqual(actions, ["/top/inner escalate"]);
    const inner = system.actors().find((one) => one.path === "/top/inner")!;
    assert.equal(inner.restarts, 1);
    assert.equal(inner.lastExit, "shutdown: restart budget spent");
    await finish(system);
  }
});

Deno.test("Giving up with isolate keeps the subtree stopped while its siblings live", async () => {
  const { system, trace, actions, at, since } = await giveUp("isolate");
  assert.deepEqual(trace, ["-a error", "-b shutdown"]);
  assert.deepEqual(actions, ["/top/inner isolate"]);
  assert.equal((system.inspect("/top/inner") as SupervisorView).gaveUp, true);
  assert.deepEqual(system.actors().map((one) => one.path), ["/top", "/top/inner", "/top/c"]);
  at("/top/c").tell({ kind: "note", text: "alive" });
  await settle(system);
  assert.deepEqual(since(), ["c: alive"]);
  await finish(system);
});

Deno.test("Giving up with safe-mode or halt keeps the subtree stopped and says which", async () => {
  for (const action of ["safe-mode", "halt"] as const) {
    const { system, trace, actions } = await giveUp(action);
    assert.deepEqual(trace, ["-a error", "-b shutdown"]);
    assert.deepEqual(actions, [`/top/inner ${action}`]);
    await finish(system);
  }
});

Deno.test("A supervisor answers commands to start, terminate, restart and delete children", async () => {
  const { system, leaf, start, since, failures } = tree();
  start({ id: "top", strategy: "one_for_one", children: [leaf("a")] });
  const top = system.find("/top") as ActorRef<SupervisorMessage>;
  const replies = probe<SupervisorReply>(system, "replies");
  const command = async (make: (replyTo: ActorRef<SupervisorReply>) => SupervisorMessage) => {
    top.tell(make(replies.ref));
    await settle(system);
    const reply = replies.messages.pop()!;
    assert.equal(replies.messages.length, 0);
    return reply.ok ? "ok" : reply.error;
  };
  since();
  assert.equal(await command((replyTo) => ({ kind: "StartChild", spec: leaf("b"), replyTo })), "ok");
  assert.deepEqual(since(), ["+b"]);
  assert.equal(
    await command((replyTo) => ({ kind: "StartChild", spec: leaf("b"), replyTo })),
    'A child "b" already exists.',
  );
  assert.match(
    await command((replyTo) => ({ kind: "StartChild", spec: leaf("x/y"), replyTo })),
    /must be a name without "\/"/,
  );
  failures.set("c", 1);
  assert.equal(
    await command((replyTo) => ({ kind: "StartChild", spec: leaf("c"), replyTo })),
    '"c" did not start: c cannot start',
  );
  assert.equal(await command((replyTo) => ({ kind: "RestartChild", id: "c", replyTo })), 'There is no child "c".');
  since();
  assert.equal(
    await command((replyTo) => ({ kind: "DeleteChild", id: "b", replyTo })),
    '"b" is running; terminate it first.',
  );
  assert.equal(await command((replyTo) => ({ kind: "TerminateChild", id: "b", replyTo })), "ok");
  assert.deepEqual(since(), ["-b shutdown"]);
  assert.equal(system.find("/top/b"), undefined);
  assert.deepEqual((system.inspect("/top") as SupervisorView).counts, {
    specs: 2,
    active: 1,
    supervisors: 0,
    workers: 2,
  });
  assert.equal(await command((replyTo) => ({ kind: "RestartChild", id: "b", replyTo })), "ok");
  assert.deepEqual(since(), ["+b"]);
  assert.equal(await command((replyTo) => ({ kind: "TerminateChild", id: "b", replyTo })), "ok");
  assert.equal(await command((replyTo) => ({ kind: "DeleteChild", id: "b", replyTo })), "ok");
  assert.deepEqual((system.inspect("/top") as SupervisorView).children.map((child) => child.id), ["a"]);
  await finish(system);
});

Deno.test("A command that arrives during a restart waits until it is over", async () => {
  const { system, leaf, start, since, at } = tree();
  start({ id: "top", strategy: "one_for_all", children: [leaf("a"), leaf("b", { shutdown: 100 })] });
  const top = system.find("/top") as ActorRef<SupervisorMessage>;
  since();
  at("/top/b").tell({ kind: "hang" });
  await settle(system);
  at("/top/a").tell(CRASH);
  await pass(system, 50_000);
  top.tell({ kind: "StartChild", spec: leaf("c") });
  top.tell({ kind: "TerminateChild", id: "a" });
  await settle(system);
  assert.deepEqual(since(), ["-a error"]);
  await pass(system, 50_000);
  assert.deepEqual(since(), ["-b killed", "+a", "+b", "+c", "-a shutdown"]);
  await finish(system);
});

Deno.test("commands that wait when a supervisor ends are refused", async () => {
  const { system, leaf, start, at } = tree();
  start({ id: "top", strategy: "one_for_one", children: [leaf("a", { shutdown: 100 })] });
  const top = system.find("/top") as ActorRef<SupervisorMessage>;
  const replies = probe<SupervisorReply>(system, "replies");
  at("/top/a").tell({ kind: "hang" });
  await settle(system);
  top.tell({ kind: "TerminateChild", id: "a", replyTo: replies.ref });
  top.tell({ kind: "StartChild", spec: leaf("b"), replyTo: replies.ref });
  await settle(system);
  await system.stop(top);
  await settle(system);
  const [first, ...rest] = replies.messages;
  assert.deepEqual(first, rest[0]);
  assert.deepEqual(rest, [{ ok: false, code: "stopping", error: "/top is stopping." }]);
  await finish(system);
});

Deno.test("a supervisor that gave up can be started again child by child with a fresh budget", async () => {
  const { system, leaf, start, since, at } = tree();
  start({ id: "top", strategy: "one_for_one", intensity: 1, onGiveUp: "isolate", children: [leaf("a"), leaf("b")] });
  const gaveUp = () => (system.inspect("/top") as SupervisorView).gaveUp;
  for (let n = 0; n < 2; n++) {
    at("/top/a").tell(CRASH);
    await settle(system);
  }
  assert.equal(gaveUp(), true);
  since();
  (system.find("/top") as ActorRef<SupervisorMessage>).tell({ kind: "RestartChild", id: "a" });
  await settle(system);
  assert.deepEqual(since(), ["+a"]);
  assert.equal(gaveUp(), false);
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-a error", "+a"]);
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.equal(gaveUp(), true);
  await finish(system);
});

Deno.test("a supervisor that is asked to stop while it restarts children stops them in order and starts none", async () => {
  const { system, leaf, start, since, at } = tree();
  start({
    id: "top",
    strategy: "one_for_all",
    children: [leaf("a"), leaf("b"), leaf("c", { shutdown: 100 }), leaf("d")],
  });
  since();
  at("/top/c").tell({ kind: "hang" });
  await settle(system);
  at("/top/d").tell(CRASH);
  await pass(system, 50_000);
  const stopping = system.stop();
  await stopping;
  assert.deepEqual(since(), ["-d error", "-c killed", "-b shutdown", "-a shutdown"]);
  assert.equal(system.clock.now(), 100_000);
  await finish(system);
});

Deno.test("a delay that was overtaken by a restart of the group does not start the child twice", async () => {
  const { system, leaf, start, since, at } = tree();
  start({
    id: "top",
    strategy: "rest_for_one",
    intensity: 9,
    children: [leaf("a"), leaf("b", { backoff: BACKOFF }), leaf("c")],
  });
  since();
  at("/top/b").tell(CRASH);
  await pass(system, 50_000);
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-b error", "-c shutdown", "-a error", "+a", "+b", "+c"]);
  // b crashes again: its new delay is 200 ms, and the old one, due at 100 ms, must not cut it short.
  at("/top/b").tell(CRASH);
  await pass(system, 199_000);
  assert.deepEqual(since(), ["-b error", "-c shutdown"]);
  await pass(system, 1_000);
  assert.deepEqual(since(), ["+b", "+c"]);
  await finish(system);
});
