/** What is written down when an actor crashes. */
import assert from "node:assert/strict";
import type { ActorDef, ActorRef, CrashRecord } from "../../runtime/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { finish, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";

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
  assert.deepEqual(crash.replay, { seed: 7, start: 1000, message: crash.message!.id });
});

Deno.test("A crash record shows the state after the failure, and before it for actors that keep it", async () => {
  const { state, stateBefore } = await crashed();
  assert.deepEqual([state, stateBefore], [{ total: -1 }, { total: 5 }]);
});

Deno.test("Equal runs crash with equal records", async () => {
  assert.deepEqual({ ...await crashed(), stack: null }, { ...await crashed(), stack: null });
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
  await settle(system);
  assert.deepEqual(system.debug.crashes()[0].state, { unreadable: "Error: second" });
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
