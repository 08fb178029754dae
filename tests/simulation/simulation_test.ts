import assert from "node:assert/strict";
import { explore, replayCommand, runScenario, shrink } from "../../runtime/testkit/simulation.ts";
import { bankScenario } from "./bank.ts";

Deno.test("money is neither made nor lost in 300 simulated banks, and equal seeds come to equal hashes", async () => {
  const { seeds, faults, failures } = await explore(bankScenario(), { seeds: 300 });
  assert.deepEqual(failures, []);
  assert.equal(seeds, 300);
  assert.ok(faults > 300 * 50, `${faults} faults are too few to show anything`);
});

Deno.test("a bank that trusts its messages is found out, and shrunk to faults of which none can be left out", async () => {
  const scenario = bankScenario(true);
  const { failures } = await explore(scenario, { seeds: 50, most: 50 });
  const [failing] = failures.toSorted((a, b) => b.faults.length - a.faults.length);
  assert.ok(failing.faults.length >= 5, "nothing found that is worth shrinking");
  const least = await shrink(scenario, failing);
  assert.ok(least.faults.length <= 3 && least.faults.length < failing.faults.length, JSON.stringify(least.faults));
  assert.ok(least.faults.some(({ what }) => /comes twice|is lost/.test(what)));
  const decisions = least.faults.map(({ decision }) => decision);
  assert.equal((await runScenario(scenario, least.seed, new Set(decisions))).failure, least.failure);
  for (const left of decisions) {
    const rest = new Set(decisions.filter((decision) => decision !== left));
    assert.equal((await runScenario(scenario, least.seed, rest)).failure, null, `without ${left}`);
  }
  const command = `deno task simulate flawed-bank --seed ${least.seed} --keep ${decisions.join(",")}`;
  assert.equal(replayCommand(scenario, least), command);
});

Deno.test("without its faults a failing seed passes", async () => {
  const scenario = bankScenario(true);
  const { failures: [failing] } = await explore(scenario, { seeds: 50 });
  assert.equal((await runScenario(scenario, failing.seed, new Set())).failure, null);
});
