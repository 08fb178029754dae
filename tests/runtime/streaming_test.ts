/** One question with many answers, by demand. */
import assert from "node:assert/strict";
import {
  type ActorContext,
  type ActorDef,
  type ActorRef,
  type Demand,
  type Outlet,
  ResponseStreams,
  type StreamControl,
  StreamFailed,
} from "../../runtime/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { behaviour, finish, pass, probe, refTo, settle, testSystem } from "../../runtime/testkit/mod.ts";
import { actor } from "./actors.ts";

type Question =
  | { readonly kind: "Count"; readonly to: number; readonly demand: Demand<number> }
  | StreamControl<number>;

interface Seen {
  /** Largest number that was made. */
  made: number;
  returned: number;
  readonly demands: number[];
}

/** Counts from 1; `failsAt` throws before that number. */
function counter(seen: Seen, failsAt = Infinity): ActorDef<Question> {
  return {
    type: "counter",
    init(context) {
      const streams = new ResponseStreams<number>(context);
      function* count(to: number): Generator<number> {
        try {
          for (let n = 1; n <= to; n++) {
            if (n === failsAt) throw new Error(`no ${n}`);
            seen.made = n;
            yield n;
          }
        } finally {
          seen.returned++;
        }
      }
      return {
        receive(message) {
          if (message.kind === "Demand") seen.demands.push(message.window);
          if (message.kind === "Count") streams.answer(message.demand, count(message.to));
          else streams.receive(message);
        },
        stopped: () => streams.close(),
        inspect: () => ({ streams: streams.size }),
      };
    },
  };
}

const nothing = (): Seen => ({ made: 0, returned: 0, demands: [] });

interface Order {
  readonly target: ActorRef<Question>;
  readonly to: number;
  readonly window?: number;
  readonly timeout?: number;
  readonly leaveAt?: number;
}

