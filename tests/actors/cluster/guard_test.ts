/** Nodes that are stopped together, over memory brokers that are stopped and cut off. */
import assert from "node:assert/strict";
import {
  callFromCommand,
  callsOf,
  ClusterGuard,
  DEFAULT_CLUSTER,
  everywhere,
  letterOf,
  ROUTE_BREAKER,
} from "../../../actors/cluster/mod.ts";
import type { GuardOptions, KillCall } from "../../../actors/cluster/mod.ts";
import { BrokerError, MemoryServer, openMemory, type Route } from "../../../runtime/transport/mod.ts";
import { createBreaker } from "../../../supervision/mod.ts";
import { ControlPage } from "../../../ffi/mod.ts";
import { ScopeState } from "../../../ffi/layout.gen.ts";
import { until } from "../../transport/letters.ts";

const SECRET = [new Uint8Array(32).fill(7)];
const FIRM = 0;
const ALPHA = 3;

interface Node {
  readonly guard: ClusterGuard;
  readonly page: ControlPage;
  readonly records: Readonly<Record<string, unknown>>[];
  readonly concerns: Map<string, boolean>;
  readonly file: { text: string | null };
  close(): Promise<void>;
}

interface Scene {
  readonly servers: readonly MemoryServer[];
  readonly routes: (node: string) => Promise<readonly Route[]>;
  readonly join: (node: string, more?: Partial<GuardOptions>) => Promise<Node>;
  readonly command: (said: Partial<KillCall>, nodes: readonly string[], secret?: readonly Uint8Array[]) => ReturnType<
    typeof callFromCommand
  >;
}

let processes = 0;

