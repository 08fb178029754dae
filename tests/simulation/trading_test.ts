import assert from "node:assert/strict";
import { explore, replayCommand, runScenario, shrink } from "../../runtime/testkit/simulation.ts";
import { FLAWS } from "./trading/flaws.ts";
import { tradingScenario } from "./trading/scenario.ts";

const SEEDS = 300;

/** Fewest of each kind that 300 runs must have seen; about a third of what is usual. Less, and the run shows too little. */
const LEAST_FAULTS = {
  amendment: 20,
  crash: 150,
  disk: 6,
  drop: 600,
  duplicate: 600,
  hang: 80,
  handler: 250,
  init: 25,
  jump: 60,
  late: 1300,
  rearm: 80,
  scope: 140,
  silence: 25,
  slow: 130,
};
const LEAST_EVENTS = {
  accepted: 17_000,
  fills: 10_000,
  "gave up": 10,
  "intents lost": 14,
  kills: 90,
  "log failed": 5,
  "mode changes": 35,
  orders: 28_000,
  rearms: 80,
  records: 75_000,
  restarts: 600,
  trades: 10_000,
};

Deno.test("the whole trading tree keeps its books in 300 runs under an adversary, and equal seeds come to equal roots", async () => {
  const { seeds, kinds, tally, failures } = await explore(tradingScenario(), { seeds: SEEDS });
  for (const failing of failures) console.error(failing.failure, replayCommand(tradingScenario(), failing));
  assert.deepEqual(failures.map(({ seed, failure }) => [seed, failure]), []);
  assert.equal(seeds, SEEDS);
  for (const [found, least] of [[kinds, LEAST_FAULTS], [tally, LEAST_EVENTS]] as const) {
    for (const [name, count] of Object.entries(least)) {
      assert.ok(
        (found[name] ?? 0) >= count,
        `${found[name] ?? 0} × ${name} in ${SEEDS} runs are too few to show anything`,
      );
    }
  }
});

for (const flaw of FLAWS) {
  Deno.test(`a node in which ${flaw.name} is found out, and called by its name`, async () => {
    const scenario = tradingScenario(flaw);
    const { first = 1 } = flaw;
    for (let from = first; from < first + 40; from++) {
      const { failures } = await explore(scenario, { from, seeds: 1, replay: 1 });
      if (failures.some(({ failure }) => flaw.found.test(failure!))) return;
    }
    assert.fail(`no run in which ${flaw.name} came to light`);
  });
}

Deno.test("a failing run of the trading tree shrinks to fewer faults and plays again from its command", async () => {
  const flaw = FLAWS.find(({ name }) => name.startsWith("a kill is confirmed"))!;
  const scenario = tradingScenario(flaw);
  const { failures } = await explore(scenario, { seeds: 12, most: 12, replay: 100 });
  const [failing] = failures.toSorted((one, other) => other.faults.length - one.faults.length);
  assert.match(failing.failure!, flaw.found);
  const least = await shrink(scenario, failing, 40);
  assert.ok(
    least.faults.length < failing.faults.length,
    `${least.faults.length} of ${failing.faults.length} are left`,
  );
  assert.ok(least.faults.some(({ kind }) => kind === "scope"), "without a kill there is nothing to confirm");
  const again = await runScenario(scenario, least.seed, new Set(least.faults.map(({ decision }) => decision)));
  assert.equal(again.failure, least.failure);
});
