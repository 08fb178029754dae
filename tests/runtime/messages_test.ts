import assert from "node:assert/strict";
import fc from "fast-check";
import { type ActorRef, DEFAULT_MAILBOX_CAPACITY, type TellResult } from "../../runtime/mod.ts";
import { finish, probe, record, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { actor, outerPromise } from "./actors.ts";

Deno.test("Messages from one sender to one actor are handled in the order they were sent", async () => {
  const system = testSystem();
  const seen = probe<number>(system);
  const sender = system.start(
    "sender",
    actor<number>((context) => ({
      receive(n) {
        seen.ref.tell(n);
        if (n < 999) context.self.tell(n + 1);
      },
    })),
    undefined,
  );
  sender.tell(0);
  await settle(system);
  assert.deepEqual(seen.messages, Array.from({ length: 1000 }, (_, n) => n));
  await finish(system);
});

Deno.test("A handler runs to its end before the next message of its actor is handled", async () => {
  const system = testSystem();
  const trace: string[] = [];
  const ref = system.start(
    "a",
    actor<string>(() => ({
      receive(name) {
        trace.push(`${name} begins`);
        if (name === "first") ref.urgent("second");
        trace.push(`${name} ends`);
      },
    })),
    undefined,
  );
  ref.tell("first");
  await settle(system);
  assert.deepEqual(trace, ["first begins", "first ends", "second begins", "second ends"]);
  await finish(system);
});

Deno.test("A message that an actor sends to itself is handled later, never inside the handler that sent it", async () => {
  const system = testSystem();
  let depth = 0;
  let handled = 0;
  const ref: ActorRef<number> = system.start(
    "a",
    actor<number>((context) => ({
      receive(n) {
        assert.equal(++depth, 1);
        if (n > 0) context.self.tell(n - 1);
        handled++;
        depth--;
      },
    })),
    undefined,
  );
  ref.tell(10);
  await settle(system);
  assert.equal(handled, 11);
  await finish(system);
});

Deno.test("A message is handled at most once, also when its handler throws", async () => {
  const system = testSystem();
  const { supervise, worker } = await import("../../supervision/mod.ts");
  const seen: number[] = [];
  const child = actor<number>(() => ({
    receive(n) {
      seen.push(n);
      if (n === 2) throw new Error("poison");
    },
  }));
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: [worker("a", child, undefined)] });
  const ref = system.find("/top/a") as ActorRef<number>;
  for (const n of [1, 2, 3]) ref.tell(n);
  await settle(system);
  assert.deepEqual(seen, [1, 2, 3]);
  await finish(system);
});

Deno.test("An actor whose handler returned a promise takes no further message until the promise settles", async () => {
  const system = testSystem();
  const gate = outerPromise();
  const trace: string[] = [];
  const ref = system.start(
    "a",
    actor<string>(() => ({
      async receive(name) {
        trace.push(`${name} begins`);
        if (name === "first") await gate.promise;
        trace.push(`${name} ends`);
      },
    })),
    undefined,
  );
  ref.tell("first");
  ref.tell("second");
  await settle(system);
  ref.urgent("third");
  await settle(system);
  assert.deepEqual(trace, ["first begins"]);
  assert.equal(system.actors()[0].state, "busy");
  gate.resolve();
  await settle(system);
  assert.deepEqual(trace, ["first begins", "first ends", "third begins", "third ends", "second begins", "second ends"]);
  await finish(system);
});

Deno.test("A rejected promise of a handler is a crash", async () => {
  const system = testSystem();
  const crashes = record(system, "crashed");
  const ref = system.start("a", actor<string>(() => ({ receive: () => Promise.reject(new Error("late")) })), undefined);
  ref.tell("go");
  await settle(system);
  assert.deepEqual(
    crashes.map((event) => "record" in event && [event.time, event.path, event.reason, event.restarts]),
    [
      [0, "/a", "Error: late", 0],
    ],
  );
  await finish(system);
});

