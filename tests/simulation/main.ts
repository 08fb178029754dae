/** `deno task simulate`: plays scenarios under an adversary. See HELP; docs/simulation.md says more. */
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
const NAMES = SCENARIOS.map(({ name }) => name).join(", ");

const HELP = `deno task simulate [scenario] [--seeds n] [--from n]
    Plays each scenario with seeds from --from (1) on, --seeds (${DEFAULT_SEEDS}) of them, every tenth twice. A seed that
    fails is shrunk to the faults it needs and printed with the command that plays it again.

deno task simulate <scenario> --seed n [--keep 3,17|none]
    Plays one seed and tells what the adversary did. With --keep, only those of its decisions are faults.

Scenarios: ${NAMES}; without a name, all of them.
Exit codes: 0 everything held, 1 something broke, 2 wrongly asked.
A night's run: deno task simulate trading --seeds 10000`;

function whole(text: string | undefined, name: string, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new UserError("USAGE", `--${name} takes a whole number above 0, not ${text}`);
  }
  return value;
}

/** The decisions that --keep names; null when it is absent. */
function kept(text: string | undefined): ReadonlySet<number> | null {
  if (text === undefined) return null;
  return new Set(text === "none" ? [] : text.split(",").map((part) => whole(part, "keep", 1)));
}

function chosen(name: string | undefined): readonly Scenario<never>[] {
  if (name === undefined || name === "all") return SCENARIOS;
  const found = SCENARIOS.filter((scenario) => scenario.name === name);
  if (found.length > 0) return found;
  throw new UserError("USAGE", `there is no scenario "${name}": ${suggestion(name, SCENARIOS.map((one) => one.name))}`);
}

function tell({ seed, turns, faults, failure, hash }: Outcome): void {
  for (const { decision, what } of faults) console.log(`  ${decision}: ${what}`);
  const ends = failure === null ? `held (${hash})` : `BROKEN: ${failure}`;
  console.log(`seed ${seed}: ${turns} turns, ${faults.length} faults, ${ends}`);
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(", ");
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
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const scenarios = chosen(positionals[0]);
  if (values.seed !== undefined) {
    if (scenarios.length !== 1) throw new UserError("USAGE", `--seed plays one scenario: name it (${NAMES})`);
    const outcome = await runScenario(scenarios[0], whole(values.seed, "seed", 1), kept(values.keep));
    tell(outcome);
    return outcome.failure === null ? 0 : 1;
  }
  if (values.keep !== undefined) throw new UserError("USAGE", "--keep belongs to one run: name its seed with --seed");
  let broken = 0;
  for (const scenario of scenarios) {
    const begun = performance.now();
    const { seeds, turns, faults, kinds, tally, failures } = await explore(scenario, {
      from: whole(values.from, "from", 1),
      seeds: whole(values.seeds, "seeds", DEFAULT_SEEDS),
    });
    const seconds = (performance.now() - begun) / 1000;
    console.log(
      `${scenario.name}: ${seeds} seeds, ${turns} turns, ${faults} faults, ${failures.length} broken, ` +
        `${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(1)} seeds/s)`,
    );
    if (faults > 0) console.log(`  faults: ${counted(kinds)}`);
    if (Object.keys(tally).length > 0) console.log(`  seen: ${counted(tally)}`);
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
    console.error(`error: ${error.message}\n\n${HELP}`);
    Deno.exit(2);
  }
}
