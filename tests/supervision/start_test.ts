import assert from "node:assert/strict";
import { type ActorDef, type ActorRef, IGNORE, type Init } from "../../runtime/mod.ts";
import { finish, pass, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import {
  supervise,
  type SupervisorMessage,
  type SupervisorReply,
  type SupervisorSpec,
  type SupervisorView,
  worker,
  type WorkerOptions,
} from "../../supervision/mod.ts";
import { tree } from "./trees.ts";

/** A worker whose start lasts until the test lets it go on. */
function slowTree() {
  const base = tree();
  const { system, trace } = base;
  const gates = new Map<string, (outcome: "open" | "fail" | "ignore") => void>();
  const def: ActorDef<string, string> = {
    type: "slow",
    async init(_context, id): Promise<Awaited<Init<string>>> {
      trace.push(`(${id}`);
      const outcome = await new Promise((resolve) => gates.set(id, resolve));
      if (outcome === "fail") throw new Error(`${id} found no line`);
      if (outcome === "ignore") return IGNORE;
      trace.push(`+${id}`);
      return {
        receive: (text) => void trace.push(`${id}: ${text}`),
        stopped: ({ kind }) => void trace.push(`-${id} ${kind}`),
      };
    },
  };
  const slow = (id: string, options?: WorkerOptions) => worker(id, def, id, options);
  const open = async (id: string, outcome: "open" | "fail" | "ignore" = "open") => {
    gates.get(id)!(outcome);
    await settle(system);
  };
  const top = (children: SupervisorSpec["children"], more: Partial<SupervisorSpec> = {}) =>
    base.start({ id: "top", strategy: "one_for_one", intensity: 5, children, ...more });
  const state = (id: string) =>
    (system.inspect("/top") as SupervisorView | undefined)?.children.find((child) => child.id === id)?.state;
  return { ...base, slow, open, top, state };
}

Deno.test("A message told to an actor whose start takes time is handled when it has started", async () => {
  const system = testSystem();
  let open!: () => void;
  const told: string[] = [];
  const started = record(system, "started", "stopped");
  const def: ActorDef<string> = {
    type: "slow",
    init: () => new Promise((resolve) => open = () => resolve({ receive: (text) => void told.push(text) })),
  };
  const ref = system.start("slow", def, undefined);
  ref.tell("one");
  ref.urgent("zero");
  await settle(system);
  assert.deepEqual([told, started.length, system.actors()[0].state], [[], 0, "busy"]);
  open();
  await settle(system);
  assert.deepEqual(told, ["zero", "one"]);
  assert.deepEqual(started.map(({ kind }) => kind), ["started"]);
  await finish(system);
});

Deno.test("a start that takes time and fails is a crash, and can be cut short by a kill", async () => {
  const system = testSystem();
  const crashed = record(system, "crashed");
  const bad: ActorDef<string> = { type: "bad", init: () => Promise.reject(new Error("no port")) };
  const ref = system.start("bad", bad, undefined);
  await settle(system);
  assert.equal(ref.tell("x"), "dead");
  const never: ActorDef<string> = { type: "never", init: () => new Promise(() => {}) };
  system.kill(system.start("never", never, undefined));
  await settle(system);
  assert.deepEqual(crashed.map((event) => event.kind === "crashed" && event.reason), [
    "init failed: Error: no port",
    "killed",
  ]);
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

Deno.test("An actor whose init returns IGNORE does not run, and that is no failure", async () => {
  const system = testSystem();
  const events = record(system);
  const ref = system.start("none", { type: "none", init: () => IGNORE }, undefined);
  await settle(system);
  assert.equal(ref.tell(undefined as never), "dead");
  assert.deepEqual(events.map(({ kind }) => kind).slice(0, 2), ["ignored", "stopped"]);
  await finish(system);
});

Deno.test("A child whose init returns IGNORE stays on the list without an actor, and a temporary one does not", async () => {
  const system = testSystem();
  const idle: ActorDef<never> = { type: "idle", init: () => IGNORE };
  let ignore = true;
  const sometimes: ActorDef<"crash"> = {
    type: "sometimes",
    init: () => ignore ? IGNORE : { receive: () => Promise.reject(new Error("crashed")) },
  };
  const top = supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    children: [
      worker("a", idle, undefined),
      worker("t", idle, undefined, { restart: "temporary" }),
      worker("s", sometimes, undefined),
    ],
  });
  const view = () => system.inspect("/top") as SupervisorView;
  assert.deepEqual(view().children.map(({ id, state }) => `${id} ${state}`), ["a stopped", "s stopped"]);
  assert.deepEqual(view().counts, { specs: 2, active: 0, supervisors: 0, workers: 2 });
  // Told to start again it may have something to do, and lose it again.
  ignore = false;
  const replies = probe<SupervisorReply>(system, "replies");
  top.tell({ kind: "RestartChild", id: "s", replyTo: replies.ref });
  await settle(system);
  const [reply] = replies.messages;
  assert.ok(reply.ok && reply.child === system.find("/top/s"));
  ignore = true;
  (system.find("/top/s") as ActorRef<"crash">).tell("crash");
  await settle(system);
  assert.deepEqual(view().children.map(({ id, state }) => `${id} ${state}`), ["a stopped", "s stopped"]);
  assert.equal(system.find("/top/s"), undefined);
  await finish(system);
});

Deno.test("A child whose start takes time holds up those after it until it has started", async () => {
  const { system, slow, leaf, top, open, since, state } = slowTree();
  const started = record(system, "started");
  top([leaf("a"), slow("b"), leaf("c")]);
  await settle(system);
  assert.deepEqual(since(), ["+a", "(b"]);
  assert.equal(state("b"), "starting");
  assert.deepEqual(started.map((event) => "path" in event && event.path), ["/top/a"]);
  await open("b");
  assert.deepEqual(since(), ["+b", "+c"]);
  assert.equal(state("b"), "running");
  assert.deepEqual(started.map((event) => "path" in event && event.path), ["/top/a", "/top/b", "/top/c", "/top"]);
  await finish(system);
});

Deno.test("A supervisor whose children take time to start has started when they have", async () => {
  const { system, slow, leaf, top, open, since } = slowTree();
  top([{ id: "inner", strategy: "one_for_one", children: [slow("b"), slow("c")] }, leaf("d")]);
  await settle(system);
  await open("b");
  assert.deepEqual(since(), ["(b", "+b", "(c"]);
  await open("c");
  assert.deepEqual(since(), ["+c", "+d"]);
  await finish(system);
});

Deno.test("If a child whose start takes time fails, those before it are stopped in their time and the supervisor fails", async () => {
  const { system, slow, leaf, top, open, since } = slowTree();
  const crashed = record(system, "crashed");
  top([leaf("a"), leaf("b", { shutdown: "brutal_kill" }), slow("c"), leaf("d")]);
  await settle(system);
  await open("c", "fail");
  assert.deepEqual(since(), ["+a", "+b", "(c", "-b killed", "-a shutdown"]);
  assert.deepEqual(crashed.map((event) => event.kind === "crashed" && `${event.path} ${event.reason}`), [
    "/top/c init failed: Error: c found no line",
    "/top/b killed",
    "/top init failed: Error: c found no line",
  ]);
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

Deno.test("A start that takes longer than its time is a failed start", async () => {
  const { system, slow, leaf, top, open, since } = slowTree();
  const reports = record(system, "report");
  top([slow("a", { startTimeoutMs: 200 }), leaf("b")]);
  await settle(system);
  await open("a");
  since();
  system.crash(system.find("/top/a")!, new Error("line lost"));
  await pass(system, 150_000);
  assert.deepEqual(since(), ["-a error", "(a"]);
  await pass(system, 100_000);
  // Killed at 200 ms and tried again.
  assert.deepEqual(since(), ["(a"]);
  assert.ok(reports.some((one) => one.kind === "report" && one.reason === "it had not started after 200 ms"));
  await open("a");
  await pass(system, 1_000_000);
  assert.deepEqual(since(), ["+a"]);
  await finish(system);
});

Deno.test("a child that takes its time to say that it has nothing to do is no failure", async () => {
  const { system, slow, leaf, top, open, since, state } = slowTree();
  top([slow("a"), leaf("b")]);
  await settle(system);
  await open("a", "ignore");
  assert.deepEqual([since(), state("a")], [["(a", "+b"], "stopped"]);
  await finish(system);
});

Deno.test("A stop of a supervisor cuts the start of a child short", async () => {
  const { system, slow, leaf, top, since } = slowTree();
  top([leaf("a"), slow("b"), leaf("c")]);
  await settle(system);
  since();
  const begun = system.clock.now();
  await system.stop();
  assert.deepEqual(since(), ["-a shutdown"]);
  assert.equal(system.clock.now(), begun, "it waited for the start to run out of time");
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

Deno.test("commands and ends that come while a child starts wait for it", async () => {
  const { system, slow, leaf, top, open, since, at } = slowTree();
  top([leaf("a"), slow("b")]);
  await settle(system);
  const ref = system.find("/top") as ActorRef<SupervisorMessage>;
  const replies = probe<SupervisorReply>(system, "replies");
  ref.tell({ kind: "StartChild", spec: slow("c"), replyTo: replies.ref });
  at("/top/a").tell({ kind: "crash" });
  await settle(system);
  assert.deepEqual(since(), ["+a", "(b", "-a error"]);
  await open("b");
  assert.deepEqual(since(), ["+b", "+a", "(c"]);
  assert.deepEqual(replies.messages, []);
  await open("c", "fail");
  const [reply] = replies.messages;
  assert.deepEqual(reply, { ok: false, code: "start-failed", error: '"c" did not start: c found no line' });
  assert.equal(system.find("/top/c"), undefined);
  await finish(system);
});

Deno.test("a dynamic child whose start takes time is answered when it has started", async () => {
  const { system, slow, open, since } = slowTree();
  const top = supervise(system, "top", { id: "top", strategy: "dynamic", intensity: 5, template: slow("b") });
  const replies = probe<SupervisorReply>(system, "replies");
  const start = async (args: string) => {
    top.tell({ kind: "StartDynamic", args, replyTo: replies.ref });
    await settle(system);
  };
  await start("x");
  await start("y");
  assert.deepEqual([since(), replies.messages.length], [["(x"], 0]);
  await open("x");
  assert.deepEqual([since(), replies.messages.length], [["+x", "(y"], 1]);
  await open("y", "fail");
  assert.equal(replies.messages[1].ok, false);
  system.crash(system.find("/top/b-1")!, new Error("line lost"));
  await settle(system);
  assert.deepEqual(since(), ["-x error", "(x"]);
  await open("x", "fail");
  assert.deepEqual(since(), ["(x"]);
  await open("x");
  assert.deepEqual(since(), ["+x"]);
  await finish(system);
});
