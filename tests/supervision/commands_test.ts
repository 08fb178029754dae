import assert from "node:assert/strict";
import type { ActorRef } from "../../runtime/mod.ts";
import { finish, pass, probe, record, settle } from "../../runtime/testkit/mod.ts";
import type {
  ChildView,
  SupervisorMessage,
  SupervisorReply,
  SupervisorSpec,
  SupervisorView,
} from "../../supervision/mod.ts";
import { CRASH, END_NORMAL, tree } from "./trees.ts";

/** A started tree with somebody who tells its root what to do and hears the answer. */
function commanded(make: (leaf: ReturnType<typeof tree>["leaf"]) => Partial<SupervisorSpec>) {
  const base = tree();
  const { system, leaf, start } = base;
  start({ id: "top", strategy: "one_for_one", intensity: 9, children: [], ...make(leaf) });
  const top = system.find("/top") as ActorRef<SupervisorMessage>;
  const replies = probe<unknown>(system, "replies");
  const say = async (message: SupervisorMessage): Promise<unknown> => {
    top.tell({ ...message, replyTo: replies.ref } as SupervisorMessage);
    await settle(system);
    return replies.messages.splice(0)[0];
  };
  /** "ok", or the code of the refusal. */
  const told = async (message: SupervisorMessage): Promise<string> => {
    const reply = await say(message) as SupervisorReply;
    return reply.ok ? "ok" : reply.code;
  };
  const view = () => system.inspect("/top") as SupervisorView;
  const states = () => view().children.map(({ id, state }) => `${id} ${state}`);
  base.since();
  return { ...base, top, say, told, view, states };
}

Deno.test("A supervisor lists and counts its children and shows a specification", async () => {
  const { system, say, told } = commanded((leaf) => ({
    children: [leaf("a"), { id: "inner", strategy: "one_for_one", children: [] }, leaf("t", { restart: "transient" })],
  }));
  await told({ kind: "TerminateChild", id: "t" });
  const which = await say({ kind: "WhichChildren", replyTo: null as never }) as ChildView[];
  assert.deepEqual(which, [
    { id: "a", state: "running", kind: "worker", restart: "permanent" },
    { id: "inner", state: "running", kind: "supervisor", restart: "permanent" },
    { id: "t", state: "stopped", kind: "worker", restart: "transient" },
  ]);
  assert.deepEqual(await say({ kind: "CountChildren", replyTo: null as never }), {
    specs: 3,
    active: 2,
    supervisors: 1,
    workers: 2,
  });
  const shown = await say({ kind: "GetChildSpec", id: "t", replyTo: null as never }) as { spec: { restart: string } };
  assert.equal(shown.spec.restart, "transient");
  assert.equal(await told({ kind: "GetChildSpec", id: "x", replyTo: null as never }), "not-found");
  await finish(system);
});

Deno.test("A specification can be checked without being added", async () => {
  const { system, leaf, told, since, view } = commanded((leaf) => ({ children: [leaf("a")] }));
  const check = (spec: ReturnType<typeof leaf>) => told({ kind: "CheckChild", spec, replyTo: null as never });
  assert.equal(await check(leaf("b")), "ok");
  assert.equal(await check(leaf("b", { shutdown: 0 })), "bad-spec");
  // Its supervisor does not care for significant children.
  assert.equal(await check(leaf("b", { significant: true, restart: "transient" })), "bad-spec");
  assert.deepEqual([since(), view().counts.specs], [[], 1]);
  await finish(system);
});

Deno.test("A refused command says why in a sentence and by a stable code", async () => {
  const { system, leaf, told, say, failures } = commanded((leaf) => ({
    children: [leaf("a"), leaf("b", { restart: "transient" })],
  }));
  await told({ kind: "TerminateChild", id: "b" });
  assert.equal(await told({ kind: "StartChild", spec: leaf("a") }), "already-started");
  assert.equal(await told({ kind: "StartChild", spec: leaf("b") }), "already-present");
  assert.equal(await told({ kind: "StartChild", spec: leaf("x/y") }), "bad-spec");
  failures.set("c", 1);
  assert.equal(await told({ kind: "StartChild", spec: leaf("c") }), "start-failed");
  assert.equal(await told({ kind: "RestartChild", id: "a" }), "running");
  assert.equal(await told({ kind: "DeleteChild", id: "a" }), "running");
  assert.equal(await told({ kind: "EnableChild", id: "a", by: "ann" }), "running");
  for (const kind of ["TerminateChild", "RestartChild", "DeleteChild"] as const) {
    assert.equal(await told({ kind, id: "x" }), "not-found");
  }
  assert.equal(await told({ kind: "StartDynamic" }), "wrong-kind");
  assert.deepEqual(await say({ kind: "RestartChild", id: "x" }), {
    ok: false,
    code: "not-found",
    error: 'There is no child "x".',
  });
  await finish(system);
});

Deno.test("A child can be named by its ref", async () => {
  const { system, told, at, since } = commanded((leaf) => ({ children: [leaf("a"), leaf("b")] }));
  assert.equal(await told({ kind: "TerminateChild", id: at("/top/b") }), "ok");
  assert.deepEqual(since(), ["-b shutdown"]);
  await finish(system);
});

