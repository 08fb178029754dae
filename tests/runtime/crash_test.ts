/** What is written down when an actor crashes. */
import assert from "node:assert/strict";
import {
  type ActorDef,
  type ActorRef,
  childrenOf,
  type CrashRecord,
  type Handlers,
  type SystemEvent,
} from "../../runtime/mod.ts";
import { type ChildReport, supervise, worker } from "../../supervision/mod.ts";
import { stackOf } from "../../runtime/internal/stack.ts";
import { finish, pass, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";

type M = { readonly kind: "Add"; readonly n: number } | { readonly kind: "Fail" } | { readonly kind: "Later" };

const sum: ActorDef<M> = {
  type: "sum",
  keepsState: true,
  init(context) {
    let total = 0;
    context.timers.once("alarm", 500, { kind: "Later" });
    return {
      receive(message) {
        if (message.kind === "Add") total += message.n;
        if (message.kind === "Fail") {
          total = -1;
          throw new Error("cannot go on", { cause: new TypeError("bad number") });
        }
      },
      inspect: () => ({ total }),
    };
  },
};

/** An actor that fails at its first message. */
function failing(more: Partial<Handlers<string>>, error = () => new Error("on request")): ActorDef<string> {
  return {
    type: "failing",
    init: () => ({
      receive() {
        throw error();
      },
      ...more,
    }),
  };
}

async function crashed(): Promise<CrashRecord> {
  const system = testSystem({ seed: 7, start: 1000, facts: { build: "b1" } });
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: [worker("sum", sum, undefined)] });
  const ref = system.find("/top/sum") as ActorRef<M>;
  const sender = system.start<"go", void>("sender", {
    type: "sender",
    init: () => ({
      receive() {
        ref.tell({ kind: "Add", n: 5 });
        ref.tell({ kind: "Fail" });
        ref.tell({ kind: "Add", n: 6 });
        ref.tell({ kind: "Add", n: 7 });
      },
    }),
  }, undefined);
  const watcher = probe<never>(system, "watcher");
  watcher.watch(ref);
  const events = record(system, "crashed");
  sender.tell("go");
  await settle(system);
  await finish(system);
  const [event] = events;
  assert.ok(event.kind === "crashed");
  assert.deepEqual(system.debug.crashes(), [event.record]);
  return event.record;
}

Deno.test("A crash record holds reason, message, its causes, the latest messages, mailbox, timers and watchers", async () => {
  const crash = await crashed();
  assert.deepEqual([crash.id, crash.time, crash.path, crash.type, crash.incarnation], [1, 1000, "/top/sum", "sum", 0]);
  assert.equal(crash.reason, "Error: cannot go on");
  assert.deepEqual(crash.causes, ["Error: cannot go on", "TypeError: bad number"]);
  assert.match(crash.stack!, /cannot go on[^]*crash_test/);
  assert.equal(crash.message!.message, "Fail");
  assert.deepEqual(crash.why.map(({ message, receiver }) => [message, receiver]), [["Fail", "/top/sum"], [
    "string",
    "/sender",
  ]]);
  assert.deepEqual(crash.latest.map(({ message }) => message), ["Add", "Fail"]);
  assert.deepEqual(crash.mailbox, { waiting: 2, stashed: 0, kinds: { Add: 2 } });
  assert.deepEqual(crash.timers, [{ key: "alarm", due: 1500 }]);
  assert.deepEqual(crash.watchers, ["/watcher"]);
  assert.deepEqual(crash.facts, { build: "b1" });
  assert.deepEqual(crash.replay, { seed: 7, start: 1000, message: crash.message!.id, position: {} });
});

Deno.test("A crash record shows the state after the failure, and before it for actors that keep it", async () => {
  const { state, stateBefore } = await crashed();
  assert.deepEqual([state, stateBefore], [{ total: -1 }, { total: 5 }]);
});

Deno.test("Equal runs crash with equal records", async () => {
  assert.deepEqual(await crashed(), await crashed());
});

