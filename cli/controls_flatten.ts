/** `controls flatten`: closes the positions of a scope that may only reduce, and watches until it is over. */
import type { Command } from "commander";
import type { FlattenRun, FlattenView } from "../actors/protocol/mod.ts";
import { UserError } from "../config/errors.ts";
import { type ConsoleFlags, withConsoleClient } from "./console_client.ts";
import { FAILURE, OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";

interface FlattenFlags extends ConsoleFlags {
  readonly reason?: string;
  readonly stop?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

const LOOK_MS = 250;

const HELP = `
Closing is an act of its own and no part of a kill. The scope has to be REDUCE_ONLY: a killed one gets there by a re-arm, which
takes two persons. Every order is immediate-or-cancel and reduce-only, within the limits and the price collar, and passes the
gate. It ends at zero, and when the scope is anything but REDUCE_ONLY. Leaving this command stops nothing: --stop does.
`;

export function addControlsFlatten(
  controls: Command,
  io: CliIo,
  finish: (exit: number) => void,
  withFlags: (command: Command) => Command,
): void {
  withFlags(controls.command("flatten [scope]").description("close the positions of a scope with reducing orders"))
    .option("--reason <text>", "why; goes on record")
    .option("--stop <id>", "stop a closing that is under way")
    .option("--list", "show what is and was under way")
    .addHelpText("after", HELP)
    .action(async (scope: string | undefined, flags: FlattenFlags) => {
      const { reason } = flags;
      const show = (run: FlattenRun) => {
        if (!flags.json) { for (const line of runText(run)) io.out(line); }
      };
      if (flags.list) {
        const { runs } = await withConsoleClient(flags, io, (client) => client.send("GET", "/flattens")) as FlattenView;
        if (flags.json) io.out(JSON.stringify({ runs }));
        else if (runs.length === 0) io.out("no position was closed since the node started");
        else runs.forEach(show);
        return finish(OK);
      }
      if (reason === undefined) throw new UserError("USAGE", "say why with --reason <text>; it goes on record");
      if (flags.stop !== undefined) {
        const path = `/flattens/${parseWhole(flags.stop, "the number", 1)}/stop`;
        const run = await withConsoleClient(flags, io, (client) => client.send("POST", path, { reason })) as FlattenRun;
        if (flags.json) io.out(JSON.stringify(run));
        else show(run);
        return finish(OK);
      }
      if (scope === undefined) throw new UserError("USAGE", "name whose positions are to be closed: a scope, or firm");
      const last = await withConsoleClient(flags, io, async (client) => {
        let run = await client.send("POST", "/flattens", { scope, reason }) as FlattenRun;
        show(run);
        let shown = JSON.stringify(run.lines);
        while (run.ended === null) {
          await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
          const { runs } = await client.send("GET", "/flattens") as FlattenView;
          run = runs.find(({ id }) => id === run.id) ?? run;
          if (JSON.stringify(run.lines) !== shown) show(run);
          shown = JSON.stringify(run.lines);
        }
        return run;
      });
      if (flags.json) io.out(JSON.stringify(last));
      finish(last.lines.every(({ state }) => state === "done") ? OK : FAILURE);
    });
}

function runText({ id, scope, outcome, lines }: FlattenRun): string[] {
  return [
    `closing ${id} of ${scope}: ${outcome ?? "under way"}`,
    ...lines.map(({ organism, instrument, from, left, state, sent, refused, last }) =>
      `  ${organism} in ${instrument}: ${from} → ${left} lots, ${state}; ${sent} sent, ${refused} refused` +
      (last === null ? "" : ` (${last})`)
    ),
  ];
}
