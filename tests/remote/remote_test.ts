/** Actors of several nodes telling and asking each other. */
import assert from "node:assert/strict";
import { z } from "zod";
import { type ActorRef, type AskResult, MICROS_PER_MS, MICROS_PER_SECOND, type Remote } from "../../runtime/mod.ts";
import {
  BorderError,
  defineMessage,
  heldLetters,
  readTrace,
  refTo,
  type RemoteNode,
} from "../../runtime/remote/mod.ts";
import { decodeFrame, openMemory } from "../../runtime/transport/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { until } from "../transport/letters.ts";
import { count, counter, type CounterMessage, counterMessages, inside, nodes, puppet, type TestNode } from "./nodes.ts";

const SOON = 10 * MICROS_PER_SECOND;

const sum = (replyTo: Remote<number>): CounterMessage => ({ kind: "Sum", replyTo });

const asks = (node: TestNode, target: Remote<CounterMessage>, timeout = SOON): Promise<AskResult<number>> =>
  node.system.ask<CounterMessage, number>(target, sum, timeout);

const failure = (answer: AskResult<unknown>) => answer.ok ? null : answer.failure;

function balanced({ remote, name }: TestNode): void {
  assert.equal(remote.counters.unexplained, 0, `${name}: ${JSON.stringify(remote.counters)}`);
}

Deno.test("A ref of this node serves as one to anywhere, and never the other way round", () => {
  const local = null as unknown as ActorRef<CounterMessage>;
  const far = null as unknown as Remote<CounterMessage>;
  const widened: Remote<CounterMessage> = local;
  // @ts-expect-error what is far cannot be relied on like what is near
  const narrowed: ActorRef<CounterMessage> = far;
  // @ts-expect-error it takes no other messages
  const other: Remote<string> = far;
  assert.deepEqual([widened, narrowed, other], [null, null, null]);
});

Deno.test("What is told to an actor of another node is handled there, in order, and answers come back", () =>
  nodes(async ({ node }) => {
    const seen: number[] = [];
    const a = await node("a");
    await node(
      "b",
      (remote, system) => remote.offer("sum", system.start("sum", counter(seen), undefined), counterMessages),
    );
    const far = a.remote.find("sum", counterMessages);
    const { does } = puppet(a.system);
    await does(() => {
      for (let n = 1; n <= 500; n++) assert.equal(far.tell({ kind: "Add", n }), "enqueued");
    });
    const answer = await does((context) => context.ask(far, sum, SOON));
    assert.deepEqual(answer, { ok: true, value: 125_250 });
    assert.deepEqual(seen, Array.from({ length: 500 }, (_, i) => i + 1));
    assert.deepEqual(await asks(a, a.remote.at("b", "sum", counterMessages)), { ok: true, value: 125_250 });
    balanced(a);
  }));

Deno.test("An ask of one whom no node knows is unreachable, and so is one that a node has lost", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    assert.equal(failure(await asks(a, a.remote.find("nobody", counterMessages))), "unreachable");
    const b = await node("b", (remote, system) => {
      remote.offer("sum", system.start("sum", counter(), undefined), counterMessages);
    });
    const far = a.remote.find("sum", counterMessages);
    assert.equal((await asks(a, far)).ok, true);
    b.vanish();
    // While the silence is not long enough, the deadline decides; afterwards it is known.
    assert.equal(failure(await asks(a, far, 50 * MICROS_PER_MS)), "timeout");
    const waiting = asks(a, far);
    assert.equal(failure(await waiting), "unreachable");
    assert.equal(failure(await asks(a, far)), "unreachable");
    b.comeBack();
    await until(async () => (await asks(a, far, 200 * MICROS_PER_MS)).ok, "it answers again");
    balanced(a);
  }));

Deno.test("An ask that cannot leave because there is no broker is unreachable at its deadline, and gone when it is back", () =>
  nodes(async ({ node, server }) => {
    const seen: number[] = [];
    const a = await node("a", undefined, { silenceMs: 20_000 });
    const b = await node("b", (remote, system) => {
      remote.offer("sum", system.start("sum", counter(seen), undefined), counterMessages);
    });
    const far = a.remote.find("sum", counterMessages);
    assert.equal((await asks(a, far)).ok, true);
    server.stop();
    a.system.inject(() => void far.tell({ kind: "Add", n: 7 }));
    assert.equal(failure(await asks(a, far, 100 * MICROS_PER_MS)), "unreachable");
    // Longer than the broker itself tries.
    await new Promise((resolve) => setTimeout(resolve, 800));
    server.start();
    await until(() => seen.length === 1, "what was told comes through");
    assert.deepEqual(await asks(a, far), { ok: true, value: 7 });
    await until(() => a.remote.counters.post.waiting === 0, "nothing waits");
    const { post: { expired }, lateAnswers } = a.remote.counters;
    assert.equal(expired + lateAnswers, 1, "it was not asked, or its answer came too late");
    [a, b].forEach(balanced);
  }));

