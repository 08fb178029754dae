/** `alerts`: what waits for somebody on a running node, and the answers: acknowledged, and what was done. */
import type { Command } from "commander";
import { ageText as age, type Alert, type AlertsView } from "../actors/protocol/mod.ts";
import { type ConsoleFlags, withConsoleClient } from "./console_client.ts";
import { withConsoleFlags } from "./controls.ts";
import { OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { parseWhole } from "./numbers.ts";

interface AlertsFlags extends ConsoleFlags {
  readonly all?: boolean;
  readonly text?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts alerts list                                              what waits, and for how long
  $ deno task cwts alerts list --all                                        the latest that were answered, too
  $ deno task cwts alerts acknowledge 3 --text "looking at the feed" --as bob
  $ deno task cwts alerts close 3 --text "feed restarted, books agree" --as bob

An alert is acknowledged by itself, never with others, and closed with what was done. A critical alert that no role
acknowledges in its time stops trading.
`;

export function addAlerts(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const alerts = program.command("alerts").description("see and answer the alerts of a running node")
    .addHelpText("after", EXAMPLES);
  withConsoleFlags(alerts.command("list").description("alerts that wait, critical ones marked"))
    .option("--all", "those that were closed, too, as far as they are kept")
    .action(async (flags: AlertsFlags) => {
      const view = await withConsoleClient(flags, io, (client) => client.send("GET", "/alerts")) as AlertsView;
      if (flags.json) io.out(JSON.stringify(view));
      else for (const line of alertsText(view, io, flags.all === true)) io.out(line);
      finish(OK);
    });
  const answer = (name: string, path: string, description: string, what: string) =>
    withConsoleFlags(alerts.command(`${name} <id>`).description(description))
      .requiredOption("--text <text>", what)
      .action(async (id: string, flags: AlertsFlags) => {
        const at = `/alerts/${parseWhole(id, "the number", 1)}/${path}`;
        const done: Alert = await withConsoleClient(
          flags,
          io,
          (client) => client.send("POST", at, { text: flags.text }),
        );
        if (flags.json) io.out(JSON.stringify(done));
        else {io.out(
            `alert ${done.id} is ${done.state}, ${age((done.acted ?? done.acknowledged)!.afterMs)} after it was raised`,
          );}
        finish(OK);
      });
  answer("acknowledge", "acknowledgement", "say that you look after an alert", "what you found; goes on record");
  answer("close", "action", "say what was done about an alert", "what was done; goes on record");
}

export function alertsText(view: AlertsView, io: Pick<CliIo, "color">, all: boolean): string[] {
  const shown = view.alerts.filter(({ state }) => all || state !== "closed");
  const lines = shown.flatMap((alert) => [
    `${mark(alert, io)}  ${alert.id}  ${alert.state}  ${age(view.now - alert.raised)}  ${alert.text}`,
    ...storyOf(alert).map((line) => `          ${line}`),
  ]);
  if (lines.length === 0) lines.push("nothing waits");
  const seconds = view.acknowledgeMs / 1_000;
  lines.push(
    view.attended
      ? `critical alerts go to ${view.roles.join(", then ")}, ${seconds} s each, and then stop trading`
      : "critical alerts do not escalate here: nobody is expected to answer in this run",
  );
  const { acknowledgement, action } = view;
  for (const [what, times] of [["acknowledged", acknowledgement], ["acted on", action]] as const) {
    if (times.count === 0) continue;
    lines.push(`${what}: ${times.count}, median ${age(times.medianMs!)}, longest ${age(times.longestMs!)}`);
  }
  return lines;
}

function mark({ severity, state }: Alert, io: Pick<CliIo, "color">): string {
  if (severity === "warning") return "warning ";
  return state === "raised" ? paint(io, "red", "CRITICAL") : "critical";
}

function storyOf({ count, escalated, acknowledged, acted, ended }: Alert): string[] {
  return [
    ...count > 1 ? [`raised ${count} times`] : [],
    ...escalated.map(({ to, afterMs }) =>
      to === "trigger"
        ? `nobody answered: trading was stopped after ${age(afterMs)}`
        : `told ${to} after ${age(afterMs)}`
    ),
    ...acknowledged === null ? [] : [said("acknowledged", acknowledged)],
    ...acted === null ? [] : [said("closed", acted)],
    ...ended === null ? [] : ["its cause is over"],
  ];
}

const said = (verb: string, { person, role, afterMs, text }: NonNullable<Alert["acted"]>): string =>
  `${verb} by ${person} (${role}) after ${age(afterMs)}: ${text}`;
