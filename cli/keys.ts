/** `keys`: keys for machines, each for some of what its maker may do, and for a while. */
import type { Command } from "commander";
import { KEY_ACTIONS } from "../actors/protocol/roles.ts";
import { UserError } from "../config/errors.ts";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { OK } from "./failure.ts";
import { actingAs, type AsFlags, hostName, withDesk } from "./host_access.ts";
import { type CliIo, columns } from "./io.ts";
import { parseWhole } from "./numbers.ts";

interface KeyFlags extends DataDirFlags, AsFlags {
  readonly action?: readonly string[];
  readonly label?: string;
  readonly days?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts keys create --as bob --label "risk dashboard" --action view view-limits --days 90
  $ deno task cwts keys list --as bob
  $ deno task cwts keys revoke 3f9a01c27b44 --as bob

A key may do some of what its maker may: ${KEY_ACTIONS.join(", ")}.
It is shown once, and sent as Authorization: Bearer <key>.
`;

export function addKeys(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const keys = program.command("keys").description("make and revoke keys of machines").addHelpText("after", EXAMPLES);
  const verb = (usage: string, description: string) =>
    keys.command(usage).description(description)
      .requiredOption("--as <person>", "who you are; asks for the password")
      .option("--data-dir <dir>", "data directory of the node")
      .option("--config <file>", "TOML file that names the data directory");

  verb("create", "make a key, which is shown once")
    .requiredOption("--label <text>", "what it is for")
    .requiredOption("--days <number>", "how long it works")
    .option("--action <action...>", "what it may do (required)")
    .option("--json", "print one JSON object")
    .action(async (flags: KeyFlags) => {
      if (flags.action === undefined) {
        throw new UserError("USAGE", `name at least one action with --action: ${KEY_ACTIONS.join(", ")}`);
      }
      const { label, actions, days } = {
        label: flags.label!,
        actions: flags.action.flatMap((text) => text.split(",")),
        days: parseWhole(flags.days!, "--days", 1),
      };
      const made = await withDesk(
        chooseDataDir(flags, io),
        io,
        async (desk) =>
          desk.createKey(await actingAs(desk, flags, io, "manage-self"), { label, actions, days }, hostName()),
      );
      if (flags.json) io.out(JSON.stringify(made));
      else {
        io.out(`key ${made.id}, shown this once: ${made.key}`);
        io.out(`may ${made.actions.join(", ")} until ${new Date(made.expires).toISOString()}`);
      }
      finish(OK);
    });
  verb("list", "keys and what became of them")
    .option("--json", "print JSON Lines")
    .action(async (flags: KeyFlags) => {
      const list = await withDesk(
        chooseDataDir(flags, io),
        io,
        async (desk) => desk.keys(await actingAs(desk, flags, io, "manage-self")),
      );
      if (flags.json) { for (const key of list) io.out(JSON.stringify(key)); }
      else {
        const rows = list.map(({ id, person, state, actions, expires, label }) => [
          id,
          person,
          state,
          new Date(expires).toISOString().slice(0, 10),
          actions.join(","),
          label,
        ]);
        for (const line of columns(rows)) io.out(line);
      }
      finish(OK);
    });
  verb("revoke <id>", "end a key").action(async (id: string, flags: KeyFlags) => {
    await withDesk(
      chooseDataDir(flags, io),
      io,
      async (desk) => desk.revokeKey(await actingAs(desk, flags, io, "manage-self"), id, hostName()),
    );
    io.out(`key ${id} revoked`);
    finish(OK);
  });
}
