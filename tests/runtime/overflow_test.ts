/** Mailboxes that keep the latest of a key, hand on what they cannot hold, or crash; and messages set aside. */
import assert from "node:assert/strict";
import type { ActorDef, ActorRef, MailboxOptions } from "../../runtime/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { assertAccounted, finish, probe, settle, testSystem } from "../../runtime/testkit/mod.ts";

interface Price {
  readonly key?: string;
  readonly n: number;
}

function collector(got: number[], mailbox: MailboxOptions<Price>): ActorDef<Price> {
  return { type: "collector", mailbox, init: () => ({ receive: ({ n }) => void got.push(n) }) };
}

Deno.test("A mailbox that coalesces keeps the latest message of a key in the place of the first", async () => {
  const system = testSystem();
  const got: number[] = [];
  const ref = system.start("c", collector(got, { capacity: 4, coalesce: ({ key }) => key }), undefined);
  const results = [["a", 1], ["b", 2], [undefined, 3], ["a", 4], ["b", 5], ["a", 6]].map(([key, n]) =>
    ref.tell({ key, n } as Price)
  );
  assert.deepEqual(results, Array(6).fill("enqueued"));
  await settle(system);
  assert.deepEqual(got, [6, 5, 3]);
  ref.tell({ key: "a", n: 7 });
  ref.tell({ key: "a", n: 8 });
  await settle(system);
  assert.deepEqual(got, [6, 5, 3, 8], "what was handled is not replaced");
  assert.equal(system.counters().dropped, 4);
  await finish(system);
});

Deno.test("A full mailbox that coalesces still takes the latest of a waiting key and treats others by its policy", async () => {
  const system = testSystem();
  const got: number[] = [];
  const ref = system.start("c", collector(got, { capacity: 2, coalesce: ({ key }) => key }), undefined);
  ref.tell({ key: "a", n: 1 });
  ref.tell({ key: "b", n: 2 });
  assert.equal(ref.tell({ key: "c", n: 3 }), "rejected");
  assert.equal(ref.tell({ n: 4 }), "rejected");
  assert.equal(ref.tell({ key: "b", n: 5 }), "enqueued");
  await settle(system);
  assert.deepEqual(got, [1, 5]);
  await finish(system);
});

Deno.test("a stopped actor that coalesced makes dead letters like any other", async () => {
  const system = testSystem();
  const ref = system.start("c", collector([], { coalesce: ({ key }) => key }), undefined);
  await system.stop(ref);
  assert.equal(ref.tell({ key: "a", n: 1 }), "dead");
  await finish(system);
});

Deno.test("A full mailbox that diverts hands the message to another actor", async () => {
  const system = testSystem();
  const got: number[] = [];
  const spill = probe<Price>(system, "spill");
  const ref = system.start("c", collector(got, { capacity: 1, overflow: { divert: spill.ref } }), undefined);
  assert.deepEqual([ref.tell({ n: 1 }), ref.tell({ n: 2 })], ["enqueued", "diverted"]);
  await settle(system);
  assert.deepEqual([got, spill.messages], [[1], [{ n: 2 }]]);
  await finish(system);
});

interface Question {
  readonly replyTo: ActorRef<string>;
}

Deno.test("a diverted question is answered by the actor that got it", async () => {
  const system = testSystem();
  const spill = system.start<Question, void>("spill", {
    type: "spill",
    init: () => ({ receive: ({ replyTo }) => void replyTo.tell("spill") }),
  }, undefined);
  const ref = system.start<Question, void>("busy", {
    type: "busy",
    mailbox: { capacity: 1, overflow: { divert: spill } },
    init: () => ({ receive: ({ replyTo }) => void replyTo.tell("busy") }),
  }, undefined);
  const asks = [1, 2].map(() => system.ask<Question, string>(ref, (replyTo) => ({ replyTo }), 100));
  await settle(system);
  assert.deepEqual(await Promise.all(asks), [{ ok: true, value: "busy" }, { ok: true, value: "spill" }]);
  await finish(system);
});

