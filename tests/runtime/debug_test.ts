/** Taking hold of a single actor from outside: suspend, resume, state, statistics. */
import assert from "node:assert/strict";
import { type ActorDef, type ActorRef, NotAuthorised } from "../../runtime/mod.ts";
import { finish, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";

Deno.test("A suspended actor takes no messages until it is resumed, and then in their order", async () => {
  const system = testSystem();
  const events = record(system, "suspended", "resumed");
  const seen = probe<number>(system, "p");
  seen.ref.tell(1);
  system.debug.suspend("/p", "ops");
  seen.ref.tell(2);
  seen.ref.urgent(3);
  await settle(system);
  assert.deepEqual(seen.messages, []);
  assert.equal(system.actors()[0].state, "suspended");
  system.debug.resume("/p", "ops");
  await settle(system);
  assert.deepEqual(seen.messages, [3, 1, 2]);
  assert.deepEqual(events.map((event) => [event.kind, "by" in event && event.by]), [["suspended", "ops"], [
    "resumed",
    "ops",
  ]]);
  await finish(system);
});

Deno.test("A suspended actor still gets its signals and can be stopped and killed", async () => {
  const system = testSystem();
  const watched = probe<number>(system, "watched");
  const seen = probe<number>(system, "p");
  const other = probe<number>(system, "other");
  seen.watch(watched.ref);
  system.debug.suspend("/p", "ops");
  system.debug.suspend("/other", "ops");
  seen.ref.tell(1);
  await system.stop(watched.ref);
  assert.equal(seen.signals.length, 1);
  await system.stop(seen.ref);
  system.kill(other.ref);
  await settle(system);
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

Deno.test("A busy actor that is suspended finishes its message first", async () => {
  const system = testSystem({ patienceMs: 1000 });
  const got: number[] = [];
  let release!: () => void;
  const def: ActorDef<number> = {
    type: "b",
    init: () => ({
      async receive(n) {
        if (n === 1) await new Promise<void>((resolve) => release = resolve);
        got.push(n);
      },
    }),
  };
  const ref = system.start("b", def, undefined);
  ref.tell(1);
  ref.tell(2);
  const run = system.run({ until: 0 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  system.debug.suspend("/b", "ops");
  release();
  await run;
  assert.deepEqual(got, [1]);
  system.debug.resume("/b", "ops");
  await settle(system);
  assert.deepEqual(got, [1, 2]);
  await finish(system);
});

Deno.test("A state that is replaced is what the actor goes on with, and who did it is published", async () => {
  const system = testSystem({ mayReplaceState: (_path, by) => by === "ops" });
  const events = record(system, "state-replaced");
  const def: ActorDef<number> = {
    type: "sum",
    init() {
      let sum = 0;
      return {
        receive: (n) => void (sum += n),
        inspect: () => ({ sum }),
        replace(state) {
          if (typeof state !== "number") throw new TypeError("the state of a sum is a number");
          sum = state;
        },
      };
    },
  };
  const ref = system.start("sum", def, undefined);
  ref.tell(1);
  await settle(system);
  assert.deepEqual(system.debug.state("/sum"), { sum: 1 });
  system.debug.suspend("/sum", "ops");
  system.debug.replaceState("/sum", 40, "ops");
  assert.throws(() => system.debug.replaceState("/sum", "x", "ops"), /the state of a sum is a number/);
  assert.deepEqual(system.debug.state("/sum"), { sum: 40 }, "a suspended actor shows its state");
  system.debug.resume("/sum", "ops");
  ref.tell(2);
  await settle(system);
  assert.deepEqual(system.debug.state("/sum"), { sum: 42 });
  const [before, after] = [{ sum: 1 }, { sum: 40 }];
  assert.deepEqual(events, [{ kind: "state-replaced", time: 0, path: "/sum", by: "ops", before, after }]);
  probe(system, "plain");
  assert.throws(() => system.debug.replaceState("/plain", 1, "ops"), /cannot be replaced: it has no replace handler/);
  assert.throws(() => system.debug.state("/nobody"), /There is no actor at \/nobody/);
  await finish(system);
});

Deno.test("A state is replaced only by whom the system's owner lets do it, and by nobody if he says nothing", async () => {
  const def: ActorDef<number> = { type: "any", init: () => ({ replace: () => assert.fail("it was replaced") }) };
  for (const options of [{}, { mayReplaceState: (path: string, by: string) => path !== "/any" && by === "ops" }]) {
    const system = testSystem(options);
    const events = record(system, "state-replaced");
    system.start("any", def, undefined);
    const refused = (error: unknown) =>
      error instanceof NotAuthorised && error.code === "NOT_AUTHORISED" &&
      error.message === "ops may not replace the state of /any.";
    assert.throws(() => system.debug.replaceState("/any", 1, "ops"), refused);
    await settle(system);
    assert.deepEqual(events, []);
    await finish(system);
  }
});

Deno.test("The state of a busy actor is replaced when its message is done, and not if it ends before", async () => {
  const system = testSystem({ patienceMs: 1000, mayReplaceState: () => true });
  const events = record(system, "state-replaced", "state-not-replaced");
  let release!: () => void;
  const def: ActorDef<number> = {
    type: "busy",
    init() {
      let sum = 0;
      return {
        async receive(n) {
          const before = sum;
          await new Promise<void>((resolve) => release = resolve);
          sum = before + n;
        },
        inspect: () => sum,
        replace(state) {
          if (typeof state !== "number") throw new TypeError("a number");
          sum = state;
        },
      };
    },
  };
  const ref = system.start("busy", def, undefined);
  const begin = async (n: number) => {
    ref.tell(n);
    const running = system.run({ until: 0 });
    while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    return running;
  };
  const during = async (n: number, act: () => void) => {
    const done = begin(n);
    await new Promise((resolve) => setTimeout(resolve, 5));
    system.inject(act);
    await done;
  };
  await during(1, () => {
    assert.equal(system.debug.replaceState("/busy", 40, "ops"), "later");
    assert.throws(() => system.debug.replaceState("/busy", 41, "ops"), /is to be replaced already/);
    assert.equal(system.debug.state("/busy"), 0, "it still handles its message");
    release();
  });
  assert.equal(system.debug.state("/busy"), 40);
  await during(1, () => {
    system.debug.replaceState("/busy", "x", "ops");
    release();
  });
  assert.equal(system.debug.state("/busy"), 41);
  await during(1, () => {
    system.debug.replaceState("/busy", 7, "ops");
    system.kill(ref);
  });
  assert.deepEqual(
    events.map((event) => [event.kind, "reason" in event ? event.reason : "after" in event && event.after]),
    [
      ["state-replaced", 40],
      ["state-not-replaced", "TypeError: a number"],
      ["state-not-replaced", "the actor ended before its message was done"],
    ],
  );
  await finish(system);
});

Deno.test("Statistics say what an actor was offered, what became of it and whom it waits for", async () => {
  const system = testSystem();
  const silent = probe<{ readonly replyTo: ActorRef<number> }>(system, "silent");
  const def: ActorDef<"go"> = {
    type: "asker",
    init: (context) => ({
      async receive() {
        await context.ask<{ readonly replyTo: ActorRef<number> }, number>(silent.ref, (replyTo) => ({ replyTo }), 100);
      },
    }),
  };
  system.start("asker", def, undefined).tell("go");
  await settle(system);
  const { offered, handled, waiting, awaits } = system.debug.statistics("/asker");
  assert.deepEqual({ offered, handled, waiting, awaits }, { offered: 1, handled: 1, waiting: 0, awaits: ["/silent"] });
  assert.deepEqual(system.debug.waits(), [{ path: "/asker", awaits: ["/silent"] }]);
  await system.run({ until: 200 });
  assert.deepEqual(system.debug.waits(), []);
  await finish(system);
});
