/** What becomes of a message that came from another node, as whoever brought it is told. */
import assert from "node:assert/strict";
import type { ActorDef, ActorRef, MessageFate, WireEnvelope } from "../../runtime/mod.ts";
import { finish, pass, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { outerPromise } from "../runtime/actors.ts";

const wire = (deadline = Infinity): WireEnvelope => ({
  node: "far",
  epoch: 1,
  sender: "/desk",
  sequence: 1,
  id: 1,
  cause: 0,
  root: 1,
  deadline,
  schema: null,
});

const def = (init: ActorDef<string>["init"], more: Partial<ActorDef<string>> = {}): ActorDef<string> => ({
  type: "test",
  init,
  ...more,
});

/** Of a type that the checker does not narrow by what it is compared with. */
const copyOf = (fates: object): object => ({ ...fates });

/** Brings messages and keeps what it is told of them. */
function bringer(system: ReturnType<typeof testSystem>) {
  const fates: Record<string, MessageFate[]> = {};
  return {
    fates,
    bring(target: ActorRef<string>, message: string, deadline?: number) {
      fates[message] = [];
      system.deliver(target, message, wire(deadline), { settled: (fate) => void fates[message].push(fate) });
    },
  };
}

Deno.test("Whoever brings a message from another node is told once what became of it", async () => {
  const system = testSystem();
  const { fates, bring } = bringer(system);
  const waits = outerPromise();
  const odd = system.start(
    "odd",
    def(() => ({
      async receive(message) {
        if (message === "waits") await waits.promise;
      },
    })),
    undefined,
  );
  bring(odd, "waits");
  bring(odd, "behind");
  bring(odd, "late", 5);
  await settle(system);
  assert.deepEqual(copyOf(fates), { waits: [], behind: [], late: [] });
  await pass(system, 10);
  waits.resolve();
  await pass(system, 10);
  assert.deepEqual(copyOf(fates), { waits: ["handled"], behind: ["handled"], late: ["expired"] });
  const frail = system.start(
    "frail",
    def(() => ({
      receive(message) {
        throw new Error(message);
      },
    })),
    undefined,
  );
  bring(frail, "fails");
  bring(frail, "left");
  await settle(system);
  bring(frail, "after");
  await settle(system);
  assert.deepEqual([fates.fails, fates.left, fates.after], [["crashed"], ["dead"], ["dead"]]);
  await finish(system);
});

Deno.test("A message that was in the hands of an actor that is killed counts as crashed, one that waits is kept", async () => {
  const system = testSystem();
  const { fates, bring } = bringer(system);
  let lives = 0;
  const hung = def(() => {
    lives++;
    return { receive: (message) => message === "hangs" ? new Promise(() => {}) : undefined };
  });
  supervise(system, "top", {
    id: "top",
    strategy: "one_for_one",
    intensity: 3,
    periodMs: 1000,
    children: [worker("hung", hung, undefined)],
  });
  const ref = system.find("/top/hung")! as ActorRef<string>;
  bring(ref, "hangs");
  bring(ref, "waits");
  await settle(system);
  system.kill(ref);
  await settle(system);
  assert.deepEqual([lives, copyOf(fates)], [2, { hangs: ["crashed"], waits: ["handled"] }]);
  await finish(system);
});

Deno.test("What is set aside is done when it has come again", async () => {
  const system = testSystem();
  const { fates, bring } = bringer(system);
  const ref = system.start(
    "a",
    def((context) => {
      let open = false;
      return {
        receive(message) {
          if (message === "open") {
            open = true;
            context.unstash();
          } else if (!open) context.stash();
        },
      };
    }),
    undefined,
  );
  bring(ref, "first");
  await settle(system);
  assert.deepEqual(copyOf(fates), { first: [] });
  bring(ref, "open");
  await settle(system);
  assert.deepEqual(copyOf(fates), { first: ["handled"], open: ["handled"] });
  await finish(system);
});

Deno.test("The messages of a batch are done with the batch, and crash with it", async () => {
  const system = testSystem();
  const { fates, bring } = bringer(system);
  const waits = outerPromise();
  const ref = system.start(
    "a",
    def(() => ({
      receiveBatch(messages) {
        if (messages.includes("fails")) throw new Error("fails");
        return messages.includes("waits") ? waits.promise : undefined;
      },
    }), { batch: 2 }),
    undefined,
  );
  for (const message of ["one", "two", "waits", "with", "fails", "too"]) bring(ref, message);
  await settle(system);
  assert.deepEqual([fates.one, fates.two, fates.waits, fates.with], [["handled"], ["handled"], [], []]);
  waits.resolve();
  await pass(system, 10);
  assert.deepEqual([fates.waits, fates.with], [["handled"], ["handled"]]);
  assert.deepEqual([fates.fails, fates.too], [["crashed"], ["crashed"]]);
  await finish(system);
});

Deno.test("A full mailbox says which message it refused and which gave way", async () => {
  const system = testSystem();
  const { fates, bring } = bringer(system);
  const start = (name: string, overflow: "reject" | "drop-oldest" | "drop-newest") =>
    system.start(name, def(() => ({ receive() {} }), { mailbox: { capacity: 1, overflow } }), undefined);
  for (const overflow of ["reject", "drop-oldest", "drop-newest"] as const) {
    const ref = start(overflow, overflow);
    system.debug.suspend(ref.path, "test");
    bring(ref, `${overflow} 1`);
    bring(ref, `${overflow} 2`);
    await settle(system);
    system.debug.resume(ref.path, "test");
    await settle(system);
  }
  assert.deepEqual(copyOf(fates), {
    "reject 1": ["handled"],
    "reject 2": ["rejected"],
    "drop-oldest 1": ["dropped"],
    "drop-oldest 2": ["handled"],
    "drop-newest 1": ["handled"],
    "drop-newest 2": ["dropped"],
  });
  await finish(system);
});
