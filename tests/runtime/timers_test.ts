import assert from "node:assert/strict";
import fc from "fast-check";
import type { ActorContext, ActorRef } from "../../runtime/mod.ts";
import { finish, pass, probe, testSystem } from "../../runtime/testkit/mod.ts";
import { TimerWheel } from "../../runtime/internal/timer_wheel.ts";
import { HeapTimed, TimerHeap } from "../../bench/opponents/timer_heap.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { actor } from "./actors.ts";

Deno.test("Timers fire in the order of their times, and at one time in the order of their setting", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 60 }), async (delays) => {
      const system = testSystem();
      const seen: number[] = [];
      const times: number[] = [];
      system.start(
        "a",
        actor<number>((context) => {
          delays.forEach((delay, i) => context.timers.once(`t${i}`, delay, i));
          return {
            receive(i) {
              seen.push(i);
              times.push(context.clock.now());
            },
          };
        }),
        undefined,
      );
      await pass(system, 100);
      const expected = delays.map((delay, i) => ({ delay, i })).sort((a, b) => a.delay - b.delay || a.i - b.i);
      assert.deepEqual(seen, expected.map((one) => one.i));
      assert.deepEqual(times, expected.map((one) => one.delay));
      await finish(system);
    }),
  );
});

class Entry extends HeapTimed {
  constructor(readonly name: number) {
    super();
  }

  override fire(): void {}
}

/** Delays of every order of magnitude, and many that are equal. */
const delay = fc.oneof(
  fc.constantFrom(3, 300, 70_000),
  fc.nat(20),
  fc.nat(1000),
  fc.nat(10_000_000),
  fc.nat(2 ** 31),
  fc.nat(2 ** 50 - 1),
);

Deno.test("the timer wheel gives the same timers in the same order as a heap, whatever is set, cancelled and let pass", () => {
  const operation = fc.record({ what: fc.constantFrom("set", "set", "cancel", "fire", "pass"), n: fc.nat(), delay });
  fc.assert(
    fc.property(fc.nat(2 ** 51), fc.array(operation, { maxLength: 300 }), (start, operations) => {
      const wheel = new TimerWheel();
      const heap = new TimerHeap();
      wheel.advance(start);
      let now = start;
      let waiting: { readonly inWheel: Entry; readonly inHeap: Entry }[] = [];
      const agree = () => {
        const [ours, theirs] = [wheel.peek() as Entry | undefined, heap.peek() as Entry | undefined];
        assert.deepEqual([ours?.name, ours?.time], [theirs?.name, theirs?.time]);
        assert.equal(wheel.size, heap.size);
        return ours;
      };
      const drop = (entry: Entry) => {
        const pair = waiting.find(({ inWheel }) => inWheel.name === entry.name)!;
        for (let twice = 0; twice < 2; twice++) {
          wheel.remove(pair.inWheel);
          heap.remove(pair.inHeap);
        }
        waiting = waiting.filter((other) => other !== pair);
      };
      const fire = () => {
        const next = agree();
        if (next === undefined) return;
        now = next.time;
        wheel.advance(now);
        drop(next);
      };
      operations.forEach(({ what, n, delay }, name) => {
        if (what === "set") {
          const pair = { inWheel: new Entry(name), inHeap: new Entry(name) };
          wheel.add(pair.inWheel, now + delay);
          heap.add(pair.inHeap, now + delay);
          waiting.push(pair);
        } else if (what === "cancel" && waiting.length > 0) drop(waiting[n % waiting.length].inWheel);
        else if (what === "fire") fire();
        else if (what === "pass") {
          now = Math.min(now + delay, agree()?.time ?? Infinity);
          wheel.advance(now);
        }
      });
      while (waiting.length > 0) fire();
      assert.equal(agree(), undefined);
    }),
    { numRuns: 500 },
  );
});

function withTimers(script: (context: ActorContext<string>, message: string) => void) {
  const system = testSystem();
  const seen: string[] = [];
  const ref = system.start(
    "a",
    actor<string>((context) => ({
      receive(message) {
        seen.push(`${context.clock.now()} ${message}`);
        script(context, message);
      },
    })),
    undefined,
  );
  ref.tell("begin");
  return { system, seen, ref };
}

