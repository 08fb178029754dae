/** `bench`: runs one of the measurements. */
import type { Command } from "commander";
import type { Narrowing } from "../bench/main.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";

const EXAMPLES = `
Examples:
  $ deno task bench ffi
  $ deno task bench pipeline --json > pipeline.jsonl
  $ deno task bench actors --only tell,ask --engines cwts,otp --runs 3

Every run prints the machine, the versions and the machine's own hiccups first: read a tail latency beside them.
`;

export function addBench(program: Command, _io: CliIo, finish: (exit: number) => void): void {
  program.command("bench").description("measure, and print a table")
    .argument("[name]", "what to measure; without a name, lists what there is")
    .option("--json", "print JSON Lines only")
    .option("--only <cases>", "these cases only, where the measurement can be narrowed")
    .option("--engines <names>", "these engines only")
    .option("--runs <n>", "so many runs of each")
    .option("--long", "everything at full length, where the measurement has a short form")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string | undefined, { json, ...narrowing }: { json?: boolean } & Narrowing) => {
      const { runBench } = await import("../bench/main.ts");
      await runBench(name, json === true, narrowing);
      finish(OK);
    });
}
