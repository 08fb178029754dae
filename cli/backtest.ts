/** `backtest`: a node at full speed, without console and without waiting for the disk, that ends in a report. */
import { type Command, Option } from "commander";
import { loadConfig } from "../config/mod.ts";
import type { CliIo } from "./io.ts";
import { addNodeFlags, flagValues, type NodeFlags } from "./node_options.ts";
import { runHere } from "./start.ts";

interface BacktestFlags extends NodeFlags {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts backtest --feed bars
  $ deno task cwts backtest --feed replay:capture.gz --seed 3 --json
  $ deno task cwts backtest --feed simulated --duration 1h --config mine.toml

The same code runs as under start, with the same gate and the same records: only the pace differs. A replayed or
simulated fill is a model's answer, not a promise: see docs/architecture.md.
`;

/** What a back-test means, unless a file, a variable or a flag says otherwise. */
const PRESET = {
  name: "backtest",
  values: { node: { speed: "max" }, console: { enabled: false }, audit: { durability: "memory" } },
} as const;

export function addBacktest(program: Command, io: CliIo, finish: (exit: number) => void): void {
  addNodeFlags(program.command("backtest").description("run organisms over a feed at full speed and report"))
    .addOption(new Option("--json", "print the report as one JSON object, and nothing else, to stdout"))
    .addHelpText("after", EXAMPLES)
    .action(async (flags: BacktestFlags) => {
      const loaded = loadConfig({ file: flags.config, flags: flagValues(flags), preset: PRESET });
      finish(await runHere(loaded, flags.json ? "json" : "text", io, flags.json ? io.err : io.out));
    });
}