/** Runs `act` in an actor whose timer message is in its mailbox, not yet handled; returns what it handled after. */
async function whileWaiting(act: (context: ActorContext<string>) => void) {
  const system = testSystem();
  const seen: string[] = [];
  const def = actor<string>((context) => {
    if (context.incarnation === 0) context.timers.once("key", 10, "waiting");
    return {
      async receive(message) {
        if (message !== "block") seen.push(message);
        else {
          // The timer fires while this handler waits for the answer, which takes until 20.
          await context.ask(slow.ref, (replyTo: ActorRef<string>) => replyTo, 20);
          act(context);
        }
      },
    };
  });
  const slow = probe<ActorRef<string>>(system, "slow");
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: [worker("a", def, undefined)] });
  (system.find("/top/a") as ActorRef<string>).tell("block");
  await pass(system, 19);
  assert.equal(system.actors().find((one) => one.path === "/top/a")?.mailbox, 1);
  await pass(system, 100);
  const { expired } = system.counters();
  await finish(system);
  return { seen, expired };
}

Deno.test("Cancelling a timer also cancels its waiting message", async () => {
  assert.deepEqual(await whileWaiting(() => {}), { seen: ["waiting"], expired: 0 });
  assert.deepEqual(await whileWaiting((context) => context.timers.cancel("key")), { seen: [], expired: 1 });
});

Deno.test("Setting a key again replaces its timer, also when its message is already waiting", async () => {
  const { system, seen } = withTimers((context, message) => {
    if (message !== "begin") return;
    context.timers.once("key", 10, "old");
    context.timers.once("key", 20, "new");
    context.timers.once("other", 15, "other");
  });
  await pass(system, 100);
  assert.deepEqual(seen, ["0 begin", "15 other", "20 new"]);
  await finish(system);
  const replaced = await whileWaiting((context) => context.timers.once("key", 5, "new"));
  assert.deepEqual(replaced, { seen: ["new"], expired: 1 });
});

Deno.test("Timers end with the incarnation, also when their message is already waiting", async () => {
  const crashed = await whileWaiting(() => {
    throw new Error("crash with the message waiting");
  });
  assert.deepEqual(crashed, { seen: [], expired: 1 });
  const system = testSystem();
  const seen: number[] = [];
  const def = actor<string>((context) => {
    if (context.incarnation === 0) context.timers.every("tick", 10, "tick");
    return { receive: () => void seen.push(context.clock.now()) };
  });
  supervise(system, "top", { id: "top", strategy: "one_for_one", children: [worker("a", def, undefined)] });
  await pass(system, 25);
  system.crash(system.find("/top/a")!, new Error("x"));
  await pass(system, 100);
  assert.deepEqual(seen, [10, 20]);
  await finish(system);
});

Deno.test("A repeated timer keeps its rate and does not drift", async () => {
  const { system, seen } = withTimers((context, message) => {
    if (message === "begin") context.timers.every("tick", 7, "tick");
  });
  await pass(system, 7 * 1000);
  assert.equal(seen.length, 1001);
  assert.deepEqual(seen.slice(1).map((one) => parseInt(one)), Array.from({ length: 1000 }, (_, i) => (i + 1) * 7));
  await finish(system);
});

Deno.test("a timer refuses a delay that is not a whole number of microseconds", async () => {
  const system = testSystem();
  const bad = (set: (context: ActorContext<string>) => void) => () =>
    system.start(
      "bad",
      actor<string>((context) => {
        set(context);
        return {};
      }),
      undefined,
    );
  assert.throws(bad((context) => context.timers.once("k", -1, "m")), /Timer "k" takes a delay/);
  assert.throws(bad((context) => context.timers.once("k", 0.5, "m")), /whole microseconds/);
  assert.throws(bad((context) => context.timers.every("k", 0, "m")), /above 0/);
  await finish(system);
});
