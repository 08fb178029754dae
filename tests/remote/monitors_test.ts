/** Whoever monitors an actor of another node hears of its end exactly once, whatever happens to it, its node or the way. */
import assert from "node:assert/strict";
import type { ActorRef, Signal } from "../../runtime/mod.ts";
import type { RemoteNode } from "../../runtime/remote/mod.ts";
import { until } from "../transport/letters.ts";
import { counter, type CounterMessage, counterMessages, nodes, puppet, QUICK, type TestNode } from "./nodes.ts";

const offers = (remote: RemoteNode, system: TestNode["system"]) =>
  remote.offer("sum", system.start("sum", counter(), undefined), counterMessages);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Long enough for a second one to come. */
const AFTERWARDS = QUICK.silenceMs + QUICK.findMs + 500;

function downs(signals: readonly unknown[]): readonly Extract<Signal, { readonly kind: "down" }>[] {
  return (signals as Signal[]).filter((signal) => signal.kind === "down");
}

const kinds = (signals: readonly unknown[]) => downs(signals).map(({ reason }) => reason.kind);

/** One that watches "sum" from node a, once node a has heard of it. */
async function watching(a: TestNode, more: number = 1) {
  const watcher = puppet(a.system, `watcher-${a.system.actors().length}`);
  const far = a.remote.find("sum", counterMessages);
  for (let n = 0; n < more; n++) await watcher.does((context) => context.monitor(far));
  return watcher;
}

const confirmed = (a: TestNode, count = 1) =>
  until(() => {
    const { watching, unconfirmed } = a.remote.counters;
    return watching === count && unconfirmed === 0;
  }, "the monitors stand");

Deno.test("A monitor of an actor of another node hears how it ended, once", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const b = await node("b", offers);
    const watcher = await watching(a, 2);
    await confirmed(a, 2);
    b.system.inject(() => b.system.crash(b.system.find("/sum")!, new RangeError("too much")));
    await until(() => downs(watcher.signals).length === 2, "both are told");
    await pause(AFTERWARDS);
    const [first, second] = downs(watcher.signals);
    assert.equal(downs(watcher.signals).length, 2);
    assert.notEqual(first.monitor, second.monitor);
    assert.equal(first.path, "?/sum");
    assert.ok(first.reason.kind === "error");
    assert.equal(first.reason.error.message, "RangeError: too much");
    assert.equal(a.remote.counters.watching, 0);
  }));

Deno.test("A monitor of an actor whose node falls silent hears node-lost, once, also when the node comes back", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const b = await node("b", offers);
    const watcher = await watching(a);
    await confirmed(a);
    b.vanish();
    await until(() => downs(watcher.signals).length === 1, "it is told");
    b.comeBack();
    await until(() => a.remote.alive.includes("b"), "the node is back");
    b.system.inject(() => (b.system.find("/sum") as ActorRef<CounterMessage>).tell({ kind: "Stop" }));
    await pause(AFTERWARDS);
    assert.deepEqual(downs(watcher.signals).map(({ reason }) => reason), [{ kind: "node-lost", node: "b" }]);
    // Its letter about the actor's end finds no monitor.
    const again = await watching(a);
    await until(() => downs(again.signals).length === 1, "a new one is told");
    assert.deepEqual(kinds(again.signals), ["unreachable"]);
  }));

Deno.test("A monitor of an actor whom nobody knows hears unreachable, once, and one of an actor that has ended noproc", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const watcher = puppet(a.system);
    const far = a.remote.find("nobody", counterMessages);
    await watcher.does((context) => context.monitor(far));
    await until(() => downs(watcher.signals).length === 1, "it is told");
    await node("b", offers);
    await until(() => a.remote.alive.includes("b"), "the node is known");
    const other = puppet(a.system, "other");
    await other.does((context) => context.monitor(a.remote.at("b", "gone", counterMessages)));
    await until(() => downs(other.signals).length === 1, "it is told");
    await pause(AFTERWARDS);
    assert.deepEqual([kinds(watcher.signals), kinds(other.signals)], [["unreachable"], ["noproc"]]);
  }));

Deno.test("A monitor of an actor whose node begins anew hears node-lost, once, and not of the actor's next life", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const b = await node("b", offers);
    const watcher = await watching(a);
    await confirmed(a);
    await b.end();
    await until(() => downs(watcher.signals).length === 1, "it is told");
    const next = await node("b", offers);
    const second = await watching(a);
    await confirmed(a);
    next.system.inject(() => (next.system.find("/sum") as ActorRef<CounterMessage>).tell({ kind: "Stop" }));
    await until(() => downs(second.signals).length === 1, "the second is told");
    await pause(AFTERWARDS);
    // A node that is closed stops its actors, or goes before it could say so.
    assert.equal(kinds(watcher.signals).length, 1);
    assert.ok(["node-lost", "shutdown"].includes(kinds(watcher.signals)[0]), kinds(watcher.signals).join());
    assert.deepEqual(kinds(second.signals), ["normal"]);
  }));

Deno.test("No down follows demonitor or the end of the one who watches, and the other node forgets the monitor", () =>
  nodes(async ({ node }) => {
    const a = await node("a");
    const b = await node("b", offers);
    const watcher = puppet(a.system);
    const far = a.remote.find("sum", counterMessages);
    const monitor = await watcher.does((context) => context.monitor(far));
    const other = await watching(a);
    await confirmed(a, 2);
    await watcher.does((context) => context.demonitor(monitor));
    await a.system.stop(other.ref);
    await until(() => a.remote.counters.watching === 0, "nobody watches");
    await pause(100);
    b.system.inject(() => (b.system.find("/sum") as ActorRef<CounterMessage>).tell({ kind: "Stop" }));
    await pause(AFTERWARDS);
    assert.deepEqual([kinds(watcher.signals), kinds(other.signals)], [[], []]);
    assert.equal(a.remote.counters.lateDowns, 0);
  }));