Deno.test("A crash record survives JSON whatever its actor shows", async () => {
  const system = testSystem();
  const circle: Record<string, unknown> = { big: 7n, none: NaN, when: new Date(0), at: new Map([["a", new Set([1])]]) };
  circle.self = circle;
  circle.many = Array.from({ length: 1000 }, (_, n) => ({ n }));
  circle.bytes = new Uint8Array(3);
  circle.call = () => {};
  circle.ref = probe<never>(system, "other").ref;
  circle.text = "x".repeat(10_000);
  circle.deep = { a: { b: { c: { d: { e: { f: 1 } } } } } };
  system.start("odd", failing({ inspect: () => circle }), undefined).tell("x");
  await settle(system);
  const [crash] = system.debug.crashes();
  assert.deepEqual(JSON.parse(JSON.stringify(crash)), crash);
  assert.ok(JSON.stringify(crash).length < 20_000);
  const state = crash.state as Record<string, unknown>;
  const { big, none, when, at, self, bytes, call, ref } = state;
  assert.deepEqual({ big, none, when, at, self, bytes, call, ref }, {
    big: "7n",
    none: "NaN",
    when: "1970-01-01T00:00:00.000Z",
    at: { a: [1] },
    self: "(circular)",
    bytes: "(3 bytes)",
    call: undefined,
    ref: "/other",
  });
  assert.match(JSON.stringify(state.many), /\(936 more\)/);
  assert.match(state.text as string, /^x{500}… \(10000 characters\)$/);
  assert.match(JSON.stringify(state.deep), /\(deeper\)/);
  await finish(system);
});

Deno.test("A crash record stays small whatever crashed", async () => {
  const system = testSystem();
  const long = "x".repeat(100_000);
  const error = () => new Error(long, { cause: new Error(long) });
  const shown = () => Array.from({ length: 50 }, () => Array.from({ length: 50 }, () => ({ [long]: long })));
  const parent: ActorDef<string> = {
    ...failing({ inspect: shown, show: shown }, error),
    keepsState: true,
    init(context) {
      for (let n = 0; n < 500; n++) {
        childrenOf(context).start(`child-${n}`, { type: "leaf", init: () => ({}) }, undefined);
        context.timers.once(`timer-${n}`, 1_000_000, "later");
      }
      return failing({ inspect: shown, show: shown }, error).init(context, undefined) as Handlers<string>;
    },
  };
  const ref = system.start("parent", parent, undefined) as unknown as ActorRef<unknown>;
  for (let n = 0; n < 500; n++) ref.tell({ kind: `kind-${n}` });
  const watcher = probe<never>(system, "watcher");
  for (let n = 0; n < 500; n++) watcher.watch(ref);
  await settle(system);
  const [crash] = system.debug.crashes();
  assert.ok(JSON.stringify(crash).length < 200_000, `${JSON.stringify(crash).length} characters`);
  assert.equal(crash.mailbox.kinds["(others)"], 499 - 64);
  assert.deepEqual([crash.children.at(-1), crash.watchers.at(-1)], ["(436 more)", "(436 more)"]);
  await finish(system);
});

Deno.test("What an actor shows of its state is copied into its record", async () => {
  const system = testSystem();
  const shown = { n: 1 };
  system.start("live", failing({ inspect: () => shown }), undefined).tell("x");
  await settle(system);
  shown.n = 2;
  assert.deepEqual(system.debug.crashes()[0].state, { n: 1 });
  await finish(system);
});

Deno.test("A secret of an actor's arguments stays out of its crash record, of events and of snapshots", async () => {
  const system = testSystem();
  const key = "k-0123456789";
  const def: ActorDef<string, { readonly key: string }> = {
    type: "client",
    keepsState: true,
    redact: (text, { key }) => text.replaceAll(key, "…"),
    init: (_, { key }) => ({
      receive() {
        throw new Error(`refused ${key}`, { cause: new Error(`no ${key}`) });
      },
      inspect: () => ({ url: `wss://x/?k=${key}`, apiKey: "other", tokens: 3, [key]: 1 }),
      show: (message) => ({ message, password: "hunter2" }),
    }),
  };
  const spec = { id: "top", strategy: "one_for_one", children: [worker("client", def, { key })] } as const;
  const events: SystemEvent[] = [];
  system.events.subscribe((event) => void events.push(event));
  supervise(system, "top", spec);
  (system.find("/top/client") as ActorRef<string>).tell(`hello ${key}`);
  system.start("alone", def, { key }).tell("hello");
  await settle(system);
  const actors = system.actors();
  const [crash] = system.debug.crashes();
  assert.equal(crash.reason, "Error: refused …");
  assert.deepEqual(crash.state, { url: "wss://x/?k=…", apiKey: "(redacted)", tokens: 3, "…": 1 });
  assert.deepEqual(crash.stateBefore, crash.state);
  assert.deepEqual(crash.content, { message: "hello …", password: "(redacted)" });
  await finish(system);
  const told = JSON.stringify([crash, events, actors, system.deadLetters()]);
  assert.ok(!told.includes(key) && !told.includes("hunter2") && !told.includes("other"), told);
});

Deno.test("A redaction that fails keeps nothing of the text", async () => {
  const system = testSystem();
  const redact = () => {
    throw new Error("broken");
  };
  system.start("client", { ...failing({ inspect: () => ({ a: "secret" }) }), redact }, undefined).tell("x");
  await settle(system);
  const [crash] = system.debug.crashes();
  assert.deepEqual([crash.reason, crash.stack, crash.state], [
    "(redacted)",
    "(redacted)",
    { "(redacted)": "(redacted)" },
  ]);
  await finish(system);
});

