/** From a topic to a handler: in order, checked, nothing lost, and what cannot be handled put aside. */
import assert from "node:assert/strict";
import {
  type Border,
  DEAD_LETTERS,
  type Held,
  heldLetter,
  heldLetters,
  type Incoming,
  Intake,
  type IntakeOptions,
  QUARANTINE,
  Refused,
  replayLetter,
} from "../../runtime/remote/mod.ts";
import { type Broker, encodeFrame } from "../../runtime/transport/mod.ts";
import { until } from "../transport/letters.ts";
import { border, counted, onMemory, placed1, placed2 } from "./messages.ts";

const FAST = { sessionMs: 400, pauseMs: 5 } as const;

const open = (
  here: Border,
  broker: Broker,
  handle: IntakeOptions["handle"],
  more: Partial<IntakeOptions> = {},
): Promise<Intake> => Intake.open({ border: here, broker, group: "g", topic: "t", handle, ...FAST, ...more });

const behind = async (broker: Broker, group = "g", topic = "t") =>
  (await broker.lag(group, topic)).reduce((sum, { behind }) => sum + behind, 0);

const numberIn = (incoming: Incoming) => (incoming.message as { n: number }).n;

function balanced(intake: Intake): void {
  const { taken, lost: _, underWay, ...fates } = intake.counters;
  assert.equal(taken, Object.values(fates).reduce((sum, n) => sum + n) + underWay, JSON.stringify(intake.counters));
}

/** As JSON of the parts that a test compares. */
const told = ({ id, code, attempts, topic, partition, offset }: Held) => ({
  id,
  code,
  attempts,
  topic,
  partition,
  offset,
});

Deno.test("Letters of one key are handled one after the other in their order, those of others beside them", () =>
  onMemory(async (node) => {
    const [a, b] = [await node("a"), await node("b")];
    const here = border("a", counted);
    for (let n = 0; n < 60; n++) await here.send(a, "t", `key-${n % 5}`, counted, { n });
    const seen: number[] = [];
    const busy = new Set<string>();
    let together = 0;
    const intake = await open(border("b", counted), b, async (incoming) => {
      assert.ok(!busy.has(incoming.key), "two of one key at a time");
      busy.add(incoming.key);
      together = Math.max(together, busy.size);
      await new Promise((resolve) => setTimeout(resolve, 1));
      busy.delete(incoming.key);
      seen.push(numberIn(incoming));
    });
    await until(async () => seen.length === 60 && await behind(b) === 0, "all are handled and committed");
    for (let key = 0; key < 5; key++) {
      const of = seen.filter((n) => n % 5 === key);
      assert.deepEqual(of, [...of].sort((x, y) => x - y));
    }
    assert.ok(together > 1);
    balanced(intake);
    await intake.close();
  }));

Deno.test("A letter is committed when its handler is done and not before, and one that was not comes again", () =>
  onMemory(async (node) => {
    const [a, b] = [await node("a"), await node("b")];
    const here = border("a", counted);
    await a.createTopic("t", 1);
    for (let n = 1; n <= 3; n++) await here.send(a, "t", `key-${n}`, counted, { n });
    const gate = Promise.withResolvers<void>();
    const first = await open(
      border("b", counted),
      b,
      (incoming) => numberIn(incoming) === 1 ? gate.promise : undefined,
    );
    await until(() => first.counters.handled === 2, "the two behind it are handled");
    assert.equal(await behind(b), 3, "and not committed: the first is not done with");
    gate.resolve();
    await until(async () => await behind(b) === 0, "all are committed");
    await here.send(a, "t", "key-4", counted, { n: 4 });
    const stuck = Promise.withResolvers<void>();
    await first.close();
    const second = await open(border("b", counted), b, () => stuck.promise);
    await until(() => second.counters.underWay === 1, "it is in a handler's hands");
    // Its node dies with it: nobody closes it, and it is silent.
    const third = await open(border("c", counted), await node("c"), () => {}, { group: "g" });
    await b.close();
    await until(() => third.counters.handled === 1, "it comes to another node");
    stuck.resolve();
    await third.close();
  }));

Deno.test("What a producer sent twice is handled once, and nothing is taken of one that has begun anew since", () =>
  onMemory(async (node) => {
    const [a, b] = [await node("a"), await node("b")];
    const [old, young] = [border("a", counted), border("a", counted)];
    const letters = [1, 2].map((n) => old.write(counted, { n }));
    const next = { ...young.write(counted, { n: 3 }) };
    for (const letter of [...letters, ...letters]) await a.publish("t", "k", letter);
    await a.publish("t", "k", { ...next, envelope: { ...next.envelope, epoch: 2 } });
    await a.publish("t", "k", old.write(counted, { n: 4 }));
    const seen: number[] = [];
    const intake = await open(border("b", counted), b, (incoming) => void seen.push(numberIn(incoming)));
    await until(async () => intake.counters.fenced === 1 && await behind(b) === 0, "all are dealt with");
    assert.deepEqual([seen, intake.counters.duplicates], [[1, 2, 3], 2]);
    balanced(intake);
    await intake.close();
  }));

