/** The chain of causes: who sent what because of what. */
import assert from "node:assert/strict";
import type { ActorDef, ActorRef, MessageEnvelope } from "../../runtime/mod.ts";
import { finish, probe, settle, testSystem } from "../../runtime/testkit/mod.ts";

interface Note {
  readonly kind: "Note";
  readonly text: string;
}
const note = (text: string): Note => ({ kind: "Note", text });

/** Passes every message on to `next`, and keeps the envelopes it saw. */
function relay(seen: (MessageEnvelope | null)[], next?: ActorRef<Note>): ActorDef<Note> {
  return {
    type: "relay",
    init: (context) => ({
      receive(message) {
        seen.push(context.envelope);
        next?.tell(message);
      },
    }),
  };
}

Deno.test("A message knows the message that caused it, the root of its chain and its sender", async () => {
  const system = testSystem();
  const seen: (MessageEnvelope | null)[] = [];
  const c = system.start("c", relay(seen), undefined);
  const b = system.start("b", relay(seen, c), undefined);
  const a = system.start("a", relay(seen, b), undefined);
  a.tell(note("first"));
  await settle(system);
  const [one, two, three] = seen.map((envelope) => envelope!);
  assert.deepEqual([one.cause, one.root, one.sender], [0, one.id, null]);
  assert.deepEqual([two.cause, two.root, two.sender], [one.id, one.id, "/a"]);
  assert.deepEqual([three.cause, three.root, three.sender], [two.id, one.id, "/b"]);
  assert.ok(one.id < two.id && two.id < three.id);
  assert.equal(three.deadline, Infinity);
  await finish(system);
});

Deno.test("Outside a handler there is no envelope and no cause", async () => {
  const system = testSystem();
  const seen: (MessageEnvelope | null)[] = [];
  let keep: { readonly envelope: MessageEnvelope | null };
  const def: ActorDef<Note> = {
    type: "x",
    init(context) {
      keep = context;
      return { receive: () => {} };
    },
  };
  system.start("x", def, undefined).tell(note("one"));
  await settle(system);
  assert.equal(keep!.envelope, null);
  const y = system.start("y", relay(seen), undefined);
  y.tell(note("two"));
  await settle(system);
  assert.equal(seen[0]!.cause, 0);
  await finish(system);
});

Deno.test("A timer's message is caused by the message that set the timer", async () => {
  const system = testSystem();
  const seen: MessageEnvelope[] = [];
  const def: ActorDef<Note> = {
    type: "waiter",
    init: (context) => ({
      receive({ text }) {
        seen.push(context.envelope!);
        if (text === "set") context.timers.once("t", 10, note("due"));
      },
    }),
  };
  system.start("w", def, undefined).tell(note("set"));
  await system.run({ until: 20 });
  assert.deepEqual([seen[1].cause, seen[1].root, seen[1].sender], [seen[0].id, seen[0].id, "/w"]);
  await finish(system);
});

interface Question {
  readonly kind: "Question";
  readonly replyTo: ActorRef<number>;
}

Deno.test("What is sent after an awaited ask is caused by the message before it", async () => {
  const system = testSystem();
  const seen: (MessageEnvelope | null)[] = [];
  const sink = system.start("sink", relay(seen), undefined);
  const target = system.start<Question, void>("target", {
    type: "target",
    init: () => ({ receive: ({ replyTo }) => void replyTo.tell(1) }),
  }, undefined);
  const ids: number[] = [];
  const asker: ActorDef<Note> = {
    type: "asker",
    init: (context) => ({
      async receive() {
        ids.push(context.envelope!.id);
        await context.ask<Question, number>(target, (replyTo) => ({ kind: "Question", replyTo }), 1000);
        sink.tell(note("after"));
      },
    }),
  };
  // Two that wait at the same time, so that one's continuation could be taken for the other's.
  system.start("one", asker, undefined).tell(note("go"));
  system.start("two", asker, undefined).tell(note("go"));
  await settle(system);
  assert.deepEqual(seen.map((envelope) => [envelope!.cause, envelope!.sender]), [[ids[0], "/one"], [ids[1], "/two"]]);
  await finish(system);
});