/** An error that counts how often its stack is read. */
function counted(): { readonly error: Error; readonly reads: () => number } {
  const error = new Error("before");
  const { stack } = error;
  let reads = 0;
  const get = () => {
    reads++;
    return stack!.replace("before", error.message);
  };
  Object.defineProperty(error, "stack", { get });
  return { error, reads: () => reads };
}

Deno.test("A stack is put into words when it is first read, and says what the error said at the crash", async () => {
  const system = testSystem();
  const { error, reads } = counted();
  const fresh = new Error("fresh");
  system.start("a", failing({}, () => error), undefined).tell("x");
  system.start("b", failing({}, () => fresh), undefined).tell("x");
  const heard = record(system, "crashed");
  await settle(system);
  assert.equal(heard.length, 2);
  assert.equal(reads(), 0);
  error.message = fresh.message = "after";
  const [crash, other] = system.debug.crashes();
  assert.match(crash.stack!, /^Error: before\n {4}at .*crash_test/);
  assert.match(other.stack!, /^Error: fresh\n {4}at .*crash_test/);
  assert.equal(JSON.parse(JSON.stringify(crash)).stack, crash.stack);
  assert.equal(reads(), 1);
  await finish(system);
});

Deno.test("A stack that has to be redacted is put into words at the crash", async () => {
  const system = testSystem();
  const { error, reads } = counted();
  const args = { secret: "before" };
  const redact = (text: string) => text.replaceAll(args.secret, "…");
  system.start("a", { ...failing({}, () => error), redact }, undefined).tell("x");
  await settle(system);
  assert.equal(reads(), 1);
  args.secret = "another";
  assert.match(system.debug.crashes()[0].stack!, /^Error: …\n/);
  await finish(system);
});

Deno.test("A stack names the actor's own calls by their place among the sources, and nothing of the machine", async () => {
  const { stack } = await crashed();
  const calls = stack!.split("\n").slice(1);
  assert.ok(calls.length >= 1);
  for (const call of calls) assert.match(call, /^ {4}at .*\(?tests\/runtime\/crash_test\.ts:\d+:\d+\)?$/);
});

Deno.test("A stack is the same however often its code has run", () => {
  class Fragile {
    constructor(broken: boolean) {
      if (broken) throw new Error("it does not hold");
    }
  }
  const build = (broken: boolean): string | null => {
    try {
      new Fragile(broken);
      return null;
    } catch (error) {
      return stackOf(error as Error);
    }
  };
  const stacks = new Set<string>();
  // From one place: its first stack is one of cold code, its last of code that was compiled again and again.
  for (let i = 0; i < 200_000; i++) {
    const stack = build(i % 100 === 0);
    if (stack !== null) stacks.add(stack);
  }
  const [first, ...others] = stacks;
  assert.match(first, /^Error: it does not hold\n {4}at Fragile \(tests/);
  assert.deepEqual(others, []);
});

Deno.test("A crash record tells the child's specification and the restarts that are left", async () => {
  const { supervision } = await crashed();
  assert.deepEqual(supervision, {
    supervisor: "/top",
    strategy: "one_for_one",
    child: {
      id: "sum",
      kind: "worker",
      restart: "permanent",
      shutdown: 5000,
      backoff: null,
      mailboxOnRestart: "keep",
      failures: 0,
    },
    own: null,
    budget: { intensity: 1, periodMs: 5000, left: 1, onGiveUp: "escalate" },
  });
  const system = testSystem();
  const backoff = { initialMs: 100, maxMs: 1000, factor: 2, jitter: 0, resetAfterMs: 60_000 };
  const child = worker("sum", failing({}), undefined, { restart: "transient", shutdown: "brutal_kill", backoff });
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_all",
    intensity: 3,
    onGiveUp: "isolate",
    children: [child],
  });
  for (let i = 0; i < 4; i++) (system.find("/top/sum") as ActorRef<string>).tell("x");
  await pass(system, 10_000_000);
  const reports = system.debug.crashes().map((crash) => crash.supervision as ChildReport);
  assert.deepEqual(reports.map(({ budget }) => budget.left), [3, 2, 1, 0]);
  assert.deepEqual(reports.map(({ child }) => child.failures), [0, 1, 2, 3]);
  assert.deepEqual([reports[0].child.restart, reports[0].child.shutdown], ["transient", "brutal_kill"]);
  assert.deepEqual([reports[0].child.backoff, reports[0].budget.onGiveUp], [backoff, "isolate"]);
  await finish(system);
});