Deno.test("A letter of an unknown schema or a newer version waits in quarantine with its text, reason and origin", () =>
  onMemory(async (node) => {
    const [a, b] = [await node("a"), await node("b")];
    await a.createTopic("t", 1);
    const newer = border("a", placed2).write(placed2, { order: 7, note: "ä\u{1f600}" });
    await a.publish("t", "k", newer);
    await border("x", counted).send(a, "t", "k", counted, { n: 1 });
    const orders: unknown[] = [];
    const intake = await open(border("b", placed1), b, ({ message }) => void orders.push(message));
    await until(async () => intake.counters.quarantined === 2 && await behind(b) === 0, "both are put aside");
    assert.deepEqual(orders, []);
    const entries = await heldLetters(b);
    assert.deepEqual(entries.map(({ topic, held }) => [topic, told(held)]), [
      [QUARANTINE, { id: "g.t.0.0", code: "VERSION_NEWER", attempts: 0, topic: "t", partition: 0, offset: 0 }],
      [QUARANTINE, { id: "g.t.0.1", code: "SCHEMA_UNKNOWN", attempts: 0, topic: "t", partition: 0, offset: 1 }],
    ]);
    const { held, complete } = await heldLetter(b, "g.t.0.0");
    assert.ok(complete);
    assert.equal(held.frame, encodeFrame({ key: "k", letter: newer }));
    assert.deepEqual([held.node, held.group], ["b", "g"]);
    balanced(intake);
    await intake.close();
  }));

Deno.test("A replayed letter is handled once by the group that put it aside, and by no other", () =>
  onMemory(async (node) => {
    const [a, b, c] = [await node("a"), await node("b"), await node("c")];
    const here = border("a", placed2);
    await here.send(a, "t", "k", placed2, { order: 7, note: "x" });
    const old = await open(border("b", placed1), b, () => {});
    const others: unknown[] = [];
    const other = await open(border("c", placed2), c, ({ message }) => void others.push(message), { group: "other" });
    await until(() => old.counters.quarantined === 1 && others.length === 1, "one has it, one put it aside");
    await old.close();
    // The node was upgraded, and has seen higher numbers of the same sender.
    const orders: unknown[] = [];
    const upgraded = await open(border("b", placed2), b, ({ message }) => void orders.push(message));
    for (let order = 100; order < 400; order++) await here.send(a, "t", "k", placed2, { order, note: "" });
    await until(() => orders.length === 300, "it works again");
    const [{ held: { id } }] = await heldLetters(b);
    assert.equal((await replayLetter(b, id, { node: "b", epoch: 1 })).id, id);
    await replayLetter(b, id, { node: "b", epoch: 1 });
    await until(async () => upgraded.counters.duplicates === 1 && await behind(b) === 0, "both replays came");
    assert.deepEqual(orders.slice(300), [{ order: 7, note: "x" }]);
    await until(() => other.counters.elsewhere === 2, "the others pass them over");
    assert.equal(others.length, 301);
    assert.equal((await heldLetter(b, id)).replays, 2);
    await assert.rejects(replayLetter(b, "g.t.9.9", { node: "b", epoch: 1 }), { code: "LETTER_UNKNOWN" });
    for (const one of [upgraded, other]) {
      balanced(one);
      await one.close();
    }
  }));

Deno.test("A letter whose handler fails is tried again, then is a dead letter, and those behind it go on", () =>
  onMemory(async (node) => {
    const [a, b] = [await node("a"), await node("b")];
    const here = border("a", counted);
    await a.createTopic("t", 1);
    for (let n = 1; n <= 5; n++) await here.send(a, "t", "k", counted, { n });
    const seen: string[] = [];
    const intake = await open(border("b", counted), b, (incoming) => {
      const n = numberIn(incoming);
      seen.push(`${n}/${incoming.attempt}`);
      if (n === 2 && incoming.attempt < 3) throw new Error("not yet");
      if (n === 3) throw new Error("never");
      if (n === 4) throw new Refused("NAME_UNKNOWN", "nobody is there.");
    });
    await until(async () => intake.counters.deadLettered === 2 && await behind(b) === 0, "all are dealt with");
    assert.deepEqual(seen, ["1/1", "2/1", "2/2", "2/3", "3/1", "3/2", "3/3", "4/1", "5/1"]);
    const entries = await heldLetters(b);
    assert.deepEqual(entries.map(({ topic, held: { code, attempts, why } }) => [topic, code, attempts, why]), [
      [DEAD_LETTERS, "HANDLER_FAILED", 3, "it failed 3 times, the last time with Error: never"],
      [DEAD_LETTERS, "NAME_UNKNOWN", 1, "nobody is there."],
    ]);
    balanced(intake);
    await intake.close();
  }));

