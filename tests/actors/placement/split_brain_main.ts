/**
 * `deno run -A tests/actors/placement/split_brain_main.ts [--seeds n] [--seed n]`: many plays of split brain, or one.
 *
 * Exit codes: 0 all held, 1 one did not.
 */
import { parseArgs } from "node:util";
import { splitBrain } from "./split_brain.ts";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "1000" }, seed: { type: "string" } } });
const seeds = values.seed === undefined
  ? Array.from({ length: Number(values.seeds) }, (_, i) => i + 1)
  : [Number(values.seed)];
let [broken, gateways, holders, fenced, taken] = [0, 0, 0, 0, 0];
for (const seed of seeds) {
  const outcome = await splitBrain(seed);
  for (const sentence of outcome.broken.slice(0, 3)) console.log(`seed ${seed}: ${sentence}`);
  if (outcome.broken.length > 0) broken++;
  gateways += outcome.gateways;
  holders += outcome.holders;
  fenced += outcome.fenced;
  taken += outcome.taken.length;
}
console.log(
  `${seeds.length} seeds, ${broken} broken: ${gateways} gateways, ${holders} holders, ${taken} orders taken, ${fenced} words of older holders refused`,
);
Deno.exit(broken === 0 ? 0 : 1);
