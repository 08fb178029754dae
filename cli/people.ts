/** `people`: who may come in, and with which roles. The first person is made by whoever holds the data directory. */
import type { Command } from "commander";
import { ROLES } from "../actors/protocol/roles.ts";
import { UserError } from "../config/errors.ts";
import type { Invitation } from "../actors/protocol/mod.ts";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { OK } from "./failure.ts";
import { actingAs, type AsFlags, askSecret, hostName, withDesk } from "./host_access.ts";
import { type CliIo, columns } from "./io.ts";

interface PeopleFlags extends DataDirFlags, AsFlags {
  readonly role?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts people add ann --role security-admin          the first person; prints an invitation, once
  $ deno task cwts people enrol ann                              asks for the invitation and a password
  $ deno task cwts people add bob --role risk-officer --as ann
  $ deno task cwts people list --as ann

Secrets are asked for, or read from the standard input, a line each; they are never arguments. Roles:
${ROLES.join(", ")}. What each may do: docs/controls.md.
`;

export function addPeople(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const people = program.command("people").description("enrol people and hand out roles").addHelpText(
    "after",
    EXAMPLES,
  );
  const verb = (usage: string, description: string) =>
    people.command(usage).description(description)
      .option("--as <person>", "who you are; asks for the password")
      .option("--data-dir <dir>", "data directory of the node")
      .option("--config <file>", "TOML file that names the data directory");
  const roles = (command: Command) => command.option("--role <role...>", "role, once or several times (required)");

  roles(verb("add <person>", "add a person; prints an invitation, which is shown once"))
    .option("--json", "print one JSON object")
    .action(async (person: string, flags: PeopleFlags) => {
      const wanted = neededRoles(flags);
      const invitation = await withDesk(await directoryOf(flags, io), io, async (desk) => {
        if (!desk.governed) return desk.addFirst(person, wanted, hostName());
        return desk.addPerson(await actingAs(desk, flags, io, "manage-people"), person, wanted, hostName());
      });
      printInvitation(invitation, flags, io);
      finish(OK);
    });
  roles(verb("roles <person>", "give a person other roles in place of those held"))
    .action(async (person: string, flags: PeopleFlags) => {
      const wanted = neededRoles(flags);
      await withDesk(
        await directoryOf(flags, io),
        io,
        async (desk) => desk.setRoles(await actingAs(desk, flags, io, "manage-people"), person, wanted, hostName()),
      );
      io.out(`${person}: ${wanted.join(", ")}`);
      finish(OK);
    });
  verb("invite <person>", "a new invitation in place of the password")
    .option("--json", "print one JSON object")
    .action(async (person: string, flags: PeopleFlags) => {
      const invitation = await withDesk(
        await directoryOf(flags, io),
        io,
        async (desk) => desk.invite(await actingAs(desk, flags, io, "manage-people"), person, hostName()),
      );
      printInvitation(invitation, flags, io);
      finish(OK);
    });
  for (const [name, disabled] of [["disable", true], ["enable", false]] as const) {
    verb(`${name} <person>`, disabled ? "take access, sessions and keys away" : "give access back")
      .action(async (person: string, flags: PeopleFlags) => {
        await withDesk(
          await directoryOf(flags, io),
          io,
          async (desk) =>
            desk.setDisabled(await actingAs(desk, flags, io, "manage-people"), person, disabled, hostName()),
        );
        io.out(`${person} ${name}d`);
        finish(OK);
      });
  }
  verb("list", "who is enrolled")
    .option("--json", "print JSON Lines")
    .action(async (flags: PeopleFlags) => {
      const list = await withDesk(await directoryOf(flags, io), io, async (desk) => {
        if (desk.governed) {
          const reader = await actingAs(desk, flags, io, "read-people");
          desk.noteRead(reader, "people", hostName());
        }
        return desk.people();
      });
      if (flags.json) { for (const { id, roles, state } of list) io.out(JSON.stringify({ id, roles, state })); }
      else if (list.length === 0) io.out("nobody is enrolled: the token that the node prints is all there is");
      else for (const line of columns(list.map(({ id, roles, state }) => [id, state, roles.join(", ")]))) io.out(line);
      finish(OK);
    });
  verb("enrol <person>", "set the first password, with the invitation")
    .action(async (person: string, flags: PeopleFlags) => {
      await withDesk(await directoryOf(flags, io), io, async (desk) => {
        const invitation = askSecret(io, "invitation").trim();
        await desk.enrol(person, invitation, askSecret(io, `new password of ${person}`), hostName());
      });
      io.out(`${person} may log in`);
      finish(OK);
    });
}

/** People may be enrolled before a node has run for the first time. */
async function directoryOf(flags: DataDirFlags, io: CliIo): Promise<string> {
  const directory = chooseDataDir(flags, io);
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

function neededRoles({ role }: PeopleFlags): readonly string[] {
  if (role !== undefined && role.length > 0) return role.flatMap((text) => text.split(","));
  throw new UserError("USAGE", `name at least one role with --role: ${ROLES.join(", ")}`);
}

function printInvitation({ person, token, expires }: Invitation, { json }: PeopleFlags, io: CliIo): void {
  if (json) return io.out(JSON.stringify({ person, token, expires }));
  io.out(`invitation of ${person}, shown this once: ${token}`);
  io.out(
    `good until ${
      new Date(expires).toISOString()
    }; ${person} sets a password with: deno task cwts people enrol ${person}`,
  );
}
