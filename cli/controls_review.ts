/** `controls review`: the pack of a periodic review, rebuilt from the logs of a data directory. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";

interface ReviewFlags extends DataDirFlags {
  readonly from: string;
  readonly to: string;
  readonly out?: string;
  readonly tests?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task scenarios --out scenarios.json
  $ deno task cwts controls review --from 2026-01-01 --to 2026-03-31 --tests scenarios.json --out q1
      writes q1.json, the pack, and q1.md, the same for people, with the SHA-256 of the pack

Days are by the clock of the node: of a simulated market those of the simulation. The same logs give the same bytes.
`;

export function addControlsReview(controls: Command, io: CliIo, finish: (exit: number) => void): void {
  controls.command("review").description("build the pack of a periodic review from the logs of the runs")
    .requiredOption("--from <day>", "first day")
    .requiredOption("--to <day>", "last day")
    .option("--out <name>", "write <name>.json and <name>.md; without it the text is printed")
    .option("--tests <file>", "results of tests of controls, as JSON: goes into the pack")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .option("--json", "print the pack, or with --out its hash as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ReviewFlags) => {
      const { buildReview, packBytes, reviewText, sha256 } = await import("../actors/node/evidence/mod.ts");
      const tests = flags.tests === undefined ? null : await readJson(flags.tests);
      const pack = buildReview(chooseDataDir(flags, io), flags, tests);
      const bytes = packBytes(pack);
      if (flags.out === undefined) io.out((flags.json ? bytes : reviewText(pack)).trimEnd());
      else {
        await Deno.writeTextFile(`${flags.out}.json`, bytes);
        await Deno.writeTextFile(`${flags.out}.md`, reviewText(pack));
        const hash = sha256(bytes);
        io.out(
          flags.json ? JSON.stringify({ pack: hash }) : `wrote ${flags.out}.json and ${flags.out}.md; pack ${hash}`,
        );
      }
      finish(OK);
    });
}

/** Throws USAGE when there is no such file, or no JSON in it. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError("USAGE", `${file} holds no JSON`);
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError("USAGE", `there is no file ${file}`);
  }
}
