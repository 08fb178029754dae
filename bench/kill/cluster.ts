/**
 * A kill on node A until the gate of node B is shut: two guards with connections and control pages of their own in one
 * process, so that what is measured is the brokers' way and ours, not the start of anything.
 */
import { FIRM_SCOPE, ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { ClusterGuard, ROUTE_BREAKER } from "../../actors/cluster/mod.ts";
import { openBroker } from "../../runtime/transport/open.ts";
import { LATE, MemoryServer, openMemory, type Route, within } from "../../runtime/transport/mod.ts";
import { createBreaker } from "../../supervision/mod.ts";
import { type BehindProxy, startBehindProxy } from "../../tests/services/behind_proxy.ts";

const SECRET = [new Uint8Array(32).fill(1)];
/** Long enough that a sign of life and a kill seldom meet. */
const PAUSE_MS = 20;
const PATIENCE_MS = 60_000;

type Kind = "memory" | "redis" | "nats" | "kafka";

/** Nanoseconds of each kill. `cut`: this broker is a black hole for B. */
export async function clusterKill(kinds: readonly Kind[], kills: number, cut: Kind | null): Promise<readonly number[]> {
  const memory = new MemoryServer();
  const behind = new Map<Kind, BehindProxy>();
  const guards: ClusterGuard[] = [];
  using pageB = ControlPage.memory();
  using pageA = ControlPage.memory();
  pageB.setName(FIRM_SCOPE, "firm");
  pageA.setName(FIRM_SCOPE, "firm");
  let shut = newMoment();
  try {
    for (const kind of kinds) if (kind !== "memory") behind.set(kind, await startBehindProxy(kind));
    const routes = (node: string) =>
      Promise.all(kinds.map(async (kind): Promise<Route> => {
        const options = { node, partitions: 1, retryMs: 2_000 };
        const through = behind.get(kind);
        // Kafka sends everybody to where it is advertised.
        const port = node === "a" && kind !== "kafka" ? through?.service.port : through?.proxy.port;
        return {
          name: kind,
          broker: kind === "memory"
            ? await openMemory(memory, options)
            : await openBroker({ kind, host: "127.0.0.1", port: port! }, options),
          breaker: createBreaker(ROUTE_BREAKER, () => 0.5),
        };
      }));
    const guard = async (node: string, page: ControlPage) => {
      const one = new ClusterGuard({
        ...{ node, process: "bench", secret: SECRET, routes: await routes(node), nodes: [] },
        page: {
          tighten(_scope, state, reason, actor) {
            const { gateSequence } = page.tighten(FIRM_SCOPE, state, reason, actor, 1);
            if (node === "b") shut.resolve(performance.now());
            return { state: page.scope(FIRM_SCOPE), gateSequence };
          },
        },
        ...{ beatMs: 200, silenceMs: 600_000, silenceState: ScopeState.CancelOnly, hear: "anything", ackMs: 100 },
        now: () => performance.now(),
        wallMillis: () => 1,
        after: (ms, task) => void setTimeout(task, ms),
        obeyed: { read: () => null, write: () => {} },
        ...{ record: () => {}, concern: () => {}, out: () => {}, err: () => {} },
      });
      guards.push(one);
      return one;
    };
    const a = await guard("a", pageA);
    await guard("b", pageB);
    for (const end = performance.now() + PATIENCE_MS; a.present.length < 2;) {
      if (performance.now() > end) throw new Error("the nodes do not hear each other");
      await pause(PAUSE_MS);
    }
    if (cut !== null) behind.get(cut)!.proxy.partition();
    const samples: number[] = [];
    for (let n = -Math.ceil(kills / 10); n < kills; n++) {
      pageB.request(FIRM_SCOPE, ScopeState.Active, "bench", "bench", 1);
      shut = newMoment();
      const before = performance.now();
      const spreading = a.spread("firm", ScopeState.Killed, "bench", "bench");
      const at = await within(shut.promise, PATIENCE_MS);
      if (at === LATE) throw new Error(`a kill did not come within ${PATIENCE_MS} ms`);
      if (n >= 0) samples.push((at - before) * 1e6);
      await spreading;
      await pause(PAUSE_MS);
    }
    return samples;
  } finally {
    for (const { proxy } of behind.values()) proxy.heal();
    await Promise.all(guards.map((one) => one.close()));
    for (const one of behind.values()) await one[Symbol.asyncDispose]();
  }
}

const newMoment = () => Promise.withResolvers<number>();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
