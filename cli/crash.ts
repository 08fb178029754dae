/** `crash list|show`: what crashed in a run, why, and what its supervisor did about it. */
import type { Command } from "commander";
import { addCrashList } from "./crash_list.ts";
import { addCrashShow } from "./crash_show.ts";
import type { CliIo } from "./io.ts";

export function addCrash(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const crash = program.command("crash").description("read the crash records of a run, also while it runs");
  addCrashList(crash, io, finish);
  addCrashShow(crash, io, finish);
}
