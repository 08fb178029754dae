/**
 * The whole trading tree under an adversary: market, organisms, guardian, native gate and log, exchange, drop copy,
 * portfolio, mode keeper and their supervisors, put together by the code that `start` uses.
 *
 * Where messages may be lost. Inside a node a message is lost only where SEMANTICS.md says so, so the ways between
 * organism, guardian, exchange and drop copy are left alone: what can go wrong there is that an actor crashes, hangs,
 * fails in a handler or is late. Public market data and the traffic of the other participants stand for what comes over
 * a network from outside; they are lost, doubled, delayed and so reordered.
 */
import { verifyAudit } from "../../../ffi/mod.ts";
import { MICROS_PER_MS } from "../../../runtime/mod.ts";
import type { Scenario } from "../../../runtime/testkit/simulation.ts";
import { ACTS, emptyDisk, resume } from "./acts.ts";
import type { Flaw } from "./flaws.ts";
import { CONVALESCENCE, organismsKnow, tradingResumed, treeStands } from "./recovery.ts";
import { readLedger, verdict } from "./verdict.ts";
import { exchangeIsRight, Watch } from "./watch.ts";
import { openTrading, type Trading } from "./world.ts";

const FROM_OUTSIDE: ReadonlySet<string> = new Set(["MarketData", "FlowBatch", "FlowReports"]);

interface Played extends Trading {
  readonly watch: Watch;
  root: string;
  hashes: readonly string[];
  tally: Record<string, number>;
}

/** With a flaw: a node in which something is broken. */
export function tradingScenario(flaw: Flaw | null = null): Scenario<Played> {
  return {
    name: "trading",
    rates: {
      drop: 0.01,
      duplicate: 0.01,
      delay: 0.02,
      maxDelay: 30 * MICROS_PER_MS,
      crash: 0.001,
      slow: 0.003,
      jump: 0.002,
      maxJump: 150 * MICROS_PER_MS,
    },
    until: 1300 * MICROS_PER_MS,
    calm: 1100 * MICROS_PER_MS,
    acts: ACTS,
    tampers: (_receiver, message) => FROM_OUTSIDE.has((message as { readonly kind?: string }).kind ?? ""),
    crashes: (path) => path !== "/node",
    build(stage) {
      const world = openTrading(stage, flaw?.damage ?? ((ground) => ground));
      world.witness.watching = true;
      return { ...world, watch: new Watch(), root: "", hashes: [], tally: {} };
    },
    sees: ({ witness }, receiver, message) => witness.sees(receiver, message),
    always: (world) => world.watch.look(world),
    calmed(world, system) {
      for (const path of world.suspended) resume(world, path);
      world.calmFrom = system.clock.now();
    },
    async finally(world, system) {
      // What a desk refuses comes back a moment later.
      await system.run({ until: system.clock.now() + 5 * MICROS_PER_MS });
      const { node, audit, gate, exchange, witness } = world;
      // What was the matter may have ended a moment ago: SafeMode outlives it by its recovery.
      const { mode } = node.parts;
      if (mode.mode === "SafeMode" && mode.concerns().length === 0) {
        await system.run({ until: system.clock.now() + CONVALESCENCE });
      }
      const standing = treeStands(world) ?? organismsKnow(world);
      if (standing !== null) return standing;
      world.drainFrom = audit.head().records;
      await node.drain();
      emptyDisk(world);
      const ledger = readLedger(world);
      world.tally = {
        orders: witness.submitted.size,
        accepted: ledger.orders.size,
        ...witness.counts,
        trades: ledger.trades,
        records: ledger.records,
        "intents lost": witness.lost.SubmitOrder + witness.lost.AmendOrder + witness.lost.CancelOrder,
        "gave up": world.gaveUp.size,
        "log failed": audit.failed ? 1 : 0,
        "mode changes": ledger.modes,
      };
      world.hashes = [gate.stateHash(), exchange.stateHash()];
      const broken = exchangeIsRight(world) ?? verdict(world, ledger) ?? tradingResumed(world, ledger);
      await node.stop();
      return broken;
    },
    stopped(world) {
      const { audit, log } = world;
      const failed = audit.failed;
      const { root, records } = audit.head();
      world.root = root;
      if (!failed) audit.close();
      flaw?.afterwards?.(log);
      const found = verifyAudit(log);
      if (found.ok && found.root === root && found.records === records) return null;
      return failed ? null : `the log does not verify: ${JSON.stringify(found)}`;
    },
    hash: ({ root, hashes }, system) => JSON.stringify([root, ...hashes, system.counters()]),
    tally: ({ tally }) => tally,
    close: (world) => world.close(),
  };
}
