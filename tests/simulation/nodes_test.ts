import assert from "node:assert/strict";
import { explore, replayCommand, runScenario, shrink } from "../../runtime/testkit/simulation.ts";
import { NODES_FLAWS } from "./nodes/flaws.ts";
import { nodesScenario } from "./nodes/scenario.ts";

const SEEDS = 40;
/** Seeds in which every flaw has to come to light. The rarest does in about one of forty. */
const FLAW_SEEDS = 120;

/** Fewest of each kind that these runs must have seen; about a third of what is usual. Less, and they show too little. */
const LEAST = {
  ...{ "answer-lost": 80, "request-lost": 80, "request-twice": 80, "packet-late": 600, torn: 15 },
  ...{ cut: 30, freeze: 25, die: 20, leave: 5, twin: 5, outage: 2, handler: 50, crash: 5 },
  ...{ bookings: 7_000, lives: 150, duplicates: 100, fenced: 2, "ask ok": 1_200, "ask timeout": 100 },
  ...{ "ask unreachable": 200, "down node-lost": 400, "down shutdown": 70, "down unreachable": 15 },
};

Deno.test(`nodes keep what they promise in ${SEEDS} simulated networks, and equal seeds come to equal hashes`, async () => {
  const { seeds, kinds, tally, failures } = await explore(nodesScenario(), { seeds: SEEDS });
  for (const failing of failures) console.error(failing.failure, replayCommand(nodesScenario(), failing));
  assert.deepEqual(failures.map(({ seed, failure }) => [seed, failure]), []);
  assert.equal(seeds, SEEDS);
  for (const [name, least] of Object.entries(LEAST)) {
    const found = kinds[name] ?? tally[name] ?? 0;
    assert.ok(found >= least, `${found} × ${name} in ${SEEDS} runs are too few to show anything`);
  }
});

for (const flaw of NODES_FLAWS) {
  Deno.test(`nodes of which ${flaw.name} are found out, and it is called by its name`, async () => {
    const scenario = nodesScenario(flaw);
    for (let seed = 1; seed <= FLAW_SEEDS; seed++) {
      const { failure } = await runScenario(scenario, seed);
      if (failure !== null && flaw.found.test(failure)) return;
    }
    assert.fail(`no run in which ${flaw.name} came to light`);
  });
}

Deno.test("a failing run of a network shrinks to fewer faults and plays again from them", async () => {
  const flaw = NODES_FLAWS.find(({ name }) => name.startsWith("what came before"))!;
  const scenario = nodesScenario(flaw);
  const { failures: [failing] } = await explore(scenario, { seeds: 20, replay: 100 });
  const least = await shrink(scenario, failing, 40);
  assert.ok(
    least.faults.length < failing.faults.length / 4,
    `${least.faults.length} of ${failing.faults.length} are left`,
  );
  const again = await runScenario(scenario, least.seed, new Set(least.faults.map(({ decision }) => decision)));
  assert.equal(again.failure, least.failure);
});
