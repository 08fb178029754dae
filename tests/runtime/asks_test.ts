import assert from "node:assert/strict";
import type { ActorRef, AskResult } from "../../runtime/mod.ts";
import { finish, pass, probe, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { actor } from "./actors.ts";

interface Question {
  readonly kind: "Question";
  readonly replyTo: ActorRef<number>;
}

const question = (replyTo: ActorRef<number>): Question => ({ kind: "Question", replyTo });

/** A system with an actor that asks `target` when told to, and the results it got with their times. */
function asking(system = testSystem()) {
  const results: (AskResult<number> & { at: number })[] = [];
  const asker = system.start(
    "asker",
    actor<{ target: ActorRef<Question>; timeout: number }>((context) => ({
      async receive({ target, timeout }) {
        const result = await context.ask(target, question, timeout);
        results.push({ ...result, at: context.clock.now() });
      },
    })),
    undefined,
  );
  return { system, asker, results };
}

Deno.test("An ask resolves with the reply", async () => {
  const { system, asker, results } = asking();
  const target = system.start(
    "target",
    actor<Question>(() => ({ receive: ({ replyTo }) => void replyTo.tell(42) })),
    undefined,
  );
  asker.tell({ target, timeout: 100 });
  await settle(system);
  assert.deepEqual(results, [{ ok: true, value: 42, at: 0 }]);
  const fromOutside = system.ask(target, question, 100);
  await settle(system);
  assert.deepEqual(await fromOutside, { ok: true, value: 42 });
  await finish(system);
});

Deno.test("An ask without a reply resolves with timeout at its deadline", async () => {
  const { system, asker, results } = asking();
  const silent = probe<Question>(system, "silent");
  asker.tell({ target: silent.ref, timeout: 250 });
  await pass(system, 1000);
  assert.deepEqual(results, [{ ok: false, failure: "timeout", at: 250 }]);
  await finish(system);
});

Deno.test("An ask whose question becomes a dead letter resolves with dead", async () => {
  const { system, asker, results } = asking();
  const gone = probe<Question>(system, "gone");
  await system.stop(gone.ref);
  asker.tell({ target: gone.ref, timeout: 250 });
  await settle(system);
  assert.deepEqual(results, [{ ok: false, failure: "dead", at: 0 }]);

  // The same when the target stops with the question still waiting.
  const dying = system.start("dying", actor<Question>((context) => ({ receive: () => context.stop() })), undefined);
  dying.tell({ kind: "Question", replyTo: probe<number>(system, "unused").ref });
  asker.tell({ target: dying, timeout: 250 });
  await settle(system);
  assert.deepEqual(results[1], { ok: false, failure: "dead", at: 0 });

  // And when the target has no handler for messages.
  const mute = system.start("mute", actor<Question>(() => ({})), undefined);
  asker.tell({ target: mute, timeout: 250 });
  await settle(system);
  assert.deepEqual(results[2], { ok: false, failure: "dead", at: 0 });
  await finish(system);
});

Deno.test("An ask whose question is refused by a full mailbox resolves with overloaded", async () => {
  for (const overflow of ["reject", "drop-newest", "drop-oldest"] as const) {
    const { system, asker, results } = asking();
    const never = probe<ActorRef<number>>(system, "never");
    const def = actor<Question>((context) => ({
      receive: () => context.ask(never.ref, (replyTo: ActorRef<number>) => replyTo, 500).then(() => {}),
    }), { mailbox: { capacity: 1, overflow } });
    const busy = system.start("busy", def, undefined);
    const filler = question(probe<number>(system, "filler").ref);
    busy.tell(filler);
    await settle(system);
    // The target waits for its own ask and its mailbox has room for one.
    if (overflow !== "drop-oldest") busy.tell(filler);
    asker.tell({ target: busy, timeout: 250 });
    await settle(system);
    if (overflow === "drop-oldest") busy.tell(filler);
    await settle(system);
    assert.deepEqual(results, [{ ok: false, failure: "overloaded", at: 0 }]);
    await pass(system, 2000);
    await finish(system);
  }
});

Deno.test("A late or second reply is dropped and counted as expired", async () => {
  const { system, asker, results } = asking();
  const target = probe<Question>(system, "target");
  asker.tell({ target: target.ref, timeout: 250 });
  asker.tell({ target: target.ref, timeout: 250 });
  await pass(system, 250);
  assert.equal(target.messages[0].replyTo.tell(1), "dead");
  assert.equal(system.counters().expired, 1);
  await pass(system, 10);
  assert.equal(target.messages[1].replyTo.tell(2), "enqueued");
  assert.equal(target.messages[1].replyTo.tell(3), "dead");
  assert.equal(system.counters().expired, 2);
  await settle(system);
  assert.deepEqual(results, [{ ok: false, failure: "timeout", at: 250 }, { ok: true, value: 2, at: 260 }]);
  await finish(system);
});

Deno.test("A question still waiting at its deadline is not handled", async () => {
  const { system, asker, results } = asking();
  const never = probe<ActorRef<number>>(system, "never");
  const handled: number[] = [];
  const busy = system.start(
    "busy",
    actor<Question>((context) => ({
      async receive() {
        handled.push(context.clock.now());
        await context.ask(never.ref, (replyTo: ActorRef<number>) => replyTo, 500);
      },
    })),
    undefined,
  );
  busy.tell(question(probe<number>(system, "p").ref));
  await settle(system);
  asker.tell({ target: busy, timeout: 250 });
  await pass(system, 2000);
  assert.deepEqual(results, [{ ok: false, failure: "timeout", at: 250 }]);
  assert.deepEqual(handled, [0]);
  assert.equal(system.counters().expired, 1);
  await finish(system);
});

Deno.test("An ask whose asker ended stays pending", async () => {
  const { system, asker, results } = asking();
  const target = probe<Question>(system, "target");
  asker.tell({ target: target.ref, timeout: 250 });
  await settle(system);
  system.kill(asker);
  await settle(system);
  assert.equal(target.messages[0].replyTo.tell(1), "dead");
  await pass(system, 1000);
  assert.deepEqual(results, []);
  assert.equal(system.counters().expired, 1);
  await finish(system);
});

Deno.test("a million answered asks leave no timer behind", async () => {
  const system = testSystem();
  const target = system.start(
    "target",
    actor<Question>(() => ({ receive: ({ replyTo }) => void replyTo.tell(1) })),
    undefined,
  );
  let sum = 0;
  const asker = system.start(
    "asker",
    actor<number>((context) => ({
      async receive(n) {
        const asks = Array.from({ length: n }, () => context.ask(target, question, 5_000_000));
        for (const result of await Promise.all(asks)) if (result.ok) sum += result.value;
      },
    })),
    undefined,
  );
  for (let i = 0; i < 200; i++) asker.tell(5000);
  await settle(system);
  assert.equal(sum, 1_000_000);
  const { kernel } = system as unknown as { kernel: { timers: { size: number } } };
  assert.equal(kernel.timers.size, 0);
  await finish(system);
});

Deno.test("a question that is nothing but the address of its answer has a name in traces, dead letters and crash records", async () => {
  const system = testSystem();
  const gone = system.start<ActorRef<number>, void>(
    "gone",
    actor<ActorRef<number>>(() => ({ receive: () => assert.fail("on purpose") })),
    undefined,
  );
  const asked = system.ask(gone, (replyTo: ActorRef<number>) => replyTo, 1000);
  await settle(system);
  assert.equal(system.debug.crashes()[0].message?.message, "object");
  const dead = system.ask(gone, (replyTo: ActorRef<number>) => replyTo, 1000);
  await settle(system);
  assert.equal(system.deadLetters()[0].message, "object");
  assert.deepEqual(await dead, { ok: false, failure: "dead" });
  await system.run({ until: 2000 });
  assert.deepEqual(await asked, { ok: false, failure: "timeout" });
  await finish(system);
});