Deno.test("A disabled child is stopped and not started, not even for its siblings, until it is enabled", async () => {
  const { system, told, at, since, states } = commanded((leaf) => ({
    strategy: "one_for_all",
    children: [leaf("a"), leaf("b"), leaf("c")],
  }));
  assert.equal(await told({ kind: "DisableChild", id: "b", by: "ann" }), "ok");
  assert.deepEqual(since(), ["-b shutdown"]);
  assert.equal(system.find("/top/b"), undefined);
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-a error", "-c shutdown", "+a", "+c"]);
  assert.deepEqual(states(), ["a running", "b disabled", "c running"]);
  assert.equal(await told({ kind: "RestartChild", id: "b" }), "disabled");
  assert.equal(await told({ kind: "TerminateChild", id: "b" }), "ok");
  assert.deepEqual(states(), ["a running", "b disabled", "c running"]);
  assert.equal(await told({ kind: "EnableChild", id: "b", by: "bob" }), "ok");
  assert.deepEqual(since(), ["+b"]);
  at("/top/c").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-c error", "-b shutdown", "-a shutdown", "+a", "+b", "+c"]);
  await finish(system);
});

Deno.test("Who took a child out of service and put it back is published", async () => {
  const { system, told } = commanded((leaf) => ({ children: [leaf("a")] }));
  const reports = record(system, "report");
  await told({ kind: "DisableChild", id: "a", by: "ann" });
  await told({ kind: "DisableChild", id: "a", by: "ann" });
  await told({ kind: "EnableChild", id: "a", by: "bob" });
  assert.deepEqual(
    reports.map((one) => one.kind === "report" && `${one.path} ${one.context} ${one.child.id} ${one.reason}`),
    ["/top disabled a by ann", "/top enabled a by bob"],
  );
  await finish(system);
});

Deno.test("a child that is disabled during its back-off does not come back", async () => {
  const backoff = { initialMs: 100, maxMs: 100, factor: 1, jitter: 0, resetAfterMs: 1e6 };
  const { system, told, at, since, states } = commanded((leaf) => ({ children: [leaf("a", { backoff })] }));
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.equal(await told({ kind: "DisableChild", id: "a", by: "ann" }), "ok");
  await pass(system, 1_000_000);
  assert.deepEqual([since(), states()], [["-a error"], ["a disabled"]]);
  assert.equal(await told({ kind: "DeleteChild", id: "a" }), "ok");
  assert.deepEqual(states(), []);
  await finish(system);
});

Deno.test("A child may have a budget of its own, and one restart more is as if its supervisor's were spent", async () => {
  for (const [mine, survives] of [[2, false], [3, true]] as const) {
    const { system, at, view } = commanded((leaf) => ({
      children: [leaf("a", { budget: { intensity: mine, periodMs: 1000 } }), leaf("b")],
    }));
    const gaveUp = record(system, "gave-up");
    for (let n = 0; n < 3; n++) {
      at("/top/b").tell(CRASH);
      at("/top/a").tell(CRASH);
      await settle(system);
    }
    assert.equal(view() !== undefined, survives);
    const reasons = gaveUp.map((event) => event.kind === "gave-up" && event.reason);
    assert.deepEqual(reasons, survives ? [] : ['"a" needed more than 2 restarts in 1000 ms']);
    await finish(system);
  }
});

Deno.test("A child's own budget slides like its supervisor's", async () => {
  const { system, at, view } = commanded((leaf) => ({
    children: [leaf("a", { budget: { intensity: 1, periodMs: 100 } })],
  }));
  for (const gap of [100_001, 100_001, 100_000]) {
    assert.notEqual(view(), undefined);
    at("/top/a").tell(CRASH);
    await pass(system, gap);
  }
  at("/top/a").tell(CRASH);
  await settle(system);
  assert.equal(view(), undefined);
  await finish(system);
});

Deno.test("A child whose budget says quarantine is disabled when it is spent, and its siblings go on", async () => {
  const { system, at, since, states, told, view } = commanded((leaf) => ({
    strategy: "one_for_all",
    children: [leaf("a"), leaf("b", { budget: { intensity: 1, periodMs: 1000, onSpent: "quarantine" } }), leaf("c")],
  }));
  const reports = record(system, "report");
  at("/top/b").tell(CRASH);
  await settle(system);
  since();
  at("/top/b").tell(CRASH);
  await settle(system);
  assert.deepEqual(since(), ["-b error"]);
  assert.deepEqual(states(), ["a running", "b disabled", "c running"]);
  const last = reports.at(-1)!;
  assert.ok(last.kind === "report");
  assert.deepEqual([last.context, last.reason], ["disabled", "it needed more than 1 restarts in 1000 ms"]);
  // What the child spent in vain is not on the account of its siblings.
  assert.equal(view().restartsInPeriod, 1);
  assert.equal(await told({ kind: "EnableChild", id: "b", by: "ann" }), "ok");
  at("/top/b").tell(CRASH);
  await settle(system);
  assert.deepEqual(states(), ["a running", "b running", "c running"]);
  await finish(system);
});

Deno.test("a command to end and an end of itself at once end a child once", async () => {
  const { system, top, at, since, states } = commanded((leaf) => ({ children: [leaf("a", { restart: "transient" })] }));
  at("/top/a").tell(END_NORMAL);
  top.tell({ kind: "TerminateChild", id: "a" });
  await settle(system);
  assert.deepEqual([since(), states()], [["-a normal"], ["a stopped"]]);
  await finish(system);
});