function test(sentence: string, body: (scene: Scene) => Promise<void>): void {
  Deno.test(`cluster: ${sentence}`, async () => {
    const servers = [new MemoryServer(), new MemoryServer()];
    const joined: Node[] = [];
    const routes = (node: string) =>
      Promise.all(servers.map(async (server, at): Promise<Route> => ({
        name: `memory-${at}`,
        broker: await openMemory(server, { node, partitions: 1, retryMs: 50 }),
        breaker: createBreaker(ROUTE_BREAKER, () => 0.5),
      })));
    const join = async (node: string, more: Partial<GuardOptions> = {}): Promise<Node> => {
      const page = ControlPage.memory();
      page.setName(FIRM, "firm");
      page.setName(ALPHA, "organism:alpha");
      const records: Readonly<Record<string, unknown>>[] = [];
      const concerns = new Map<string, boolean>();
      const file = { text: null as string | null };
      const guard = new ClusterGuard({
        ...{ node, process: `p${++processes}`, secret: SECRET, routes: await routes(node), nodes: [] },
        page: {
          tighten(scope, state, reason, actor) {
            const slot = page.find(scope);
            if (slot === null) return null;
            const { gateSequence } = page.tighten(slot, state, reason, actor, 1);
            return { state: page.scope(slot), gateSequence };
          },
        },
        ...{ beatMs: 50, silenceMs: 60_000, silenceState: ScopeState.CancelOnly, hear: "anything", ackMs: 5_000 },
        now: () => performance.now(),
        wallMillis: () => 1_700_000_000_000,
        after: (ms, task) => void setTimeout(task, ms),
        obeyed: { read: () => file.text, write: (text) => void (file.text = text) },
        record: (event) => void records.push(event),
        concern: (what, subject, active) => void concerns.set(subject === "" ? what : `${what}:${subject}`, active),
        out: () => {},
        err: () => {},
        ...more,
      });
      let closed = false;
      const one: Node = {
        ...{ guard, page, records, concerns, file },
        async close() {
          if (closed) return;
          closed = true;
          await guard.close();
          page.close();
        },
      };
      joined.push(one);
      return one;
    };
    let calls = 0;
    try {
      await body({
        servers,
        routes,
        join,
        command: async (said, nodes, secret = SECRET) => {
          const whole = {
            kind: "kill",
            id: `cli-${++calls}`,
            from: "cli",
            author: "ann",
            scope: "firm",
            state: 3,
          } as const;
          return await callFromCommand({ ...whole, reason: "drill", wall: 1, ...said }, {
            ...{ secret, nodes, withinMs: nodes.length === 0 ? 500 : 5_000, now: () => performance.now() },
            routes: await routes("cli"),
          });
        },
      });
    } finally {
      for (const server of servers) server.start();
      await Promise.all(joined.map((one) => one.close()));
      // Timers of the nodes that were going run out.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
}

/** A node that joins hears of what comes from then on. */
const settled = (...nodes: readonly Node[]) =>
  until(() => nodes.every(({ guard }) => guard.present.length >= nodes.length), "they hear each other");

test("a kill from one node shuts the gates of all, and each says so", async ({ join }) => {
  const [a, b, c] = [await join("a", { nodes: ["b", "c"] }), await join("b"), await join("c")];
  await settled(a, b, c);
  const outcome = await a.guard.spread("firm", 3, "it looks wrong", "ann");
  assert.equal(b.page.scope(FIRM), ScopeState.Killed);
  assert.equal(c.page.scope(FIRM), ScopeState.Killed);
  assert.deepEqual(outcome.acknowledged.map(({ node, outcome }) => [node, outcome]).sort(), [["b", "done"], [
    "c",
    "done",
  ]]);
  assert.deepEqual([outcome.silent, outcome.kept.length, outcome.failed], [[], 2, []]);
  const { actor, reason } = b.page.header();
  assert.equal(`${actor} ${reason}`, "cluster:a:ann it looks wrong");
  assert.ok(b.records.some((one) => one.cluster === "obeyed" && one.author === "ann" && one.from === "a"));
});

test("a kill reaches a node by whichever broker is left, and says which was not", async ({ servers, join }) => {
  const [a, b] = [await join("a", { nodes: ["b"] }), await join("b")];
  await settled(a, b);
  servers[0].stop();
  const outcome = await a.guard.spread("firm", 3, "drill", "ann");
  assert.equal(b.page.scope(FIRM), ScopeState.Killed);
  assert.deepEqual([outcome.kept, outcome.failed.map(({ broker }) => broker)], [["memory-1"], ["memory-0"]]);
  assert.deepEqual(outcome.acknowledged.map(({ node }) => node), ["b"]);
});

test("a node that did not answer in time is named, and obeys when it hears again", async ({ servers, join }) => {
  const [a, b] = [await join("a", { nodes: ["b"], ackMs: 300 }), await join("b")];
  await settled(a, b);
  for (const server of servers) server.sever("b");
  const outcome = await a.guard.spread("firm", 3, "drill", "ann");
  assert.deepEqual([outcome.acknowledged, outcome.silent], [[], ["b"]]);
  assert.equal(b.page.scope(FIRM), ScopeState.Active);
  for (const server of servers) server.mend("b");
  await until(() => b.page.scope(FIRM) === ScopeState.Killed, "it obeys");
});

test("the copy of a broker that was cut off does not undo a re-arm, not even after a restart", async (scene) => {
  const { servers, join } = scene;
  const [a, b] = [await join("a"), await join("b")];
  await settled(a, b);
  servers[1].sever("b");
  await a.guard.spread("firm", 3, "drill", "ann");
  await until(() => b.page.scope(FIRM) === ScopeState.Killed, "it obeys");
  const { text } = b.file;
  await b.close();
  const heir = await join("b", { obeyed: { read: () => text, write: () => {} } });
  servers[1].mend("b");
  await settled(a, heir);
  // Re-armed by people, and everything of the second broker has been read.
  await a.guard.spread("organism:alpha", 1, "a mark behind it", "ann");
  await until(() => heir.page.scope(ALPHA) === ScopeState.ReduceOnly, "it has read past the copy");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(heir.page.scope(FIRM), ScopeState.Active);
});

test("a stricter word stays, a scope that is nowhere is said to be absent", async ({ join }) => {
  const [a, b] = [await join("a", { nodes: ["b"] }), await join("b")];
  await settled(a, b);
  b.page.tighten(FIRM, ScopeState.Killed, "local", "bob", 1);
  const softer = await a.guard.spread("firm", 1, "volatile", "ann");
  assert.equal(b.page.scope(FIRM), ScopeState.Killed);
  assert.deepEqual(softer.acknowledged.map(({ state }) => state), [ScopeState.Killed]);
  const absent = await a.guard.spread("organism:beta", 3, "drill", "ann");
  assert.deepEqual(absent.acknowledged.map(({ outcome }) => outcome), ["absent"]);
});

test("who has not the secret kills nobody, and opening has no word", async ({ join, command, routes }) => {
  const b = await join("b");
  await settled(b);
  const strange = await command({}, [], [new Uint8Array(32).fill(8)]);
  assert.deepEqual(strange.acknowledged, []);
  const broker = everywhere("liar", await routes("liar"));
  const open = { kind: "kill", id: "x", from: "a", author: "ann", scope: "firm", state: 0, reason: "open", wall: 1 };
  b.page.tighten(FIRM, ScopeState.CancelOnly, "local", "bob", 1);
  await broker.publish(callsOf(DEFAULT_CLUSTER), "kill", letterOf(open as unknown as KillCall, SECRET, "liar", 1));
  await broker.close();
  const noticed = (kind: string) => b.records.some((one) => one.cluster === "stranger" && one.kind === kind);
  await until(() => noticed("strange") && noticed("unreadable"), "both are noticed");
  const said = await command({ scope: "organism:alpha" }, ["b"]);
  assert.equal(said.acknowledged.length, 1, "others are heard as before");
  assert.equal(b.page.scope(FIRM), ScopeState.CancelOnly);
});

test("a command kills without being a node, and hears who has obeyed", async ({ join, command }) => {
  const [a, b] = [await join("a"), await join("b")];
  await settled(a, b);
  const outcome = await command({ scope: "organism:alpha" }, ["a", "b", "c"]);
  assert.deepEqual(outcome.acknowledged.map(({ node }) => node).sort(), ["a", "b"]);
  assert.deepEqual(outcome.silent, ["c"]);
  assert.deepEqual([a, b].map(({ page }) => page.scope(ALPHA)), [ScopeState.Killed, ScopeState.Killed]);
});

test("a node that hears nothing on any broker closes its gate, once, and stays so when it hears again", async (scene) => {
  const { servers, join } = scene;
  const [a, b] = [await join("a"), await join("b", { silenceMs: 400 })];
  await settled(a, b);
  servers[0].sever("b");
  await new Promise((resolve) => setTimeout(resolve, 800));
  assert.equal(b.page.scope(FIRM), ScopeState.Active, "one broker is enough");
  assert.equal(b.concerns.get("broker:memory-0"), true);
  servers[1].sever("b");
  await until(() => b.page.scope(FIRM) === ScopeState.CancelOnly, "its gate is shut");
  assert.match(b.page.header().reason, /dead-man: heard nothing on any broker/);
  assert.equal(b.concerns.get("silence"), true);
  for (const server of servers) server.mend("b");
  await until(() => b.concerns.get("silence") === false && b.concerns.get("broker:memory-0") === false, "it hears");
  assert.equal(b.page.scope(FIRM), ScopeState.CancelOnly);
  assert.equal(a.page.scope(FIRM), ScopeState.Active, "the others are none the worse");
  assert.equal(b.records.filter((one) => one.cluster === "cut-off").length, 1);
});

test("a node that is to hear another does not count its own voice", async ({ join }) => {
  const alone = await join("a", { silenceMs: 400, hear: "another", silenceState: ScopeState.Killed });
  await until(() => alone.page.scope(FIRM) === ScopeState.Killed, "its gate is shut");
  assert.match(alone.page.header().reason, /no other node/);
  const echoed = await join("b", { silenceMs: 400 });
  await new Promise((resolve) => setTimeout(resolve, 900));
  assert.equal(echoed.page.scope(FIRM), ScopeState.Active);
});

test("a node that would not hear a kill does not say that it lives", async ({ join, routes }) => {
  const a = await join("a");
  const deaf = (await routes("b")).map((route) => ({
    ...route,
    broker: new Proxy(route.broker, {
      get(of, name) {
        if (name === "subscribe") {
          return (...args: Parameters<typeof of.subscribe>) =>
            args[1] === callsOf(DEFAULT_CLUSTER)
              ? Promise.reject(new BrokerError("BROKER_UNREACHABLE", "deaf"))
              : of.subscribe(...args);
        }
        const value = Reflect.get(of, name, of);
        return typeof value === "function" ? value.bind(of) : value;
      },
    }),
  }));
  const b = await join("b", { routes: deaf, silenceMs: 600 });
  await until(() => b.page.scope(FIRM) === ScopeState.CancelOnly, "it stops itself");
  assert.deepEqual([a.guard.present, b.guard.present.includes("b")], [["a"], false]);
});