Deno.test("receiveBatch gets the waiting messages oldest first, at most a batch of them, instead of receive", async () => {
  const system = testSystem();
  const batches: number[][] = [];
  const def = actor<number>(() => ({
    receiveBatch: (messages) => void batches.push([...messages]),
    receive: () => assert.fail("receive was called"),
  }), { batch: 3 });
  const ref = system.start("a", def, undefined);
  for (let n = 1; n <= 7; n++) ref.tell(n);
  await settle(system);
  assert.deepEqual(batches, [[1, 2, 3], [4, 5, 6], [7]]);
  await finish(system);
});

Deno.test("A batch never mixes urgent and user messages", async () => {
  const system = testSystem();
  const batches: string[][] = [];
  const def = actor<string>(() => ({ receiveBatch: (messages) => void batches.push([...messages]) }), { batch: 10 });
  const ref = system.start("a", def, undefined);
  ref.tell("user 1");
  ref.urgent("urgent 1");
  ref.tell("user 2");
  ref.urgent("urgent 2");
  await settle(system);
  assert.deepEqual(batches, [["urgent 1", "urgent 2"], ["user 1", "user 2"]]);
  await finish(system);
});

Deno.test("A message to an actor without a handler for messages is a dead letter", async () => {
  const system = testSystem();
  const ref = system.start("mute", actor<{ kind: string }>(() => ({})), undefined);
  assert.equal(ref.tell({ kind: "Hello" }), "enqueued");
  await settle(system);
  assert.deepEqual(system.deadLetters(), [{ time: 0, path: "/mute", message: "Hello", reason: "unhandled" }]);
  assert.equal(system.counters().dead, 1);
  await finish(system);
});

Deno.test("A mailbox holds 8192 user messages unless its definition says otherwise", async () => {
  assert.equal(DEFAULT_MAILBOX_CAPACITY, 8192);
  const system = testSystem();
  const usual = system.start("usual", actor<number>(() => ({ receive() {} })), undefined);
  const small = system.start("small", actor<number>(() => ({ receive() {} }), { mailbox: { capacity: 5 } }), undefined);
  const count = (ref: ActorRef<number>, tries: number) => {
    let taken = 0;
    for (let n = 0; n < tries; n++) if (ref.tell(n) === "enqueued") taken++;
    return taken;
  };
  assert.equal(count(usual, 9000), 8192);
  assert.equal(count(small, 9), 5);
  assert.throws(
    () => system.start("none", actor(() => ({}), { mailbox: { capacity: 0 } }), undefined),
    /mailbox.capacity of \/none is a whole number/,
  );
  await finish(system);
});

async function overflow(policy: "reject" | "drop-newest" | "drop-oldest" | undefined) {
  const system = testSystem();
  const seen: number[] = [];
  const mailbox = policy === undefined ? { capacity: 3 } : { capacity: 3, overflow: policy };
  const ref = system.start("a", actor<number>(() => ({ receive: (n) => void seen.push(n) }), { mailbox }), undefined);
  const results: TellResult[] = [1, 2, 3, 4, 5].map((n) => ref.tell(n));
  await settle(system);
  const { rejected, dropped } = system.counters();
  await finish(system);
  return { seen, last: results.slice(3), rejected, dropped };
}

Deno.test("A full mailbox rejects by default and says so to the sender", async () => {
  const expected = { seen: [1, 2, 3], last: ["rejected", "rejected"], rejected: 2, dropped: 0 };
  assert.deepEqual(await overflow(undefined), expected);
  assert.deepEqual(await overflow("reject"), expected);
});

Deno.test("A full mailbox that drops the newest keeps what it has", async () => {
  assert.deepEqual(await overflow("drop-newest"), {
    seen: [1, 2, 3],
    last: ["dropped", "dropped"],
    rejected: 0,
    dropped: 2,
  });
});

