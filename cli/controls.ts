/** `controls`: the limits of a running node, how they are changed, which of them mean nothing, and evidence of all that. */
import type { Command } from "commander";
import { AMOUNTS } from "../actors/controls/names.ts";
import { UserError } from "../config/errors.ts";
import type { LimitRef, LimitsView, LimitValue } from "../actors/protocol/mod.ts";
import { type ConsoleFlags, withConsoleClient } from "./console_client.ts";
import { addControlsCertify } from "./controls_certify.ts";
import { addControlsDescribe } from "./controls_describe.ts";
import { addControlsFlatten } from "./controls_flatten.ts";
import { addControlsIncident } from "./controls_incident.ts";
import { addControlsLint } from "./controls_lint.ts";
import { addControlsReview } from "./controls_review.ts";
import { parseDuration } from "./duration.ts";
import { OK } from "./failure.ts";
import { type CliIo, columns, paint } from "./io.ts";
import { parseWhole } from "./numbers.ts";

interface ControlsFlags extends ConsoleFlags {
  readonly instrument?: string;
  readonly reason?: string;
  readonly for?: string;
  readonly digest?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts controls limits                                     limits and what is used of them
  $ deno task cwts controls tighten organism:platypus-1 max_position 200 --reason "new strategy" --as bob
  $ deno task cwts controls tighten controls.restrictions firm/ALPHA '{"sides":"both","list":7}' --reason "deal" --as bob
  $ deno task cwts controls facts                                      rows of [controls], by the names of their tables
  $ deno task cwts controls propose account:main max_gross 2000000 --reason "index roll" --for 4h --as bob
  $ deno task cwts controls changes                                    what waits, with its digest
  $ deno task cwts controls approve 7 --digest 3f9a01c27b44e5d6 --as cat
  $ deno task cwts controls withdraw 7 --reason "not needed" --as bob
  $ deno task cwts controls flatten account:main --reason "wind down" --as bob
  $ deno task cwts controls lint                                       exit code 1 when a limit means nothing
  $ deno task cwts controls describe --run latest                      the written description of controls
  $ deno task cwts controls review --from 2026-01-01 --to 2026-03-31 --out q1

Without --as, the key or printed token in CWTS_CREDENTIAL is used. Values are as in a file; "none" is no limit.
`;

export function addControls(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const controls = program.command("controls").description(
    "see and change limits, describe, review and certify controls",
  )
    .addHelpText("after", EXAMPLES);
  const verb = (usage: string, description: string) =>
    withConsoleFlags(controls.command(usage).description(description));

  verb("limits", "limits in force, and what is used of them").action(async (flags: ControlsFlags) => {
    const view = await withConsoleClient(flags, io, (client) => client.send("GET", "/limits")) as LimitsView;
    if (flags.json) io.out(JSON.stringify(view));
    else for (const line of limitsText(view)) io.out(line);
    finish(OK);
  });
  verb("facts", "rows of [controls]: restricted lists, locates, mandates, budgets, capital").action(
    async (flags: ControlsFlags) => {
      const { facts } = await withConsoleClient(flags, io, (client) => client.send("GET", "/limits")) as LimitsView;
      if (flags.json) io.out(JSON.stringify({ facts }));
      else for (const line of columns(facts.map((one) => [one.scope, one.limit, String(one.value)]))) io.out(line);
      finish(OK);
    },
  );
  verb("changes", "changes that wait for a second person, and limits that go back").action(
    async (flags: ControlsFlags) => {
      const { pending, temporary, alerts } = await withConsoleClient(
        flags,
        io,
        (client) => client.send("GET", "/limits"),
      ) as LimitsView;
      if (flags.json) {
        io.out(JSON.stringify({ pending, temporary, alerts }));
      } else {for (const line of changesText({ pending, temporary }, io)) {
          io.out(line);
        }}
      finish(OK);
    },
  );
  const change = (name: string, description: string) =>
    verb(`${name} <scope> <limit> <value>`, description)
      .option("--instrument <symbol>", "in one instrument, for limits of firm, customers and accounts")
      .requiredOption("--reason <text>", "why; goes on record");
  change("tighten", "make a limit stricter; one person, at once")
    .action(async (scope: string, limit: string, value: string, flags: ControlsFlags) => {
      const body = { ...refOf(scope, limit, flags), value: valueOf(limit, value), reason: flags.reason };
      const done = await withConsoleClient(flags, io, (client) => client.send("POST", "/limits/tightenings", body));
      if (flags.json) io.out(JSON.stringify(done));
      else {
        io.out(`tightened ${scope} ${limit}: change ${done.id}, configuration ${done.hash.slice(0, 12)}`);
        for (const one of done.lowered as LimitRef[]) io.out(`lowered with it: ${one.scope} ${one.limit}`);
      }
      finish(OK);
    });
  change("propose", "ask for a looser limit; another person of another role has to approve it")
    .option("--for <time>", "how long it shall hold, for example 4h; without it, for good")
    .action(async (scope: string, limit: string, value: string, flags: ControlsFlags) => {
      const expires = flags.for === undefined
        ? null
        : new Date(Date.now() + parseDuration(flags.for, "--for") * 1000).toISOString();
      const body = { ...refOf(scope, limit, flags), value: valueOf(limit, value), reason: flags.reason, expires };
      const [done, view] = await withConsoleClient(flags, io, async (client) => {
        const done = await client.send("POST", "/limits/proposals", body);
        return [done, await client.send("GET", "/limits") as LimitsView] as const;
      });
      const digest = view.pending.find(({ id }) => id === done.id)?.digest;
      if (flags.json) io.out(JSON.stringify({ ...done, digest }));
      else {io.out(
          `change ${done.id} waits for a second person of another role: controls approve ${done.id} --digest ${digest}`,
        );}
      finish(OK);
    });
  verb("approve <id>", "approve a looser limit, as the second person")
    .requiredOption("--digest <text>", "of the change, as controls changes shows it")
    .action(async (id: string, flags: ControlsFlags) => {
      const path = `/limits/proposals/${parseWhole(id, "the number", 1)}/approval`;
      const done = await withConsoleClient(flags, io, (client) => client.send("POST", path, { digest: flags.digest }));
      io.out(flags.json ? JSON.stringify(done) : `change ${id} is in force, configuration ${done.hash.slice(0, 12)}`);
      finish(OK);
    });
  verb("withdraw <id>", "withdraw a change that waits, or end a temporary one now")
    .requiredOption("--reason <text>", "why; goes on record")
    .action(async (id: string, flags: ControlsFlags) => {
      const path = `/limits/proposals/${parseWhole(id, "the number", 1)}/withdrawal`;
      const done = await withConsoleClient(flags, io, (client) => client.send("POST", path, { reason: flags.reason }));
      io.out(flags.json ? JSON.stringify(done) : `change ${id} withdrawn, configuration ${done.hash.slice(0, 12)}`);
      finish(OK);
    });
  addControlsFlatten(controls, io, finish, withConsoleFlags);
  addControlsLint(controls, io, finish);
  addControlsIncident(controls, io, finish);
  addControlsDescribe(controls, io, finish);
  addControlsReview(controls, io, finish);
  addControlsCertify(controls, io, finish);
}

export function withConsoleFlags(command: Command): Command {
  return command
    .option("--as <person>", "who you are; asks for the password")
    .option("--console <url>", "console of the node (default: as configured)")
    .option("--config <file>", "TOML file that names the console")
    .option("--json", "print one JSON object");
}

function refOf(scope: string, limit: string, { instrument = null }: { instrument?: string | null }): LimitRef {
  return { scope, limit, instrument };
}

/** As in a file: amounts are text, everything else is a number, and the console says what is neither. */
function valueOf(limit: string, text: string): LimitValue {
  if (text === "none") return null;
  if (text.trim() === "") throw new UserError("USAGE", 'the value is empty: give a number, or "none"');
  return !AMOUNTS.includes(limit) && /^-?\d+$/.test(text) ? Number(text) : text;
}

function limitsText({ limits, hash }: LimitsView): string[] {
  const rows = limits.map(({ scope, instrument, limit, value, unit, used, peak }) => [
    instrument === null ? scope : `${scope} in ${instrument}`,
    limit,
    String(value),
    used === null ? "not counted" : `${used} used`,
    peak === null ? "" : `${peak} at most`,
    unit,
  ]);
  return [...columns(rows), `configuration ${hash}`];
}

function changesText({ pending, temporary }: Pick<LimitsView, "pending" | "temporary">, io: CliIo): string[] {
  const name = ({ scope, limit, instrument }: LimitRef) =>
    `${limit} of ${scope}${instrument === null ? "" : ` in ${instrument}`}`;
  const lines = pending.flatMap((one) => [
    `${paint(io, "yellow", `change ${one.id}`)} of ${one.person} (${one.role}): ${
      name(one)
    } from ${one.from} to ${one.to}${one.expires === null ? "" : ` until ${new Date(one.expires).toISOString()}`}`,
    `  because: ${one.reason}`,
    `  used ${one.usage.used ?? "not counted"}, at most ${one.usage.peak ?? "not counted"}; digest ${one.digest}`,
  ]);
  for (const one of temporary) {
    lines.push(
      `change ${one.id}: ${name(one)} is ${one.value} and goes back to ${one.back} at ${
        new Date(one.until).toISOString()
      }`,
    );
  }
  return lines.length > 0 ? lines : ["nothing waits, and nothing holds for a time"];
}