Deno.test("An ask of an actor that has ended, or that its node does not have, is dead", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const b = await node("b", (remote, system) => {
      remote.offer("sum", system.start("sum", counter(), undefined), counterMessages);
    });
    const far = a.remote.at("b", "sum", counterMessages);
    assert.equal((await asks(a, far)).ok, true);
    assert.equal(failure(await asks(a, a.remote.at("b", "other", counterMessages))), "dead");
    await b.system.stop(b.system.find("/sum")!);
    assert.equal(failure(await asks(a, far)), "dead");
    [a, b].forEach(balanced);
  }));

Deno.test("An ask of an actor whose mailbox is full is overloaded, and what was told waits with the broker", () =>
  nodes(async ({ node }) => {
    const seen: number[] = [];
    const a = await node("a");
    const b = await node("b", (remote, system) => {
      const small = counter(seen, { mailbox: { capacity: 1 } });
      remote.offer("sum", system.start("sum", small, undefined), counterMessages);
    });
    const far = a.remote.find("sum", counterMessages);
    assert.equal((await asks(a, far)).ok, true);
    b.system.inject(() => {
      b.system.debug.suspend("/sum", "test");
      (b.system.find("/sum") as ActorRef<CounterMessage>).tell({ kind: "Add", n: 1 });
    });
    assert.equal(failure(await asks(a, far)), "overloaded");
    a.system.inject(() => void far.tell({ kind: "Add", n: 2 }));
    await until(() => (b.remote.counters.intake?.underWay ?? 0) === 1, "the letter is under way");
    assert.deepEqual(seen, []);
    b.system.inject(() => b.system.debug.resume("/sum", "test"));
    await until(() => seen.length === 2, "both are handled");
    assert.equal((await heldLetters(b.broker)).length, 0);
    [a, b].forEach(balanced);
  }));

const relayMessages = defineMessage({
  id: "relay",
  version: 1,
  schema: z.strictObject({
    hops: z.array(z.string()),
    replyTo: refTo(defineMessage({ id: "told", version: 1, schema: z.string() })),
  }),
});
type RelayMessage = z.infer<typeof relayMessages.schema>;

/** Passes a question on along its hops, and answers with how that ended. */
function relay(remote: RemoteNode, system: TestNode["system"], name: string): void {
  const ref = system.start<RelayMessage, void>(name, {
    type: "relay",
    init: (context) => ({
      async receive({ hops: [next, ...hops], replyTo }) {
        if (next === undefined) return void replyTo.tell("reached");
        const answer = await context.ask<RelayMessage, string>(
          remote.find(next, relayMessages),
          (replyTo) => ({ hops, replyTo }),
          SOON,
        );
        replyTo.tell(answer.ok ? answer.value : `${answer.failure} ${(answer.path ?? []).join(" → ")}`);
      },
    }),
  }, undefined);
  remote.offer(name, ref, relayMessages);
}

Deno.test("An ask that closes a circle over nodes fails at once with the path", () =>
  nodes(async ({ node }) => {
    const a = await node("a", (remote, system) => relay(remote, system, "one"));
    await node("b", (remote, system) => relay(remote, system, "two"));
    await node("c", (remote, system) => relay(remote, system, "three"));
    const asked = (hops: string[]) =>
      a.system.ask<RelayMessage, string>(a.remote.find("one", relayMessages), (replyTo) => ({ hops, replyTo }), SOON);
    assert.deepEqual(await asked(["two", "three"]), { ok: true, value: "reached" });
    assert.deepEqual(await asked(["two", "three", "one"]), {
      ok: true,
      value: "cycle a/one → b/two → c/three → a/one",
    });
  }));

Deno.test("An answer that comes too late vanishes and is counted", () =>
  nodes(async ({ node }) => {
    const kept: Remote<number>[] = [];
    const a = await node("a");
    const b = await node("b", (remote, system) => {
      const slow = counter([], {
        init: () => ({ receive: (message) => void (message.kind === "Sum" && kept.push(message.replyTo)) }),
      });
      remote.offer("sum", system.start("sum", slow, undefined), counterMessages);
    });
    assert.equal(failure(await asks(a, a.remote.find("sum", counterMessages), 300 * MICROS_PER_MS)), "timeout");
    assert.equal(kept.length, 1);
    b.system.inject(() => void kept[0].tell(5));
    await until(() => a.remote.counters.lateAnswers === 1, "it is counted");
    [a, b].forEach(balanced);
  }));

