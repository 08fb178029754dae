import assert from "node:assert/strict";
import { type ActorRef, childrenOf } from "../../runtime/mod.ts";
import { finish, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { actor, outerPromise } from "./actors.ts";

Deno.test("Lanes are served in the order kill, stop, signals, urgent, user", async () => {
  for (const highest of ["kill", "stop", "signal", "urgent", "user"]) {
    const system = testSystem();
    const trace: string[] = [];
    const other = system.start("other", actor<string>(() => ({ receive() {} })), undefined);
    const ref = system.start(
      "a",
      actor<string>((context) => ({
        receive(message) {
          if (message !== "begin") {
            trace.push(message);
            return;
          }
          // Within one handler, the lowest lane first.
          const from = ["user", "urgent", "signal", "stop", "kill"];
          for (const lane of from.slice(0, from.indexOf(highest) + 1)) {
            if (lane === "user") context.self.tell("user");
            if (lane === "urgent") context.self.urgent("urgent");
            if (lane === "signal") context.monitor(gone);
            if (lane === "stop") context.stop();
            if (lane === "kill") system.kill(context.self);
          }
        },
        signal: () => void trace.push("signal"),
        stopped: (reason) => void trace.push(reason.kind),
      })),
      undefined,
    );
    await system.stop(other);
    const gone = other;
    ref.tell("begin");
    await settle(system);
    if (highest === "user") assert.deepEqual(trace, ["user"]);
    if (highest === "urgent") assert.deepEqual(trace, ["urgent", "user"]);
    if (highest === "signal") assert.deepEqual(trace, ["signal", "urgent", "user"]);
    if (highest === "stop") assert.deepEqual(trace, ["normal"]);
    if (highest === "kill") assert.deepEqual(trace, ["killed"]);
    await finish(system);
  }
});

Deno.test("With 100000 user messages waiting, a kill is served before the next one", async () => {
  const system = testSystem();
  let handled = 0;
  const def = actor<number>((context) => ({
    receive(n) {
      handled++;
      if (n === 10) system.kill(context.self);
    },
  }), { mailbox: { capacity: 100_000 } });
  const ref = system.start("a", def, undefined);
  for (let n = 1; n <= 100_000; n++) assert.equal(ref.tell(n), "enqueued");
  await settle(system);
  assert.equal(handled, 10);
  assert.equal(system.counters().dead, 99_990);
  await finish(system);
});

Deno.test("A kill ends an actor while it waits for a promise", async () => {
  const system = testSystem();
  const gate = outerPromise();
  const trace: string[] = [];
  const ref = system.start(
    "a",
    actor<string>(() => ({
      receive: () => gate.promise.then(() => void trace.push("came back")),
      stopped: (reason) => void trace.push(reason.kind),
    })),
    undefined,
  );
  ref.tell("wait");
  ref.tell("never");
  await settle(system);
  system.kill(ref);
  await settle(system);
  assert.deepEqual(trace, ["killed"]);
  assert.deepEqual(system.actors(), []);
  gate.resolve();
  await settle(system);
  await finish(system);
});

Deno.test("A stop lets the current message finish, also one that waits for a promise", async () => {
  const system = testSystem();
  const gate = outerPromise();
  const trace: string[] = [];
  const ref = system.start(
    "a",
    actor<string>(() => ({
      async receive(message) {
        trace.push(`${message} begins`);
        await gate.promise;
        trace.push(`${message} ends`);
      },
      stopped: (reason) => void trace.push(reason.kind),
    })),
    undefined,
  );
  ref.tell("one");
  ref.tell("two");
  await settle(system);
  const stopping = system.stop(ref);
  gate.resolve();
  await stopping;
  assert.deepEqual(trace, ["one begins", "one ends", "shutdown"]);
  assert.equal(system.counters().dead, 1);

  // The same when the handler that waits asked for the stop itself.
  trace.length = 0;
  const own = system.start(
    "own",
    actor<string>((context) => ({
      async receive() {
        context.stop();
        await Promise.resolve();
        trace.push("ends");
      },
      stopped: (reason) => void trace.push(reason.kind),
    })),
    undefined,
  );
  own.tell("go");
  await settle(system);
  assert.deepEqual(trace, ["ends", "normal"]);
  await finish(system);
});

Deno.test("A flooded actor does not keep the others from their turns", async () => {
  const system = testSystem();
  let flood = 0;
  let floodWhenServed = -1;
  const flooded = system.start("flooded", actor<number>(() => ({ receive: () => void flood++ })), undefined);
  const other = system.start(
    "other",
    actor<number>(() => ({ receive: () => void (floodWhenServed = flood) })),
    undefined,
  );
  for (let n = 0; n < 8000; n++) flooded.tell(n);
  other.tell(1);
  await settle(system);
  assert.equal(floodWhenServed, 64);
  assert.equal(flood, 8000);
  await finish(system);
});

Deno.test("the first reason to stop or to kill stands", async () => {
  const system = testSystem();
  const watcher = probe(system, "watcher");
  const ref = system.start("a", actor<number>(() => ({ receive() {} })), undefined);
  watcher.watch(ref);
  system.crash(ref, new Error("first"));
  system.kill(ref);
  await settle(system);
  const [down] = watcher.signals;
  assert.equal(down.kind === "down" && down.reason.kind, "error");
  await finish(system);
});

Deno.test("a crash asked from outside names its error", async () => {
  const system = testSystem();
  const crashes = record(system, "crashed");
  const ref = system.start("a", actor<number>(() => ({ receive() {} })), undefined);
  system.crash(ref, new RangeError("on purpose"));
  await settle(system);
  assert.equal(crashes.length, 1);
  assert.equal(crashes[0].kind === "crashed" && crashes[0].reason, "RangeError: on purpose");
  await finish(system);
});

Deno.test("a parent that takes over its stop decides when it ends", async () => {
  const system = testSystem();
  const trace: string[] = [];
  const ref: ActorRef<string> = system.start(
    "parent",
    actor<string>((context) => {
      childrenOf(context).onStop((reason) => {
        trace.push(`asked: ${reason.kind}`);
        context.timers.once("later", 1000, "now");
      });
      return {
        receive(message) {
          trace.push(message);
          context.stop({ kind: "shutdown", detail: "in my time" });
        },
      };
    }),
    undefined,
  );
  await system.stop(ref);
  assert.deepEqual(trace, ["asked: shutdown", "now"]);
  assert.equal(system.clock.now(), 1000);
  await finish(system);
});
