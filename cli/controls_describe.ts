/** `controls describe`: the written description of controls, from a configuration, or from that of a run with its log. */
import type { Command } from "commander";
import { configHash, loadConfig, UserError } from "../config/mod.ts";
import { isDay } from "../config/rulebook/mod.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { addNodeFlags, flagValues, type NodeFlags } from "./node_options.ts";
import { parseWhole } from "./numbers.ts";

interface DescribeFlags extends NodeFlags {
  readonly run?: string;
  readonly day?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts controls describe > description.md            of the configuration alone
  $ deno task cwts controls describe --run latest > description.md    of the latest run, its log beside it
  $ deno task cwts controls describe --config desk.toml --seed 7 --run 3

With --run, the configuration must be the one the run was started with: another is refused by its hash.
`;

export function addControlsDescribe(controls: Command, io: CliIo, finish: (exit: number) => void): void {
  addNodeFlags(controls.command("describe").description("print the written description of controls, as Markdown"))
    .option("--run <number>", "of this run of the data directory, or latest: with the hashes on its log")
    .option("--day <day>", "day the rules of regulation are read for (default: today)")
    .option("--json", "print the hashes as one JSON object instead")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: DescribeFlags) => {
      const { config: given } = loadConfig({ file: flags.config, flags: flagValues(flags) });
      const day = flags.day ?? new Date().toISOString().slice(0, 10);
      if (!isDay(day)) throw new UserError("USAGE", `--day must be a day such as 2026-03-31, not "${day}"`);
      const evidence = await import("../actors/node/evidence/mod.ts");
      const run = flags.run === undefined ? null : await readRun(given.node.dataDir, flags.run, evidence.readRun);
      const config = run === null ? given : evidence.configInForce(given, run.record);
      const { gate, scopes } = evidence.rehearse(config);
      const text = evidence.describeControls({ config, gate, scopes, day, run });
      if (flags.json) {
        const hashes = {
          config: configHash(config),
          gate: run?.record.gate ?? gate,
          description: evidence.sha256(`${text}\n`),
        };
        io.out(JSON.stringify(hashes));
      } else io.out(text);
      finish(OK);
    });
}

async function readRun<R>(dataDir: string, asked: string, read: (directory: string) => R) {
  const { listRuns, runDirectory } = await import("../actors/node/data_dir.ts");
  const wanted = asked === "latest" ? undefined : parseWhole(asked, "--run", 1);
  const directory = runDirectory(dataDir, wanted);
  return { number: wanted ?? listRuns(dataDir).at(-1)!, record: read(directory) };
}
