/** `crash show`: everything that was written down about one crash. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import { chooseCrashes } from "./crash_source.ts";
import { crashText } from "./crash_text.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import { addRunFlags, type RunFlags } from "./run_flags.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts crash show 3                       the third crash of the latest run
  $ deno task cwts crash show 3 --run 12 --json       as one JSON object
  $ deno task cwts crash show 3 --log ./copied-log    out of an audit log alone
`;

const LOOKS = 5;
const LOOK_MS = 20;

interface ShowFlags extends RunFlags {
  readonly json?: boolean;
}

export function addCrashShow(crash: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(crash.command("show").description("everything that was written down about one crash"))
    .argument("<id>", "number of the crash, as crash list prints it")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (given: string, flags: ShowFlags) => {
      const id = parseWhole(given, "the crash", 1);
      const source = await chooseCrashes(flags, io);
      const { proveCrash, readCrashes } = await import("../actors/node/crash_reader.ts");
      const crashes = readCrashes(source);
      const crash = crashes.find((one) => one.id === id);
      if (crash === undefined) {
        throw new UserError(
          "UNKNOWN_CRASH",
          noSuch(
            id,
            source.name,
            crashes.map((one) => one.id),
          ),
        );
      }
      let proof = proveCrash(source, crash);
      // A node that runs may be about to write it.
      for (let looks = 0; proof === "absent" && crash.auditIndex !== null && looks < LOOKS; looks++) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        proof = proveCrash(source, crash);
      }
      if (flags.json) io.out(JSON.stringify({ ...crash, proof }));
      else for (const line of crashText(crash, proof, io)) io.out(line);
      finish(OK);
    });
}

function noSuch(id: number, name: string, known: readonly number[]): string {
  if (known.length === 0) return `there is no crash ${id}: no actor has crashed in ${name}`;
  const span = known.length === 1 ? `only crash ${known[0]}` : `crashes ${known[0]} to ${known.at(-1)}`;
  return `there is no crash ${id} in ${name}, which has ${span}: deno task cwts crash list shows them`;
}