Deno.test("A question that is over when its turn comes at another node is not handled there", () =>
  nodes(async ({ node }) => {
    const seen: number[] = [];
    const a = await node("a");
    const b = await node("b", (remote, system) => {
      remote.offer("sum", system.start("sum", counter(seen), undefined), counterMessages);
    });
    const far = a.remote.find("sum", counterMessages);
    assert.equal((await asks(a, far)).ok, true);
    const handled = b.system.debug.statistics("/sum").handled;
    b.system.inject(() => b.system.debug.suspend("/sum", "test"));
    assert.equal(failure(await asks(a, far, 200 * MICROS_PER_MS)), "timeout");
    await new Promise((resolve) => setTimeout(resolve, 300));
    b.system.inject(() => b.system.debug.resume("/sum", "test"));
    await until(() => b.system.debug.statistics("/sum").expired === 1, "it expires");
    assert.equal(b.system.debug.statistics("/sum").handled, handled);
  }));

Deno.test("A message that its schema does not describe is an error where it is sent", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const far = a.remote.find("sum", counterMessages);
    const { does } = puppet(a.system);
    await does((context) => {
      assert.throws(() => far.tell({ kind: "Add", n: 0.5 }), BorderError);
      assert.throws(() => void context.ask(far, () => ({ kind: "Other" } as never), SOON), BorderError);
    });
    assert.equal(a.remote.counters.post.departed, 0);
  }));

Deno.test("What is told to a name that a node does not have is a dead letter there, and other messages are refused", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const b = await node("b", (remote, system) => {
      remote.offer("sum", system.start("sum", counter(), undefined), counterMessages);
    }, { messages: [count] });
    a.system.inject(() => {
      a.remote.at("b", "nobody", counterMessages).tell({ kind: "Stop" });
      a.remote.at("b", "sum", count).tell(3);
    });
    await until(() => b.remote.counters.intake?.deadLettered === 2, "both are put aside");
    assert.deepEqual((await heldLetters(b.broker)).map(({ held: { code } }) => code).sort(), [
      "MESSAGE_UNEXPECTED",
      "NAME_UNKNOWN",
    ]);
  }));

Deno.test("What a node was told while it was away it handles when it is back, in its next life as well", () =>
  nodes(async ({ node }) => {
    const seen: number[] = [];
    const offer = (remote: RemoteNode, system: TestNode["system"]) =>
      remote.offer("sum", system.start("sum", counter(seen), undefined), counterMessages);
    const a = await node("a");
    const b = await node("b", offer);
    const far = a.remote.find("sum", counterMessages);
    a.system.inject(() => void far.tell({ kind: "Add", n: 1 }));
    await until(() => seen.length === 1, "the first is handled");
    await b.end();
    await until(() => !a.remote.alive.includes("b"), "its leaving is known at once", 1_000);
    a.system.inject(() => void far.tell({ kind: "Add", n: 2 }));
    await until(() => a.remote.counters.post.published === 2, "it waits with the broker");
    await node("b", offer);
    await until(() => seen.length === 2, "it comes");
    assert.deepEqual(seen, [1, 2]);
  }));

Deno.test("A message that crashes its actor at another node is tried again and then a dead letter", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    let lives = 0;
    const b = await node("b", (remote, system) => {
      const frail = counter([], {
        init: () => {
          lives++;
          return {
            receive: () => {
              throw new Error("no");
            },
          };
        },
      });
      const children = [worker("sum", frail, undefined)];
      supervise(system, "keeper", { id: "keeper", strategy: "one_for_one", intensity: 9, periodMs: 1_000, children });
      remote.offer("sum", system.find("/keeper/sum") as ActorRef<CounterMessage>, counterMessages);
    });
    a.system.inject(() => void a.remote.find("sum", counterMessages).tell({ kind: "Stop" }));
    await until(() => b.remote.counters.intake?.deadLettered === 1, "it is put aside");
    const [{ held: { code, attempts } }] = await heldLetters(b.broker);
    assert.deepEqual([code, attempts, lives], ["HANDLER_FAILED", 3, 4]);
  }));

