/** `bench`: runs one of the measurements. */
import type { Command } from "commander";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";

const EXAMPLES = `
Examples:
  $ deno task bench ffi
  $ deno task bench pipeline --json > pipeline.jsonl

Every run prints the machine, the versions and the machine's own hiccups first: read a tail latency beside them.
`;

export function addBench(program: Command, _io: CliIo, finish: (exit: number) => void): void {
  program.command("bench").description("measure, and print a table")
    .argument("[name]", "what to measure; without a name, lists what there is")
    .option("--json", "print JSON Lines only")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const { runBench } = await import("../bench/main.ts");
      await runBench(name, json === true);
      finish(OK);
    });
}
