/** `rearm`: opens a stopped scope one step. Never happens by itself; where people are enrolled it takes two of them. */
import { type Command, Option } from "commander";
import { UserError } from "../config/errors.ts";
import { type Principal, REARM_CAUSES, type RearmCause, type RearmCommand } from "../actors/protocol/mod.ts";
import { OWNER_ROLES } from "../actors/protocol/roles.ts";
import { actionsOf } from "../actors/access/entry.ts";
import { chooseDataDir, type DataDirFlags, requireNodeDirectory } from "./data_dir.ts";
import { FAILURE, OK } from "./failure.ts";
import { actingAs, type AsFlags, hostName, withDesk } from "./host_access.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";

interface RearmFlags extends DataDirFlags, AsFlags {
  readonly scope?: string;
  readonly cause?: RearmCause;
  readonly reason?: string;
  readonly list?: boolean;
  readonly approve?: string;
  readonly withdraw?: string;
  readonly digest?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task rearm --scope firm --cause false-alarm --reason "checked positions with the venue"
  $ deno task rearm --scope firm --cause drill --reason "drill over" --as bob        where people are enrolled: proposes
  $ deno task rearm --list                                                           what waits, with its digest
  $ deno task rearm --approve 3 --digest 3f9a01c27b44e5d6 --as cat                   the second person, of another role
  $ deno task rearm --withdraw 3 --reason "not yet" --as bob

KILLED and CANCEL_ONLY become REDUCE_ONLY; REDUCE_ONLY becomes ACTIVE in a second step, after the quiet time of the node.
`;

export function addRearm(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("rearm").description("open a stopped scope one step: first to reduce-only, later to active")
    .option("--scope <scope>", "firm, customer:<id>, account:<id>, organism:<id> or instrument:<symbol>")
    .addOption(new Option("--cause <cause>", "what made it safe again").choices(REARM_CAUSES))
    .option("--reason <text>", "why, in words; goes on record")
    .option("--list", "show what waits for a second person")
    .option("--approve <id>", "approve what another person proposed")
    .option("--digest <text>", "of what is approved, as --list shows it")
    .option("--withdraw <id>", "withdraw what waits")
    .option("--as <person>", "who you are, where people are enrolled; asks for the password")
    .option("--yes", "do not ask")
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: RearmFlags) => {
      const command = flags.list ? null : commandOf(flags);
      const directory = chooseDataDir(flags, io);
      if (command !== null && command.verb !== "withdraw" && flags.yes !== true) {
        if (io.confirm === undefined) {
          throw new UserError("USAGE", "nobody can be asked here: add --yes if re-arming is meant");
        }
        if (
          !io.confirm(`Let ${command.verb === "propose" ? command.scope : `change ${command.id}`} send orders again?`)
        ) {
          io.err("left as it is");
          finish(FAILURE);
          return;
        }
      }
      requireNodeDirectory(directory);
      finish(
        await withDesk(directory, io, async (desk) => {
          const { ControlPage } = await import("../ffi/mod.ts");
          const { hostRearmDesk } = await import("../actors/node/rearm.ts");
          const { carriedOut } = await import("./scope_request.ts");
          using page = ControlPage.openExisting(directory);
          const rearm = hostRearmDesk(directory, page, (event) => {
            desk.note({ who: hostName(), from: hostName(), ...event });
            return true;
          });
          if (command === null) {
            const view = rearm.view();
            if (flags.json) io.out(JSON.stringify(view));
            else if (view.pending.length === 0) io.out("nothing waits");
            for (const one of flags.json ? [] : view.pending) {
              io.out(
                `change ${one.id} of ${one.person} (${one.role}): ${one.scope} from ${one.from} to ${one.to}; ` +
                  `${one.cause}: ${one.reason}; digest ${one.digest}`,
              );
            }
            return OK;
          }
          const by = desk.governed ? await actingAs(desk, flags, io, "rearm") : owner();
          const outcome = rearm.carryOut(by, command, hostName());
          const { scope, state, proposal } = outcome;
          if (proposal !== null || command.verb === "withdraw") {
            if (flags.json) io.out(JSON.stringify(outcome));
            else if (proposal === null) io.out(`${scope} stays ${state}`);
            else {
              io.out(
                `${scope} stays ${state}: change ${proposal.id} waits for a second person of another role: ` +
                  `rearm --approve ${proposal.id} --digest ${proposal.digest}`,
              );
            }
            return OK;
          }
          const { nodeRunning, confirmed } = await carriedOut(page, directory, page.header().requestEpoch);
          if (flags.json) io.out(JSON.stringify({ ...outcome, nodeRunning, confirmed }));
          else {
            io.out(`${scope} is ${state}`);
            if (state === "REDUCE_ONLY") {
              io.out(`ask again in ${rearm.view().quietMs / 1000} s for it to become ACTIVE`);
            }
            if (!nodeRunning) io.out(`no node is running on ${directory}: it counts from the next start`);
            else if (!confirmed) io.out("NOT CONFIRMED within 2 s: the node has not answered");
          }
          return nodeRunning && !confirmed ? FAILURE : OK;
        }),
      );
    });
}

/** Whoever may write the data directory of a node without people: one person, and the record says so. */
const owner = (): Principal => ({
  kind: "owner",
  id: "owner",
  person: "owner",
  roles: OWNER_ROLES,
  actions: actionsOf(OWNER_ROLES),
  session: null,
});

/** Throws UserError USAGE. */
function commandOf({ scope, cause, reason, approve, digest, withdraw }: RearmFlags): RearmCommand {
  if (approve !== undefined) {
    if (digest === undefined) throw new UserError("USAGE", "--approve needs the --digest that rearm --list shows");
    return { verb: "approve", id: parseWhole(approve, "the number", 1), digest };
  }
  if (reason === undefined) throw new UserError("USAGE", "say why with --reason <text>; it goes on record");
  if (withdraw !== undefined) return { verb: "withdraw", id: parseWhole(withdraw, "the number", 1), reason };
  if (scope === undefined) throw new UserError("USAGE", "name what is to be opened with --scope <scope>");
  if (cause === undefined) {
    throw new UserError("USAGE", `say what made it safe with --cause: ${REARM_CAUSES.join(", ")}`);
  }
  return { verb: "propose", scope, cause, reason };
}