Deno.test("A child that does not start is told of with its specification as well", async () => {
  const system = testSystem();
  const bad: ActorDef<never> = {
    type: "bad",
    init() {
      throw new Error("no socket");
    },
  };
  const spec = { id: "top", strategy: "one_for_one", children: [worker("bad", bad, undefined)] } as const;
  assert.throws(() => supervise(system, "top", spec), /no socket/);
  const crash = system.debug.crashes().find(({ path }) => path === "/top/bad")!;
  assert.equal((crash.supervision as ChildReport).child.id, "bad");
  await finish(system);
});

Deno.test("A handler that fails after it waited crashes in the message it waited in, a kill between messages in none", async () => {
  const system = testSystem();
  const slow: ActorDef<string> = {
    type: "slow",
    init: () => ({
      async receive() {
        await null;
        throw new Error("late");
      },
      show: (message) => message,
    }),
  };
  system.start("slow", slow, undefined).tell("first");
  await settle(system);
  const init = () => ({ receive: () => system.kill(idle) });
  const idle: ActorRef<string> = system.start("idle", { type: "idle", init }, undefined);
  idle.tell("x");
  await settle(system);
  const [late, killed] = system.debug.crashes();
  assert.deepEqual([late.message?.message, late.content], ["string", "first"]);
  assert.deepEqual([killed.reason, killed.message, killed.replay.message], ["killed", null, 0]);
  await finish(system);
});

Deno.test("A crash record says which native call failed and where input and logs stood, as the system's owner sees it", async () => {
  class NativeError extends Error {}
  let records = 41;
  const system = testSystem({
    witness: {
      nativeCall: (error) => error instanceof NativeError ? "cwts_gate_submit" : null,
      position: () => ({ audit: ++records }),
    },
  });
  system.start("a", failing({}, () => new NativeError("refused")), undefined).tell("x");
  system.start("b", failing({}), undefined).tell("x");
  await settle(system);
  const crashes = system.debug.crashes();
  assert.deepEqual(crashes.map(({ nativeCall }) => nativeCall), ["cwts_gate_submit", null]);
  assert.deepEqual(crashes.map(({ replay }) => replay.position), [{ audit: 42 }, { audit: 43 }]);
  await finish(system);
});

Deno.test("An init that throws leaves a crash record", async () => {
  const system = testSystem();
  const bad: ActorDef<never> = {
    type: "bad",
    init() {
      throw new Error("no socket");
    },
  };
  assert.throws(() => system.start("bad", bad, undefined), /no socket/);
  const [crash] = system.debug.crashes();
  assert.deepEqual([crash.path, crash.reason, crash.message], ["/bad", "init failed: Error: no socket", null]);
  await finish(system);
});

Deno.test("An actor whose inspect fails still leaves a record of its crash", async () => {
  const system = testSystem();
  const bad: ActorDef<string> = {
    type: "bad",
    init: () => ({
      receive() {
        throw new Error("first");
      },
      inspect() {
        throw new Error("second");
      },
    }),
  };
  system.start("bad", bad, undefined).tell("x");
  system.start("keeps", { ...bad, keepsState: true }, undefined).tell("x");
  await settle(system);
  for (const { reason, state, stateBefore } of system.debug.crashes()) {
    assert.deepEqual([reason, state, stateBefore], ["Error: first", { unreadable: "Error: second" }, null]);
  }
  await finish(system);
});

Deno.test("The latest 64 crash records are kept", async () => {
  const system = testSystem();
  const children = [worker("sum", sum, undefined)];
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    intensity: 1000,
    periodMs: 1000,
    children,
  });
  const ref = system.find("/top/sum") as ActorRef<M>;
  for (let i = 0; i < 100; i++) ref.tell({ kind: "Fail" });
  await settle(system);
  const crashes = system.debug.crashes();
  assert.deepEqual([crashes.length, crashes[0].id, crashes[63].id], [64, 37, 100]);
  await finish(system);
});

Deno.test("a crash record counts what was set aside among what waits", async () => {
  const system = testSystem();
  const def: ActorDef<M> = {
    type: "stasher",
    init: (context) => ({
      receive(message) {
        if (message.kind === "Fail") throw new Error("no");
        if (message.kind === "Add") context.stash();
      },
    }),
  };
  const ref = system.start("stasher", def, undefined);
  for (const kind of ["Add", "Add", "Fail", "Later"] as const) ref.tell(kind === "Add" ? { kind, n: 1 } : { kind });
  await settle(system);
  const [crash] = system.debug.crashes();
  assert.deepEqual(crash.mailbox, { waiting: 3, stashed: 2, kinds: { Later: 1, Add: 2 } });
  await finish(system);
});
