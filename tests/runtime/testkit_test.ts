/** The kit itself: behaviours as data, probes that wait, messages that are copied. */
import assert from "node:assert/strict";
import { type ActorDef, type ActorRef, CodecError, serviceKey } from "../../runtime/mod.ts";
import { behaviour, finish, pass, probe, record, refTo, settle, testSystem } from "../../runtime/testkit/mod.ts";

interface Quote {
  readonly kind: "Quote";
  readonly price: number;
  readonly replyTo: ActorRef<string>;
}
type DeskMessage = Quote | { readonly kind: "Ask" } | { readonly kind: "End" } | { readonly kind: "Fail" };

const desks = serviceKey<DeskMessage>("desks");

const desk: ActorDef<DeskMessage, { readonly gate: ActorRef<unknown> }> = {
  type: "desk",
  init(context, { gate }) {
    context.join(desks);
    let quotes = 0;
    return {
      receive(message) {
        switch (message.kind) {
          case "Quote":
            quotes++;
            message.replyTo.tell(`${context.clock.now()}: ${message.price}`);
            context.timers.once("late", 1000, { kind: "End" });
            return;
          case "Ask":
            return (async () => {
              const answer = await context.ask<unknown, number>(gate, (replyTo) => ({ may: "I?", replyTo }), 500);
              gate.urgent(answer.ok ? answer.value : answer.failure);
            })();
          case "End":
            context.timers.cancel("late");
            context.stop();
            return;
          case "Fail":
            throw new RangeError("no such quote");
        }
      },
      inspect: () => ({ quotes }),
    };
  },
};

Deno.test("What a behaviour does in answer to a message is a list of plain data", async () => {
  const tested = behaviour(desk, { gate: refTo("gate") });
  assert.deepEqual(tested.initial, [{ kind: "join", name: "desks" }]);
  tested.at(7);
  assert.deepEqual(tested.receive({ kind: "Quote", price: 5, replyTo: refTo("asker") }), [
    { kind: "tell", to: "asker", message: "7: 5" },
    { kind: "timer", key: "late", delay: 1000, every: false, message: { kind: "End" } },
  ]);
  assert.deepEqual(tested.inspect(), { quotes: 1 });
  for (const [answer, told] of [[42, 42], ["timeout", "timeout"]] as const) {
    const [asked, ...more] = tested.receive({ kind: "Ask" });
    assert.ok(asked.kind === "ask" && more.length === 0);
    assert.deepEqual([asked.to, asked.timeout], ["gate", 500]);
    const effects = answer === 42 ? await tested.reply(answer) : await tested.fail("timeout");
    assert.deepEqual(effects, [{ kind: "urgent", to: "gate", message: told }]);
  }
  assert.deepEqual(tested.receive({ kind: "End" }), [
    { kind: "cancel", key: "late" },
    { kind: "stop", reason: { kind: "normal" } },
  ]);
  assert.deepEqual(tested.receive({ kind: "Fail" }), [{ kind: "crash", error: "RangeError: no such quote" }]);
  assert.throws(() => tested.reply(1), /no open ask/);
});

Deno.test("A probe waits in virtual time for messages, and for none", async () => {
  const system = testSystem();
  const seen = probe<number>(system, "seen");
  system.start("clock", {
    type: "clock",
    init: (context) => {
      context.timers.every("tick", 100, 0);
      let n = 0;
      return { receive: () => void seen.ref.tell(++n) };
    },
  } as ActorDef<number>, undefined);
  assert.equal(await seen.expectMessage(1), 1);
  assert.equal(system.clock.now(), 100, "no longer than needed");
  assert.deepEqual(await seen.receiveN(3), [2, 3, 4]);
  assert.equal(system.clock.now(), 400);
  await seen.expectNoMessage(99);
  await assert.rejects(seen.expectNoMessage(1), /\/seen got 5, and nobody expected a message/);
  await assert.rejects(seen.expectMessage(7), /Expected values to be strictly equal|5/);
  await assert.rejects(seen.receiveN(5, 250), /got 2 of 5 messages within 250 µs: \[ 6, 7 \]/);
  assert.deepEqual(await seen.receiveN(2), [6, 7]);
  await finish(system);
});

Deno.test("With copies on, actors share nothing that they send, ask or answer", async () => {
  for (const copies of [false, true]) {
    const system = testSystem({ copies });
    const seen = probe<{ readonly bytes: Uint8Array; readonly big: bigint; readonly back: ActorRef<never> }>(
      system,
      "seen",
    );
    const bytes = Uint8Array.of(1, 2);
    seen.ref.tell({ bytes, big: 1n, back: seen.ref });
    seen.ref.urgent({ bytes, big: 2n, back: seen.ref });
    await settle(system);
    bytes[0] = 9;
    for (const message of seen.messages) {
      assert.equal(message.bytes[0], copies ? 1 : 9);
      assert.equal(message.back, seen.ref, "a ref stays what it is");
    }
    const shared = { n: 1 };
    const keeper = system.start<{ readonly value: { n: number }; readonly replyTo: ActorRef<{ n: number }> }, void>(
      "keeper",
      {
        type: "keeper",
        init: () => ({
          receive({ value, replyTo }) {
            assert.equal(value === shared, !copies);
            replyTo.tell(shared);
          },
        }),
      },
      undefined,
    );
    const asked = system.ask(keeper, (replyTo: ActorRef<{ n: number }>) => ({ value: shared, replyTo }), 1000);
    await settle(system);
    const answer = await asked;
    assert.ok(answer.ok);
    assert.deepEqual(answer.value, shared);
    assert.equal(answer.value === shared, !copies);
    await finish(system);
  }
});

Deno.test("With copies on, what could not leave the process is an error where it is sent, and counted nowhere", async () => {
  const system = testSystem({ copies: true });
  const crashed = record(system, "crashed");
  const seen = probe<unknown>(system, "seen");
  system.start<number, void>("sender", {
    type: "sender",
    init: () => ({ receive: () => void seen.ref.tell({ callback: () => {} }) }),
  }, undefined).tell(1);
  await settle(system);
  assert.match(
    String(crashed[0] !== undefined && "reason" in crashed[0] && crashed[0].reason),
    /CodecError: message\.callback is a function/,
  );
  assert.deepEqual(seen.messages, []);
  assert.throws(() => seen.ref.urgent(Symbol("x")), CodecError);
  const wrong = system.start<ActorRef<unknown>, void>("wrong", {
    type: "wrong",
    init: () => ({ receive: (replyTo) => void replyTo.tell(new Map([[1, () => {}]])) }),
  }, undefined);
  const asked = system.ask(wrong, (replyTo: ActorRef<unknown>) => replyTo, 1000);
  await pass(system, 2000);
  assert.deepEqual(await asked, { ok: false, failure: "timeout" });
  assert.equal(crashed.length, 2);
  await finish(system);
});
