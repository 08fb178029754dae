/** What the gate latched opens with the re-arm of the scope, and with nothing else. */
import assert from "node:assert/strict";
import { Code, FIRM_SCOPE, ScopeState } from "../../../ffi/layout.gen.ts";
import type { Config } from "../../../config/mod.ts";
import { type Composed, composed } from "./composed.ts";

const ANGLERFISH = 1;

/** Refusals with `code` between two moments, in seconds. */
async function refusals({ gate, until }: Composed, code: number, end: number): Promise<number> {
  const before = gate.counters().rejected[code] ?? 0;
  await until(end);
  return (gate.counters().rejected[code] ?? 0) - before;
}

/** Stops a scope and arms it again, as `rearm` does on the page, and lets the node notice. */
async function rearm({ control, until }: Composed, scope: number, end: number): Promise<void> {
  control.request(scope, ScopeState.ReduceOnly, "latched", "test", 1);
  await until(end - 1);
  control.request(scope, ScopeState.Active, "looked at", "test", 2);
  await until(end);
}

/** Lots of the anglerfish in its instrument, bought and sold. */
function traded({ gate }: Composed): number {
  const { bought, sold } = gate.exposure(ANGLERFISH, 0);
  return bought + sold;
}

const latchesOf = ({ node }: Composed) => node.parts.books.refusals.latches.map(({ code }) => code);

Deno.test("a strategy that traded too often stays latched until its scope is armed again", () =>
  composed(async (it) => {
    await it.until(60);
    assert.ok(await refusals(it, Code.ExecutionThrottle, 120) > 0, "it is latched");
    assert.deepEqual(latchesOf(it), [Code.ExecutionThrottle]);
    // Another scope opens nothing of its own.
    await rearm(it, ANGLERFISH + 1, 130);
    assert.ok(await refusals(it, Code.ExecutionThrottle, 190) > 0, "it is latched still");
    const before = traded(it);
    await rearm(it, ANGLERFISH, 200);
    assert.deepEqual(latchesOf(it), []);
    await it.until(260);
    assert.ok(traded(it) > before, "it trades again");
  }, {
    change: (config: Config) => ({
      ...config,
      controls: { ...config.controls, throttles: [{ organism: "anglerfish-1", windowMs: 60_000, maxExecutions: 5 }] },
    }),
  }));

Deno.test("an account that ran into its rate too often opens with the firm, and not with an organism of its", () =>
  composed(async (it) => {
    await it.until(60);
    assert.ok(await refusals(it, Code.RateTripped, 120) > 0, "it is latched");
    await rearm(it, ANGLERFISH, 130);
    assert.ok(await refusals(it, Code.RateTripped, 190) > 0, "an organism does not open its account");
    const { accepted } = it.gate.counters();
    await rearm(it, FIRM_SCOPE, 200);
    await it.until(260);
    assert.ok(it.gate.counters().accepted > accepted, "orders pass again");
  }, {
    change: (config: Config) => ({
      ...config,
      controls: {
        ...config.controls,
        paces: [{
          scope: "account:main",
          perSecond: 1,
          burst: 1,
          cancelsPerSecond: 100,
          cancelBurst: 100,
          tripAfter: 1,
        }],
      },
    }),
  }));