Deno.test("What is no letter is a dead letter with all of its text, however large and whatever it holds", () =>
  onMemory(async (node, server) => {
    const [a, b] = [await node("a"), await node("b")];
    await a.createTopic("t", 1);
    // Above what a frame of ours may have, and characters of four bytes at every place where it could be cut.
    const huge = `{"${"\u{1f600}".repeat(400_000)}`;
    server.put("t", 0, 'garbage\u0000\n"');
    server.put("t", 0, huge);
    server.put("t", 0, null);
    server.put("t", 0, '[2,"k"]\n');
    const intake = await open(border("b", counted), b, () => assert.fail("nobody handles it"));
    await until(async () => intake.counters.deadLettered === 3 && await behind(b) === 0, "they are put aside");
    assert.equal(intake.counters.quarantined, 1);
    const texts = await Promise.all(
      ["g.t.0.0", "g.t.0.1", "g.t.0.3"].map(async (id) => (await heldLetter(b, id)).held),
    );
    assert.deepEqual(texts.map(({ code }) => code), ["FRAME_BAD", "FRAME_BAD", "FRAME_NEWER"]);
    assert.equal(texts[0].frame, 'garbage\u0000\n"');
    assert.ok(texts[1].frame === huge, "the large one came back as it was");
    await assert.rejects(replayLetter(b, "g.t.0.0", { node: "b", epoch: 1 }), { code: "LETTER_NOT_ONE" });
    await intake.close();
  }));

Deno.test("A letter stays uncommitted until its copy among the dead is kept", () =>
  onMemory(async (node) => {
    const [a, b] = [await node("a"), await node("b")];
    await border("a", placed2).send(a, "t", "k", placed2, { order: 1, note: "" });
    // A broker that takes no copy.
    let refused = 0;
    let full = true;
    const blind = new Proxy(b, {
      get(target, name) {
        if (name === "publishBatch" && full) {
          return () => {
            refused++;
            return Promise.reject(Object.assign(new (class extends Error {})("full"), {}));
          };
        }
        const value = target[name as keyof Broker];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const failures: unknown[] = [];
    const first = await open(border("b", placed1), blind, () => {}, { failed: (error) => void failures.push(error) });
    await until(() => failures.length === 1, "its end is told");
    await first.close();
    assert.equal(refused, 1);
    assert.equal(await behind(b), 1, "the original waits");
    full = false;
    const second = await open(border("b", placed1), blind, () => {});
    await until(async () => await behind(b) === 0, "the copy is kept and the original committed");
    assert.equal((await heldLetters(b)).length, 1);
    await second.close();
  }));

Deno.test("No more letters are in the hands of handlers than the window has room for", () =>
  onMemory(async (node) => {
    const [a, b] = [await node("a"), await node("b")];
    const here = border("a", counted);
    for (let n = 0; n < 50; n++) await here.send(a, "t", `key-${n}`, counted, { n });
    const gate = Promise.withResolvers<void>();
    const intake = await open(border("b", counted), b, () => gate.promise, { window: 8 });
    await until(() => intake.counters.underWay === 8, "the window is full");
    assert.equal(intake.counters.taken, 8);
    gate.resolve();
    await until(async () => intake.counters.handled === 50 && await behind(b) === 0, "all are handled");
    await intake.close();
  }));

Deno.test("A broker that goes away and comes back costs the border nothing", () =>
  onMemory(async (node, server) => {
    const [a, b] = [await node("a", { retryMs: 60_000 }), await node("b", { retryMs: 100 })];
    const here = border("a", placed2);
    const orders: number[] = [];
    const intake = await open(border("b", placed2, counted), b, ({ message }) => {
      orders.push((message as { order: number }).order);
    });
    const sending = (async () => {
      for (let order = 1; order <= 200; order++) {
        await here.send(a, "t", "k", placed2, { order, note: "" });
        if (order % 50 === 0) {
          server.stop();
          setTimeout(() => server.start(), 300);
        }
      }
    })();
    await sending;
    await until(async () => orders.length === 200 && await behind(b) === 0, "all are handled", 40_000);
    assert.deepEqual(orders, Array.from({ length: 200 }, (_, i) => i + 1));
    balanced(intake);
    await intake.close();
  }));
