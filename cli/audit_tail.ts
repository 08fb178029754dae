/** `audit tail`: the latest records of a log, and those that come. */
import type { Command } from "commander";
import { RecordType } from "../ffi/layout.gen.ts";
import type { AuditRecord } from "../ffi/mod.ts";
import { parseTypes, recordJson, recordText } from "./audit_show.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit tail                                    the last ten records
  $ deno task cwts audit tail --lines 100 --type Decision --json
  $ deno task cwts audit tail --follow                           and those that come, until the run ends or Ctrl-C

A record is shown when it is sealed: before that nobody was promised it.
`;

/** Milliseconds between two looks at a log that grows. */
const LOOK_EVERY = 100;

interface TailFlags extends RunFlags {
  readonly lines: string;
  readonly follow?: boolean;
  readonly type?: string;
  readonly json?: boolean;
}

export function addAuditTail(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("tail").description("print the latest records of a log, and follow it"))
    .option("--lines <count>", "records from the end to look at first", "10")
    .option("--follow", "go on with what comes")
    .option("--type <names>", "only these kinds of record")
    .option("--json", "print JSON Lines")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: TailFlags) => {
      const lines = parseWhole(flags.lines, "--lines", 0);
      const types = flags.type === undefined ? null : parseTypes(flags.type);
      const log = await chooseLog(flags, io);
      const { decodeAudit } = await import("../ffi/mod.ts");
      const { namedReader } = await import("../actors/node/names.ts");
      const size = await sizeOf(log);
      // The last record is read in any case: a run that has ended will have no other.
      using reader = namedReader(log, Math.max(0, size - Math.max(lines, 1)));
      const show = (record: AuditRecord) => {
        if (record.index < size - lines || (types !== null && !types.has(record.type))) return;
        const content = decodeAudit(record);
        io.out(flags.json ? recordJson(record, content) : recordText(record, content));
      };
      let stopped = false;
      const stop = () => stopped = true;
      if (flags.follow) Deno.addSignalListener("SIGINT", stop);
      try {
        let ended = false;
        for (;;) {
          for (let record = reader.next(); record !== null; record = reader.next()) {
            show(record);
            ended ||= record.type === RecordType.NodeStopped;
          }
          if (!flags.follow || ended || stopped) break;
          await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
        }
      } finally {
        if (flags.follow) Deno.removeSignalListener("SIGINT", stop);
      }
      finish(OK);
    });
}

/** Sealed records of a log; 0 while it has none. */
async function sizeOf(log: string): Promise<number> {
  const { NativeError, proveBeginning } = await import("../ffi/mod.ts");
  try {
    return proveBeginning(log, 1).later;
  } catch (error) {
    if (error instanceof NativeError) return 0;
    throw error;
  }
}