Deno.test("A full mailbox that drops the oldest takes the new message", async () => {
  assert.deepEqual(await overflow("drop-oldest"), {
    seen: [3, 4, 5],
    last: ["enqueued", "enqueued"],
    rejected: 0,
    dropped: 2,
  });
});

Deno.test("Urgent messages pass a full mailbox", async () => {
  const system = testSystem();
  const seen: string[] = [];
  const def = actor<string>(() => ({ receive: (m) => void seen.push(m) }), { mailbox: { capacity: 1 } });
  const ref = system.start("a", def, undefined);
  assert.equal(ref.tell("user"), "enqueued");
  assert.equal(ref.tell("too many"), "rejected");
  assert.equal(ref.urgent("urgent"), "enqueued");
  await settle(system);
  assert.deepEqual(seen, ["urgent", "user"]);
  await finish(system);
});

Deno.test("Messages to an actor that stopped for good are dead letters", async () => {
  const system = testSystem();
  const ref = system.start("a", actor<number>(() => ({ receive() {} })), undefined);
  await system.stop(ref);
  assert.equal(ref.tell(1), "dead");
  assert.equal(ref.urgent(2), "dead");
  assert.deepEqual(system.deadLetters().map((letter) => letter.reason), ["stopped", "stopped"]);
  assert.equal(system.counters().dead, 2);
  await finish(system);
});

Deno.test("Messages that wait when an actor stops for good are dead letters", async () => {
  const system = testSystem();
  const events = record(system, "dead-letter");
  const ref = system.start("a", actor<{ kind: string }>(() => ({ receive() {} })), undefined);
  ref.tell({ kind: "One" });
  ref.urgent({ kind: "Two" });
  system.kill(ref);
  await settle(system);
  assert.deepEqual(system.deadLetters().map((letter) => [letter.message, letter.reason]), [
    ["Two", "left-behind"],
    ["One", "left-behind"],
  ]);
  assert.equal(events.length, 2);
  await finish(system);
});

Deno.test("The latest 256 dead letters are kept", async () => {
  const system = testSystem();
  const ref = system.start("a", actor<{ kind: string }>(() => ({})), undefined);
  await system.stop(ref);
  for (let n = 0; n < 300; n++) ref.tell({ kind: `M${n}` });
  const kept = system.deadLetters();
  assert.equal(kept.length, 256);
  assert.equal(kept[0].message, "M44");
  assert.equal(kept[255].message, "M299");
  await finish(system);
});

Deno.test("The counters balance at every moment, also inside a handler", async () => {
  const step = fc.record({
    target: fc.nat(3),
    how: fc.constantFrom("tell", "urgent", "crash", "kill", "timer", "ask"),
    times: fc.integer({ min: 1, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const system = testSystem();
      const balanced = () => assert.equal(system.counters().unexplained, 0);
      const policies = ["reject", "drop-newest", "drop-oldest", "reject"] as const;
      const refs = policies.map((overflow, i) =>
        system.start(
          `a${i}`,
          actor<number | { replyTo: ActorRef<number> }>((context) => ({
            receive(message) {
              balanced();
              if (typeof message === "object") message.replyTo.tell(1);
              else if (message > 0) {
                context.timers.once("again", 5, message - 1);
                refs[(i + 1) % 4].tell(message - 1);
              }
              balanced();
            },
          }), { mailbox: { capacity: 4, overflow } }),
          undefined,
        )
      );
      for (const { target, how, times } of steps) {
        const ref = refs[target];
        for (let n = 0; n < times; n++) {
          if (how === "tell") ref.tell(n);
          if (how === "urgent") ref.urgent(n);
          if (how === "ask") void system.ask<{ replyTo: ActorRef<number> }, number>(ref, (replyTo) => ({ replyTo }), 3);
        }
        if (how === "crash") system.crash(ref, new Error("test"));
        if (how === "kill") system.kill(ref);
        if (how === "timer") await system.run({ until: system.clock.now() + times });
        balanced();
      }
      await finish(system);
    }),
    { numRuns: 200 },
  );
});
