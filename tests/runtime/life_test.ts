import assert from "node:assert/strict";
import { type ActorRef, childrenOf, type ExitReason, serviceKey } from "../../runtime/mod.ts";
import { finish, pass, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { supervise, type SupervisorSpec, worker, type WorkerOptions } from "../../supervision/mod.ts";
import { actor, outerPromise } from "./actors.ts";

function top(children: SupervisorSpec["children"], spec: Partial<SupervisorSpec> = {}): SupervisorSpec {
  return { id: "top", strategy: "one_for_one", intensity: 10, children, ...spec };
}

Deno.test("init has run when start returns, and its error is thrown by start", async () => {
  const system = testSystem();
  let begun = false;
  system.start(
    "good",
    actor(() => {
      begun = true;
      return {};
    }),
    undefined,
  );
  assert.equal(begun, true);
  const bad = actor(() => {
    throw new Error("no port");
  });
  assert.throws(() => system.start("bad", bad, undefined), /no port/);
  assert.deepEqual(system.actors().map((one) => one.path), ["/good"]);
  const none = { type: "none", init: () => undefined as never };
  assert.throws(() => system.start("none", none, undefined), /init of none must return its handlers or IGNORE/);
  assert.throws(() => system.start("a/b", actor(() => ({})), undefined), /without "\/"/);
  assert.throws(() => system.start("good", actor(() => ({})), undefined), /\/good is taken/);
  await finish(system);
});

Deno.test("An init that throws undoes what it began", async () => {
  const system = testSystem();
  const key = serviceKey<string>("role");
  const trace: string[] = [];
  const bad = actor<string>((context) => {
    context.register(key);
    context.timers.once("t", 5, "tick");
    context.self.tell("to myself");
    childrenOf(context).start("child", actor(() => ({ stopped: (why) => void trace.push(why.kind) })), undefined);
    throw new Error("half way");
  });
  assert.throws(() => system.start("bad", bad, undefined), /half way/);
  assert.deepEqual(system.actors(), []);
  assert.deepEqual(trace, ["shutdown"]);
  assert.equal(system.registry.find(key), undefined);
  assert.equal(system.counters().dead, 1);
  await pass(system, 10);
  assert.equal(system.counters().enqueued, 1);
  await finish(system);
});

const counter = actor<"add" | "crash" | ActorRef<string>>((context) => {
  let count = 0;
  return {
    receive(message) {
      if (message === "add") count++;
      else if (message === "crash") throw new Error("asked to");
      else message.tell(`${context.incarnation}: ${count}`);
    },
  };
});

Deno.test("A restart calls init again, so state starts clean", async () => {
  const system = testSystem();
  const answers = probe<string>(system, "answers");
  supervise(system, "top", top([worker("counter", counter, undefined)]));
  const ref = system.find("/top/counter") as ActorRef<"add" | "crash" | ActorRef<string>>;
  for (const message of ["add", "add", answers.ref, "crash", "add", answers.ref] as const) ref.tell(message);
  await settle(system);
  assert.deepEqual(answers.messages, ["0: 2", "1: 1"]);
  await finish(system);
});

Deno.test("A ref stays valid across restarts of its actor", async () => {
  const system = testSystem();
  supervise(system, "top", top([worker("counter", counter, undefined)]));
  const ref = system.find("/top/counter")!;
  for (let n = 1; n <= 5; n++) {
    system.crash(ref, new Error("again"));
    await settle(system);
    assert.equal(system.find("/top/counter"), ref);
    assert.equal(system.actors().find((one) => one.id === ref.id)?.restarts, n);
  }
  await finish(system);
});

Deno.test("A ref stays valid across restarts of the supervisors above its actor", async () => {
  const system = testSystem();
  const answers = probe<string>(system, "answers");
  const inner: SupervisorSpec = {
    id: "inner",
    strategy: "one_for_one",
    intensity: 0,
    children: [worker("counter", counter, undefined)],
  };
  supervise(system, "top", top([{ ...inner, id: "middle", intensity: 0, children: [inner] }]));
  const ref = system.find("/top/middle/inner/counter") as ActorRef<"add" | "crash" | ActorRef<string>>;
  ref.tell("crash");
  ref.tell("add");
  ref.tell(answers.ref);
  await settle(system);
  assert.deepEqual(answers.messages, ["1: 1"]);
  assert.equal(system.find("/top/middle/inner/counter"), ref);
  assert.equal(system.counters().dead, 0);
  await finish(system);
});

async function restartWith(options: WorkerOptions) {
  const system = testSystem();
  const seen: string[] = [];
  const def = actor<string>(() => ({
    receive(message) {
      if (message === "crash") throw new Error("asked to");
      seen.push(message);
    },
  }));
  supervise(system, "top", top([worker("a", def, undefined, options)]));
  const ref = system.find("/top/a") as ActorRef<string>;
  for (const message of ["crash", "one", "two"]) ref.tell(message);
  await settle(system);
  const { dead } = system.counters();
  const reasons = system.deadLetters().map((letter) => letter.reason);
  await finish(system);
  return { seen, dead, reasons };
}

Deno.test("Waiting messages are kept on a restart", async () => {
  assert.deepEqual(await restartWith({}), { seen: ["one", "two"], dead: 0, reasons: [] });
});

Deno.test("Waiting messages become dead letters on a restart if the child specification says so", async () => {
  const result = await restartWith({ mailboxOnRestart: "dead-letter" });
  assert.deepEqual(result, { seen: [], dead: 2, reasons: ["restart", "restart"] });
});

Deno.test("stopped is called once per incarnation, after its timers and monitors are gone", async () => {
  const system = testSystem();
  const stops: string[] = [];
  const target = system.start("target", actor(() => ({})), undefined);
  const def = actor<string>((context) => {
    context.timers.every("tick", 10, "tick");
    context.monitor(target);
    return {
      receive: () => {},
      stopped(reason) {
        context.timers.once("from stopped", 1, "ghost");
        stops.push(`${context.incarnation} ${reason.kind}`);
      },
    };
  });
  supervise(system, "top", top([worker("a", def, undefined)]));
  system.crash(system.find("/top/a")!, new Error("x"));
  await settle(system);
  await system.stop(system.find("/top"));
  assert.deepEqual(stops, ["0 error", "1 shutdown"]);
  const before = system.counters().enqueued;
  await system.stop(target);
  await pass(system, 100);
  assert.equal(system.counters().enqueued, before);
  await finish(system);
});

Deno.test("An error in stopped turns a clean end into a crash", async () => {
  const system = testSystem();
  const watcher = probe(system, "watcher");
  const crashes = record(system, "crashed");
  const start = (name: string) =>
    system.start(
      name,
      actor<string>(() => ({
        stopped() {
          throw new Error("cannot close");
        },
      })),
      undefined,
    );
  const clean = start("clean");
  const crashed = start("crashed");
  watcher.watch(clean);
  watcher.watch(crashed);
  await system.stop(clean);
  system.crash(crashed, new Error("first cause"));
  await settle(system);
  const reasons = watcher.signals.map((signal) => signal.kind === "down" ? signal.reason : null) as ExitReason[];
  assert.deepEqual(reasons.map((reason) => reason.kind === "error" && reason.error.message), [
    "cannot close",
    "first cause",
  ]);
  assert.equal(crashes.length, 2);
  await finish(system);
});

Deno.test("The children of an actor end before it does, last started first", async () => {
  const system = testSystem();
  const trace: string[] = [];
  const leaf = (name: string) => actor(() => ({ stopped: (why) => void trace.push(`${name} ${why.kind}`) }));
  const parent = system.start(
    "parent",
    actor((context) => {
      const children = childrenOf(context);
      for (const name of ["a", "b", "c"]) children.start(name, leaf(name), undefined);
      return { stopped: (why) => void trace.push(`parent ${why.kind}`) };
    }),
    undefined,
  );
  system.kill(parent);
  await settle(system);
  assert.deepEqual(trace, ["c shutdown", "b shutdown", "a shutdown", "parent killed"]);
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

Deno.test("A context whose incarnation has ended does nothing", async () => {
  const system = testSystem();
  const gate = outerPromise();
  const late: string[] = [];
  const key = serviceKey<string>("late");
  const target = system.start("target", actor<string>(() => ({ receive: (m) => void late.push(m) })), undefined);
  const def = actor<string>((context) => ({
    async receive() {
      await gate.promise;
      context.timers.once("t", 1, "ghost");
      context.timers.every("u", 1, "ghost");
      context.register(key);
      context.stop();
      context.monitor(target);
      childrenOf(context).timers.once("t", 1, "ghost");
      assert.throws(() => childrenOf(context).start("x", actor(() => ({})), undefined), /has ended/);
      const reply = await context.ask(target, () => "asked", 5);
      late.push(reply.ok ? "answered" : reply.failure);
    },
  }));
  supervise(system, "top", top([worker("a", def, undefined)]));
  const ref = system.find("/top/a") as ActorRef<string>;
  ref.tell("wait");
  await settle(system);
  system.kill(ref);
  await settle(system);
  gate.resolve();
  await pass(system, 10);
  assert.deepEqual(late, ["dead"]);
  assert.equal(system.registry.find(key), undefined);
  const now = system.actors().find((one) => one.path === "/top/a")!;
  assert.deepEqual([now.state, now.restarts, now.handled], ["running", 1, 1]);
  await finish(system);
});

Deno.test("a promise of an ended incarnation does not free its successor from its own", async () => {
  const system = testSystem();
  const gates = [outerPromise(), outerPromise()];
  const trace: string[] = [];
  const def = actor<string>((context) => ({
    async receive(message) {
      trace.push(`${context.incarnation} ${message}`);
      await gates[context.incarnation].promise;
    },
  }));
  supervise(system, "top", top([worker("a", def, undefined)]));
  const ref = system.find("/top/a") as ActorRef<string>;
  ref.tell("one");
  await settle(system);
  system.kill(ref);
  ref.tell("two");
  ref.tell("three");
  await settle(system);
  gates[0].resolve();
  await settle(system);
  assert.deepEqual(trace, ["0 one", "1 two"]);
  gates[1].resolve();
  await settle(system);
  assert.deepEqual(trace, ["0 one", "1 two", "1 three"]);
  await finish(system);
});

Deno.test("ten thousand restarts leave no timer and no monitor behind", async () => {
  const system = testSystem();
  const target = system.start("target", actor<string>(() => ({})), undefined);
  const def = actor<"crash">((context) => {
    context.monitor(target);
    context.demonitor(context.monitor(target));
    context.timers.every("tick", 1_000_000, "crash");
    return {
      receive() {
        throw failure;
      },
    };
  });
  const failure = new Error("on purpose");
  supervise(system, "top", top([worker("a", def, undefined)], { intensity: 1_000_000, periodMs: 1 }));
  const ref = system.find("/top/a") as ActorRef<"crash">;
  for (let n = 0; n < 100; n++) {
    for (let m = 0; m < 100; m++) ref.tell("crash");
    await pass(system, 2000);
  }
  assert.equal(system.actors().find((one) => one.path === "/top/a")?.restarts, 10_000);
  const { kernel } = system as unknown as {
    kernel: { timers: { size: number }; cells: Map<string, { watchers: Map<number, unknown> }> };
  };
  assert.equal(kernel.timers.size, 1);
  assert.equal(kernel.cells.get("/target")?.watchers.size, 1);
  await finish(system);
});