Deno.test("A full mailbox that crashes rejects the message and its actor ends with a mailbox overflow", async () => {
  const system = testSystem();
  const got: number[] = [];
  const child = worker("c", collector(got, { capacity: 2, overflow: "crash" }), undefined);
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: [child] });
  const ref = system.find("/top/c") as ActorRef<Price>;
  assert.deepEqual([1, 2, 3].map((n) => ref.tell({ n })), ["enqueued", "enqueued", "rejected"]);
  await settle(system);
  const snapshot = system.actors().find(({ path }) => path === "/top/c")!;
  assert.equal(snapshot.restarts, 1);
  assert.match(snapshot.lastExit!, /MailboxOverflow: the mailbox of \/top\/c is full with 2 messages/);
  assert.deepEqual(got, [1, 2], "what waited is kept");
  await finish(system);
});

type Step = { readonly kind: "item"; readonly n: number } | { readonly kind: "open" } | { readonly kind: "crash" };

function gatekeeper(got: number[], stash?: number): ActorDef<Step> {
  return {
    type: "gatekeeper",
    stash,
    init(context) {
      let open = context.incarnation > 0;
      return {
        receive(message) {
          if (message.kind === "crash") throw new Error("on request");
          if (message.kind === "open") {
            open = true;
            context.unstash();
          } else if (open) got.push(message.n);
          else context.stash();
        },
      };
    },
  };
}

const item = (n: number): Step => ({ kind: "item", n });

Deno.test("A stashed message is handled after unstash, in its order and before what waits", async () => {
  const system = testSystem();
  const got: number[] = [];
  const ref = system.start("g", gatekeeper(got), undefined);
  for (const n of [1, 2, 3]) ref.tell(item(n));
  await settle(system);
  assert.deepEqual(got, []);
  assert.equal(system.counters().inFlight, 3, "a stashed message is in flight");
  assertAccounted(system);
  ref.tell({ kind: "open" });
  ref.tell(item(4));
  await settle(system);
  assert.deepEqual(got, [1, 2, 3, 4]);
  await finish(system);
});

Deno.test("A stashed message is not lost when its actor restarts", async () => {
  const system = testSystem();
  const got: number[] = [];
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: [worker("g", gatekeeper(got), undefined)] });
  const ref = system.find("/top/g") as ActorRef<Step>;
  for (const n of [1, 2]) ref.tell(item(n));
  ref.tell({ kind: "crash" });
  ref.tell(item(3));
  await settle(system);
  assert.deepEqual(got, [1, 2, 3]);
  await finish(system);
});

Deno.test("Stashed messages of an actor that stops for good are dead letters", async () => {
  const system = testSystem();
  const ref = system.start("g", gatekeeper([]), undefined);
  for (const n of [1, 2]) ref.tell(item(n));
  await settle(system);
  await system.stop(ref);
  assert.equal(system.counters().dead, 2);
  await finish(system);
});

Deno.test("A full stash is a crash", async () => {
  const system = testSystem();
  const ref = system.start("g", gatekeeper([], 2), undefined);
  for (const n of [1, 2, 3]) ref.tell(item(n));
  await settle(system);
  assert.deepEqual(system.actors(), []);
  assertAccounted(system);
  assert.equal(system.counters().dead, 2);
  await finish(system);
});

Deno.test("A stashed question is answered later, and expires at its deadline", async () => {
  const system = testSystem();
  type M = Question | "open";
  const def: ActorDef<M> = {
    type: "g",
    init(context) {
      let open = false;
      return {
        receive(message) {
          if (message === "open") {
            open = true;
            context.unstash();
          } else if (open) message.replyTo.tell("late but there");
          else context.stash();
        },
      };
    },
  };
  const ref = system.start("g", def, undefined);
  const make = (replyTo: ActorRef<string>): Question => ({ replyTo });
  const short = system.ask<M, string>(ref, make, 10);
  const long = system.ask<M, string>(ref, make, 1000);
  await system.run({ until: 100 });
  ref.tell("open");
  await system.run({ until: 200 });
  assert.deepEqual([await short, await long], [{ ok: false, failure: "timeout" }, {
    ok: true,
    value: "late but there",
  }]);
  assert.equal(system.counters().expired, 1);
  await finish(system);
});

Deno.test("stash outside a handler or in a batch says so", async () => {
  const system = testSystem();
  let message = "";
  const def: ActorDef<number> = {
    type: "b",
    init: (context) => ({
      receiveBatch() {
        try {
          context.stash();
        } catch (error) {
          message = (error as Error).message;
        }
      },
    }),
  };
  system.start("b", def, undefined).tell(1);
  await settle(system);
  assert.match(message, /can stash only the message that it is handling, and not in receiveBatch/);
  await finish(system);
});
