import assert from "node:assert/strict";
import { splitBrain } from "./split_brain.ts";

const SEEDS = 40;

Deno.test(`two gateways and two holders that freeze and are cut off never trade twice (${SEEDS} seeds)`, async () => {
  let [gateways, holders, fenced, taken] = [0, 0, 0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await splitBrain(seed);
    assert.deepEqual(
      outcome.broken,
      [],
      `seed ${seed}: deno run -A tests/actors/placement/split_brain_main.ts --seed ${seed}`,
    );
    gateways += outcome.gateways;
    holders += outcome.holders;
    fenced += outcome.fenced;
    taken += outcome.taken.length;
  }
  // A play in which nothing happens proves nothing.
  assert.ok(
    gateways > SEEDS * 2 && holders > SEEDS * 2 && fenced > 0 && taken > SEEDS * 50,
    String([gateways, holders, fenced, taken]),
  );
});

Deno.test("a play is a function of its seed", async () => {
  assert.deepEqual(await splitBrain(3), await splitBrain(3));
});