Deno.test("A ref that is sent to another node is one to its actor from there", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const b = await node("b", (remote, system) => {
      remote.offer("sum", system.start("sum", counter([4, 5]), undefined), counterMessages);
    });
    const far = a.remote.find("sum", counterMessages);
    const got: number[] = [];
    const own = await new Promise<ActorRef<number>>((resolve) =>
      a.system.inject(() =>
        resolve(a.system.start<number, void>("own", {
          type: "own",
          init: () => ({ receive: (n) => void got.push(n) }),
        }, undefined))
      )
    );
    a.system.inject(() => void far.tell({ kind: "Sum", replyTo: own }));
    await until(() => got.length === 1, "the answer comes to the actor");
    assert.deepEqual(got, [9]);
    [a, b].forEach(balanced);
  }));

Deno.test("A node that can speak no more says so to its owner and to whoever speaks", () =>
  nodes(async ({ node }) => {
    const failures: unknown[] = [];
    const a = await node("a", undefined, { failed: (error) => void failures.push(error) });
    a.system.inject(() => a.system.crash(a.system.find("/remote-out-a")!, new Error("broken")));
    await until(() => failures.length === 1, "it is told");
    assert.match(String(failures[0]), /\/remote-out-a, through which node a speaks, has failed: Error: broken/);
    const far = a.remote.find("sum", counterMessages);
    assert.equal(await inside(a.system, () => far.tell({ kind: "Stop" })), "dead");
    assert.equal(failure(await asks(a, far)), "dead");
  }));

Deno.test("A trace goes on through the actors of a node to the next one", () =>
  nodes(async ({ node, server }) => {
    const seen: number[] = [];
    const a = await node("a");
    await node("b", (remote, system) => {
      const far = remote.find("sum", counterMessages);
      const last = system.start<CounterMessage, void>("last", {
        type: "last",
        init: () => ({ receive: (message) => void far.tell(message) }),
      }, undefined);
      const first = system.start<CounterMessage, void>("first", {
        type: "first",
        init: () => ({ receive: (message) => void last.tell(message) }),
      }, undefined);
      remote.offer("relay", first, counterMessages);
    });
    await node("c", (remote, system) => {
      remote.offer("sum", system.start("sum", counter(seen), undefined), counterMessages);
    });
    a.system.inject(() => {
      for (const n of [1, 2]) a.remote.find("relay", counterMessages).tell({ kind: "Add", n });
    });
    await until(() => seen.length === 2, "both have come");
    const traces = (topic: string) =>
      server.topics.get(topic)!.flatMap(({ records }) => records.map(({ frame }) => decodeFrame(frame!).letter))
        .filter(({ envelope: { schema } }) => schema?.id === "counter")
        .map(({ headers }) => readTrace(headers?.traceparent)!);
    const [before, after] = [traces("node-b"), traces("node-c")];
    assert.deepEqual(after.map(({ trace }) => trace), before.map(({ trace }) => trace));
    assert.equal(new Set(before.map(({ trace }) => trace)).size, 2);
    assert.equal(new Set([...before, ...after].map(({ span }) => span)).size, 4);
  }));

Deno.test("Two live processes of one name are refused, and one that was overtaken says nothing any more", () =>
  nodes(async ({ node, server }) => {
    let fenced = 0;
    const seen: number[] = [];
    const first = await node("a", undefined, { fenced: () => fenced++ });
    const other = await openMemory(server, { node: "a-again" });
    await assert.rejects(node("a", undefined, { broker: other, leaseMs: 300 }), { code: "NODE_TAKEN" });
    const c = await node("c", (remote, system) => {
      remote.offer("sum", system.start("sum", counter(seen), undefined), counterMessages);
    });
    const tells = ({ system, remote }: TestNode, n: number) =>
      system.inject(() => void remote.at("c", "sum", counterMessages).tell({ kind: "Add", n }));
    tells(first, 1);
    await until(() => seen.length === 1, "the first one speaks");
    first.vanish();
    tells(first, 2);
    const second = await node("a", undefined, { broker: other });
    tells(second, 3);
    await until(() => seen.length === 2, "the second one speaks");
    first.comeBack();
    await until(() => fenced === 1, "the first one hears of it");
    tells(second, 4);
    await until(() => seen.length === 3, "the second one goes on");
    assert.deepEqual(seen, [1, 3, 4]);
    // It did not even try: what it says would be refused as the voice of a life that is over.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(c.remote.counters.intake?.fenced, 0);
    assert.ok(second.remote.epoch > first.remote.epoch);
    await second.end();
    await other.close();
  }));
