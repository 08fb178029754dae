/** `rearm`: returns a killed scope to trading. Never happens by itself. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import { chooseDataDir, type DataDirFlags, requireNodeDirectory } from "./data_dir.ts";
import { FAILURE, OK } from "./failure.ts";
import { actingAs, type AsFlags, withDesk } from "./host_access.ts";
import type { CliIo } from "./io.ts";

interface RearmFlags extends DataDirFlags, AsFlags {
  readonly scope: string;
  readonly reason: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task rearm --scope firm --reason "checked positions with the venue"
  $ deno task rearm --scope organism:anglerfish-1 --reason "parameter fixed" --yes
  $ deno task rearm --scope firm --reason "checked positions" --as bob    where people are enrolled
`;

export function addRearm(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("rearm").description("open the gate for a killed scope again")
    .requiredOption("--scope <scope>", "firm, organism:<id> or instrument:<symbol>")
    .requiredOption("--reason <text>", "why it is safe again; goes on record")
    .option("--as <person>", "who you are, where people are enrolled; asks for the password")
    .option("--yes", "do not ask")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: RearmFlags) => {
      const directory = chooseDataDir(flags, io);
      if (flags.yes !== true) {
        if (io.confirm === undefined) {
          throw new UserError("USAGE", "nobody can be asked here: add --yes if re-arming is meant");
        }
        if (!io.confirm(`Let ${flags.scope} send orders again?`)) {
          io.err("left as it is");
          finish(FAILURE);
          return;
        }
      }
      requireNodeDirectory(directory);
      const person = await withDesk(
        directory,
        io,
        async (desk) => desk.governed ? (await actingAs(desk, flags, io, "rearm")).id : null,
      );
      const { operatorName, requestScope } = await import("./scope_request.ts");
      const { ScopeState } = await import("../ffi/layout.gen.ts");
      const outcome = await requestScope({
        directory,
        scope: flags.scope,
        state: ScopeState.Active,
        reason: flags.reason,
        actor: person === null ? operatorName() : `${person}@${operatorName()}`,
      });
      if (flags.json) {
        io.out(JSON.stringify(outcome));
      } else {
        io.out(`ACTIVE ${outcome.scope} (was ${outcome.previous})`);
        if (!outcome.nodeRunning) io.out(`no node is running on ${directory}: it counts from the next start`);
        else if (!outcome.confirmed) io.out("NOT CONFIRMED within 2 s: the node has not answered");
        else io.out(`confirmed in ${outcome.confirmedMillis} ms`);
      }
      finish(outcome.nodeRunning && !outcome.confirmed ? FAILURE : OK);
    });
}
