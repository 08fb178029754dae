/**
 * `deno task simulate [scenario] [--seeds n] [--from n]`: plays scenarios under an adversary, each with seeds 1 to n.
 * `deno task simulate <scenario> --seed n [--keep 3,17|none]`: plays one seed again and tells what the adversary did.
 *
 * A failing seed is shrunk and printed with the command that plays it again. Exit codes: 0 all held, 1 something broke,
 * 2 wrong usage.
 */
import { parseArgs } from "node:util";
import { suggestion, UserError } from "../../config/mod.ts";
import {
  explore,
  type Outcome,
  replayCommand,
  runScenario,
  type Scenario,
  shrink,
} from "../../runtime/testkit/simulation.ts";
import { SCENARIOS } from "./scenarios.ts";

const DEFAULT_SEEDS = 300;

function whole(text: string | undefined, name: string, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new UserError("USAGE", `--${name} takes a whole number above 0, not ${text}`);
  }
  return value;
}

function chosen(name: string | undefined): readonly Scenario<never>[] {
  if (name === undefined || name === "all") return SCENARIOS;
  const found = SCENARIOS.filter((scenario) => scenario.name === name);
  if (found.length > 0) return found;
  throw new UserError("USAGE", `there is no scenario "${name}": ${suggestion(name, SCENARIOS.map((one) => one.name))}`);
}

function tell({ seed, turns, faults, failure, hash }: Outcome): void {
  for (const { decision, what } of faults) console.log(`  ${decision}: ${what}`);
  console.log(
    `seed ${seed}: ${turns} turns, ${faults.length} faults, ${
      failure === null ? `held (${hash})` : `BROKEN: ${failure}`
    }`,
  );
}

/** The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      keep: { type: "string" },
    },
    allowPositionals: true,
  });
  const scenarios = chosen(positionals[0]);
  if (values.seed !== undefined) {
    if (scenarios.length !== 1) throw new UserError("USAGE", "--seed plays one scenario: name it");
    const listed = values.keep === "none" ? [] : values.keep?.split(",").map(Number);
    const outcome = await runScenario(
      scenarios[0],
      whole(values.seed, "seed", 1),
      listed === undefined ? null : new Set(listed),
    );
    tell(outcome);
    return outcome.failure === null ? 0 : 1;
  }
  let broken = 0;
  for (const scenario of scenarios) {
    const begun = performance.now();
    const { seeds, turns, faults, failures } = await explore(scenario, {
      from: whole(values.from, "from", 1),
      seeds: whole(values.seeds, "seeds", DEFAULT_SEEDS),
    });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(
      `${scenario.name}: ${seeds} seeds, ${turns} turns, ${faults} faults, ${failures.length} broken, ${seconds} s`,
    );
    for (const failing of failures) {
      broken++;
      const least = await shrink(scenario, failing);
      tell(least);
      console.log(`play it again: ${replayCommand(scenario, least)}`);
    }
  }
  return broken === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof UserError || error instanceof TypeError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(2);
  }
}
