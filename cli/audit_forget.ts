/** `audit forget`: destroys the key of a person's name, so that no log or copy says it any more. */
import type { Command } from "commander";
import { loadConfig, UserError } from "../config/mod.ts";
import type { Forgotten } from "../actors/node/forgetting.ts";
import type { RetentionBook } from "../actors/node/retention/mod.ts";
import { chooseDataDir, type DataDirFlags, isHeld, requireNodeDirectory } from "./data_dir.ts";
import { OK } from "./failure.ts";
import { actingAs, type AsFlags, hostName, withDesk } from "./host_access.ts";
import type { CliIo } from "./io.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts people disable eve --as root
  $ deno task cwts audit forget eve --reason "asked for it, ticket 71" --as dan

Roots and proofs stay as they are. It cannot be undone.
`;

/** How long a running node has to put it on record, and how often it is looked at, milliseconds. */
const RECORDED_WITHIN = 10_000;
const LOOK_EVERY = 50;

interface ForgetFlags extends DataDirFlags, AsFlags {
  readonly reason: string;
  readonly early?: boolean;
  readonly json?: boolean;
}

export function addAuditForget(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  audit.command("forget").description("forget a person: destroy the key of the name in every log and copy")
    .argument("<person>", "name of somebody enrolled here, or a user of the machine's")
    .requiredOption("--reason <text>", "why: it goes on record")
    .option("--early", "also before the retention time of the logs that name the person has passed; it goes on record")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .option("--as <person>", "who you are, where people are enrolled: it takes the action certify")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (person: string, flags: ForgetFlags) => {
      if (flags.reason.trim() === "") throw new UserError("USAGE", "--reason must say why the person is forgotten");
      const dataDir = chooseDataDir(flags, io);
      requireNodeDirectory(dataDir);
      const years = loadConfig({ file: flags.config }).config.audit.retentionYears;
      const { forgetPerson } = await import("../actors/node/forgetting.ts");
      const done = await withDesk(dataDir, io, async (desk) => {
        const who = desk.governed ? (await actingAs(desk, flags, io, "certify")).id : hostName();
        return await forgetPerson({
          ...{ dataDir, person, who, years, desk, reason: flags.reason, early: flags.early ?? false },
          onRecord: isHeld(dataDir) ? recorded : undefined,
        });
      });
      if (flags.json) io.out(JSON.stringify(done));
      else for (const line of text(done)) io.out(line);
      finish(OK);
    });
}

async function recorded(book: RetentionBook): Promise<boolean> {
  for (let waited = 0; waited < RECORDED_WITHIN && !book.quiet; waited += LOOK_EVERY) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
  return book.quiet;
}

function text({ pseudonyms, runs, inClear, files }: Forgotten): string[] {
  return [
    pseudonyms.length === 0
      ? "nothing was on record under a key of that name; the access is gone"
      : `forgotten: ${pseudonyms.join(", ")}; named in ${runs.length === 0 ? "no run" : `run ${runs.join(", ")}`}`,
    "the key is written over and gone; a copy of people.keys that somebody made, a snapshot of the file system or spare " +
    "blocks of an SSD may still have it: destroy those, too",
    ...(inClear.length === 0 ? [] : [
      `run ${
        inClear.join(", ")
      } says it in clear: written before names were encrypted, or before the person was known here`,
    ]),
    ...(files.length === 0 ? [] : [`still said in ${files.join(", ")}: look at them, and remove what need not stay`]),
  ];
}