/** An actor that takes what it is told to ask for, and what it got with what broke it off. */
function taker(system = testSystem(), at: (n: number, context: ActorContext<Order>) => unknown = () => {}) {
  const got: (number | string)[] = [];
  const def = actor<Order>((context) => ({
    async receive({ target, to, window, timeout = 1000, leaveAt }) {
      try {
        const answers = context.askMany<Question, number>(
          target,
          (demand) => ({ kind: "Count", to, demand }),
          timeout,
          window,
        );
        for await (const n of answers) {
          got.push(n);
          if (n === leaveAt) break;
          const waits = at(n, context);
          if (waits instanceof Promise) await waits;
        }
        got.push("end");
      } catch (error) {
        if (!(error instanceof StreamFailed)) throw error;
        got.push(`${error.failure} at ${context.clock.now()}`);
      }
    },
  }));
  return { system, got, asker: system.start("asker", def, undefined) };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

Deno.test("A question with many answers yields them in their order and ends", async () => {
  const { system, got, asker } = taker();
  const target = system.start("counter", counter(nothing()), undefined);
  for (const to of [0, 1, 49, 50, 51, 200]) {
    asker.tell({ target, to });
    await settle(system);
    assert.deepEqual(got.splice(0), [...upTo(to), "end"]);
  }
  assert.deepEqual(system.inspect("/counter"), { streams: 0 });
  await finish(system);
});

Deno.test("A responder is asked for no more answers than the window, and for the next when those are taken", async () => {
  const seen = nothing();
  const ahead: number[] = [];
  const { system, got, asker } = taker(testSystem(), (n) => ahead.push(seen.made - n));
  asker.tell({ target: system.start("counter", counter(seen), undefined), to: 20, window: 4 });
  await settle(system);
  assert.deepEqual(got, [...upTo(20), "end"]);
  assert.equal(Math.max(...ahead), 3);
  assert.deepEqual(seen.demands, [4, 4, 4, 4, 4]);
  await finish(system);
});

Deno.test("An outlet keeps a window of answers for the next demand, and refuses more", async () => {
  const { system, got, asker } = taker();
  const results: boolean[] = [];
  let outlet: Outlet<number> | null = null;
  const told: string[] = [];
  const target = system.start<Question, void>("source", {
    type: "source",
    init(context) {
      const streams = new ResponseStreams<number>(context);
      return {
        receive(message) {
          if (message.kind !== "Count") return streams.receive(message);
          outlet = streams.open(message.demand, {
            demanded: () => void told.push("demanded"),
            cancelled: () => void told.push("cancelled"),
          });
        },
      };
    },
  }, undefined);
  asker.tell({ target, to: 0, window: 2 });
  await settle(system);
  system.inject(() => {
    for (const n of [1, 2, 3, 4]) results.push(outlet!.send(n));
  });
  await settle(system);
  // The first answered the open demand, two were kept, the fourth was one too many.
  assert.deepEqual([results, got], [[true, true, true, false], [1, 2, 3]]);
  system.inject(() => {
    results.push(outlet!.send(5));
    outlet!.end();
    results.push(outlet!.send(6));
  });
  await settle(system);
  assert.deepEqual([results.slice(4), got.slice(3), outlet!.closed], [[true, false], [5, "end"], true]);
  assert.ok(!told.includes("cancelled") && told.length >= 2, `${told}`);
  await finish(system);
});

Deno.test("A stream past its deadline breaks off with timeout, and its responder is told", async () => {
  const seen = nothing();
  const { system, got, asker } = taker(testSystem(), async (n, context) => {
    if (n === 2) await context.ask(probe<unknown>(system, "silent").ref, (to) => to, 500);
  });
  asker.tell({ target: system.start("counter", counter(seen), undefined), to: 100, window: 2, timeout: 300 });
  await pass(system, 299);
  assert.deepEqual([got, seen.returned], [[1, 2], 0]);
  await pass(system, 1);
  assert.deepEqual([system.inspect("/counter"), seen.returned], [{ streams: 0 }, 1]);
  await pass(system, 1000);
  assert.deepEqual(got, [1, 2, "timeout at 500"]);
  await finish(system);
});

Deno.test("A stream breaks off with dead, overloaded or cycle as an ask does", async () => {
  const { system, got, asker } = taker();
  const gone = probe<Question>(system, "gone");
  await system.stop(gone.ref);
  asker.tell({ target: gone.ref, to: 1 });
  await settle(system);
  const full = system.start<Question, void>("full", {
    type: "full",
    mailbox: { capacity: 1 },
    init: () => ({ receive: () => {} }),
  }, undefined);
  system.debug.suspend("/full", "test");
  full.tell({ kind: "CancelStream", stream: 0 });
  asker.tell({ target: full, to: 1 });
  await settle(system);
  asker.tell({ target: asker as unknown as ActorRef<Question>, to: 1 });
  await settle(system);
  assert.deepEqual(got, ["dead at 0", "overloaded at 0", "cycle at 0"]);
  assert.throws(() => new StreamFailed("lost", "/x").from.length && behaviourOfNoWindow(), /above 0, not 0/);
  system.debug.resume("/full", "test");
  await finish(system);
});

/** A window that is none is refused at once. */
function behaviourOfNoWindow(): void {
  const def = actor<string>((context) => ({
    receive: () => void context.askMany<Question, number>(refTo("x"), (demand) => demand, 1, 0),
  }));
  const [effect] = behaviour(def, undefined).receive("go");
  throw new Error(effect.kind === "crash" ? effect.error : "it was taken");
}

Deno.test("A stream whose responder was started anew breaks off with lost, also when a demand was in its hands", async () => {
  for (const failsAt of [3, Infinity]) {
    const seen = nothing();
    const { system, got, asker } = taker(testSystem(), (n) => {
      if (n === 2 && failsAt === Infinity) system.crash(target, new Error("on purpose"));
    });
    supervise(system, "top", {
      id: "top",
      strategy: "one_for_one",
      children: [worker("counter", counter(seen, failsAt), undefined)],
    });
    const target = system.find("/top/counter") as ActorRef<Question>;
    asker.tell({ target, to: 9, window: 2 });
    await settle(system);
    assert.deepEqual([got, seen.returned], [[1, 2, "lost at 0"], 1]);
    await finish(system);
  }
});

Deno.test("Leaving the loop cancels the stream at its responder", async () => {
  const seen = nothing();
  const { system, got, asker } = taker();
  asker.tell({ target: system.start("counter", counter(seen), undefined), to: 100, window: 4, leaveAt: 6 });
  await settle(system);
  assert.deepEqual([got, seen.made, seen.returned], [[...upTo(6), "end"], 8, 1]);
  assert.deepEqual(system.inspect("/counter"), { streams: 0 });
  await finish(system);
});

Deno.test("a stream that is left while an answer is awaited ends, and its question expires", async () => {
  const seen = nothing();
  const system = testSystem();
  const target = system.start("counter", counter(seen), undefined);
  system.debug.suspend("/counter", "test");
  const got: unknown[] = [];
  const asker = system.start(
    "asker",
    actor<string>((context) => ({
      async receive() {
        const make = (demand: Demand<number>) => ({ kind: "Count", to: 3, demand }) as const;
        const answers = context.askMany<Question, number>(target, make, 1000);
        const first = answers.next();
        await assert.rejects(answers.next(), /one at a time/);
        got.push(await answers.return!(), await first, await answers.next());
      },
    })),
    undefined,
  );
  asker.tell("go");
  await settle(system);
  system.debug.resume("/counter", "test");
  await settle(system);
  assert.deepEqual(got, Array(3).fill({ done: true, value: undefined }));
  assert.deepEqual([system.debug.statistics("/counter").expired, seen.made], [1, 0]);
  await finish(system);
});

Deno.test("The end of the asker cancels its streams, and a question of them that still waits expires", async () => {
  const seen = nothing();
  const { system, got, asker } = taker(testSystem(), (n) => {
    if (n === 3) throw new Error("had enough");
  });
  const target = system.start("counter", counter(seen), undefined);
  asker.tell({ target, to: 100, window: 4 });
  await settle(system);
  assert.deepEqual([got, seen.returned, system.inspect("/counter")], [[1, 2, 3], 1, { streams: 0 }]);
  await system.stop(asker);

  // Killed while it takes its time over an answer.
  const slow = taker(system, (_, context) => context.ask(probe<unknown>(system, "silent").ref, (to) => to, 500));
  slow.asker.tell({ target, to: 100, window: 4 });
  await settle(system);
  assert.deepEqual(system.inspect("/counter"), { streams: 1 });
  system.kill(slow.asker);
  await settle(system);
  assert.deepEqual([slow.got, seen.returned, system.inspect("/counter")], [[1], 2, { streams: 0 }]);

  const again = taker(system);
  system.debug.suspend("/counter", "test");
  again.asker.tell({ target, to: 100 });
  await settle(system);
  system.kill(again.asker);
  await settle(system);
  system.debug.resume("/counter", "test");
  await settle(system);
  assert.deepEqual([system.debug.statistics("/counter").expired, system.inspect("/counter")], [1, { streams: 0 }]);
  await finish(system);
});

Deno.test("What is sent between two answers is caused by the message that asked", async () => {
  const causes: number[] = [];
  const note = actor<string>((context) => ({ receive: () => void causes.push(context.envelope!.cause) }));
  const { system, asker } = taker(testSystem(), () => void notes.tell("got one"));
  const notes = system.start("notes", note, undefined);
  asker.tell({ target: system.start("counter", counter(nothing()), undefined), to: 5, window: 2 });
  await settle(system);
  const order = system.debug.trace("/asker").find(({ message }) => message === "object")!;
  assert.deepEqual(causes, Array(5).fill(order.id));
  await finish(system);
});

Deno.test("A stream of answers leaves the books balanced, and answers that come too late expire", async () => {
  const { system, got, asker } = taker();
  const late = system.start<Question, void>("late", {
    type: "late",
    init: () => ({
      receive(message) {
        if (message.kind !== "Count") return;
        system.inject(() => void message.demand.replyTo.tell({ kind: "Responses", responses: [1], done: true }));
        system.inject(() => void message.demand.replyTo.tell({ kind: "Responses", responses: [1], done: true }));
      },
    }),
  }, undefined);
  asker.tell({ target: late, to: 1 });
  await settle(system);
  assert.deepEqual(got, [1, "end"]);
  const { expired, unexplained } = system.counters();
  assert.deepEqual([expired, unexplained], [1, 0]);
  await finish(system);
});

Deno.test("a behaviour that takes many answers is tested demand by demand", async () => {
  const def = actor<string>((context) => ({
    async receive() {
      const answers = context.askMany<Question, number>(
        refTo("counter"),
        (demand) => ({ kind: "Count", to: 2, demand }),
        10,
      );
      for await (const n of answers) refTo("notes").tell(n);
    },
  }));
  const tested = behaviour(def, undefined);
  assert.deepEqual(tested.receive("go").map(({ kind }) => kind), ["ask"]);
  const effects = await tested.reply({ kind: "Responses", responses: [1, 2], done: true });
  assert.deepEqual(effects, [1, 2].map((message) => ({ kind: "tell", to: "notes", message })));
});