Deno.test("In a batch a message is caused by the one that handling names, else by the last", async () => {
  const system = testSystem();
  const seen: (MessageEnvelope | null)[] = [];
  const sink = system.start("sink", relay(seen), undefined);
  const def: ActorDef<Note> = {
    type: "batcher",
    init: (context) => ({
      receiveBatch(messages) {
        sink.tell(note("unnamed"));
        for (let i = 0; i < messages.length; i++) {
          context.handling(i);
          sink.tell(messages[i]);
        }
        assert.throws(() => context.handling(messages.length), /not handling a batch with a message 3/);
      },
    }),
  };
  const ref = system.start("batcher", def, undefined);
  for (const text of ["a", "b", "c"]) ref.tell(note(text));
  const ids = system.debug.trace("/batcher").map(({ id }) => id);
  await settle(system);
  assert.deepEqual(seen.map((envelope) => envelope!.cause), [ids[2], ...ids]);
  await finish(system);
});

Deno.test("handling names the right message also when one of the batch had expired", async () => {
  const system = testSystem();
  const causes: number[] = [];
  const sink = system.start<Note, void>("sink", {
    type: "sink",
    init: (context) => ({ receive: () => void causes.push(context.envelope!.cause) }),
  }, undefined);
  let cancel!: () => void;
  const def: ActorDef<Note> = {
    type: "batcher",
    init(context) {
      context.timers.once("t", 5, note("cancelled"));
      cancel = () => context.timers.cancel("t");
      return {
        receiveBatch(messages) {
          messages.forEach((message, i) => {
            context.handling(i);
            sink.tell(message);
          });
        },
      };
    },
  };
  const ref = system.start("batcher", def, undefined);
  system.debug.suspend("/batcher", "test");
  ref.tell(note("a"));
  ref.tell(note("b"));
  await system.run({ until: 10 });
  ref.tell(note("c"));
  const ids = system.debug.trace("/batcher").map(({ id }) => id);
  assert.equal(ids.length, 4, "the timer's message waits between b and c");
  cancel();
  system.debug.resume("/batcher", "test");
  await settle(system);
  assert.deepEqual(causes, [ids[0], ids[1], ids[3]]);
  await finish(system);
});

Deno.test("Why a message was sent is answered from what the mailboxes keep", async () => {
  const system = testSystem();
  const seen: (MessageEnvelope | null)[] = [];
  const c = system.start("c", relay(seen), undefined);
  const b = system.start("b", relay(seen, c), undefined);
  const a = system.start("a", relay(seen, b), undefined);
  a.tell(note("first"));
  await settle(system);
  const chain = system.debug.why(seen[2]!.id);
  assert.deepEqual(chain.map(({ receiver, sender, message }) => [receiver, sender, message]), [
    ["/c", "/b", "Note"],
    ["/b", "/a", "Note"],
    ["/a", null, "Note"],
  ]);
  assert.deepEqual(system.debug.why(10_000), []);
  await finish(system);
});

Deno.test("The latest 16 messages of an actor are kept, with what waits", async () => {
  const system = testSystem();
  const seen = probe<Note>(system, "probe");
  for (let i = 0; i < 100; i++) seen.ref.tell(note(`${i}`));
  await settle(system);
  for (let i = 0; i < 3; i++) seen.ref.tell(note("waits"));
  const trace = system.debug.trace("/probe");
  assert.equal(trace.length, 19);
  assert.deepEqual(trace.map(({ waiting }) => waiting), [...Array(16).fill(false), true, true, true]);
  assert.deepEqual(trace.map(({ id }) => id), [...trace.map(({ id }) => id)].sort((x, y) => x - y));
  assert.equal(system.debug.trace("/probe", 2).length, 5);
  await settle(system);
  await finish(system);
});

Deno.test("the sender of a message that has gone is nobody, also where senders were looked up before", async () => {
  const system = testSystem();
  const seen: (MessageEnvelope | null)[] = [];
  const target = system.start("target", relay(seen), undefined);
  const leaver: ActorDef<Note> = {
    type: "leaver",
    init: (context) => ({
      receive(message) {
        target.tell(message);
        if (message.text === "last") context.stop();
      },
    }),
  };
  for (const name of ["early", "late"]) {
    const sender = system.start(name, leaver, undefined);
    for (const text of ["first", "last"]) {
      sender.tell(note(text));
      await settle(system);
    }
  }
  assert.deepEqual(seen.map((envelope) => envelope!.sender), ["/early", null, "/late", null]);
  await finish(system);
});
