/** `audit why`: the causal story of one order, from what led to it to what became of the position. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import { suggestion } from "../config/nearest.ts";
import type { OrderName, OrderStory, RunState, StoryLine } from "../actors/node/reading/mod.ts";
import { OK } from "./failure.ts";
import { type CliIo, columns } from "./io.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";
import { timeText } from "./time_text.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit why 42                   the order with the id 42 (its client order id, ClOrdID)
  $ deno task cwts audit why anglerfish-1#17      the seventeenth order of an organism
  $ deno task cwts audit why 42 --run 3 --json

Every line names the record that says so: audit show --from <record> --limit 1, audit prove <record>.
`;

export function addAuditWhy(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("why").description("tell what led to an order and what became of it"))
    .argument("<order>", "its id, or an organism and the number of its order as anglerfish-1#17")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (text: string, flags: RunFlags & { readonly json?: boolean }) => {
      const name = parseOrder(text);
      const directory = await chooseLog(flags, io);
      const { readNamed } = await import("../actors/node/names.ts");
      const { OrderStory, RunState } = await import("../actors/node/reading/mod.ts");
      const state = new RunState();
      const story = new OrderStory(state, name);
      for (const record of readNamed(directory)) story.take(record);
      if (story.order === null) throw noSuchOrder(name, story, state);
      if (flags.json) io.out(JSON.stringify({ log: directory, order: story.order, lines: story.lines }));
      else for (const line of storyText(story.order, story.lines)) io.out(line);
      finish(OK);
    });
}

function storyText(order: number, lines: readonly StoryLine[]): string[] {
  const rows = lines.map(({ record, time, step, text, because }) => [
    String(record).padStart(8),
    timeText(time),
    step,
    because === null || step === "intent" ? text : `${text}  ← ${because}`,
  ]);
  return [`order ${order}`, ...columns(rows)];
}

/** Throws USAGE. */
function parseOrder(text: string): OrderName {
  if (/^\d+$/.test(text)) return { order: Number(text) };
  const match = /^(.+)[#:](\d+)$/.exec(text);
  if (match !== null) return { organism: match[1], number: Number(match[2]) };
  throw new UserError(
    "USAGE",
    `"${text}" names no order: give its id, as 42, or an organism and the number of its order, as anglerfish-1#17`,
  );
}

function noSuchOrder(name: OrderName, { neighbours }: OrderStory, { names, orders }: RunState): UserError {
  if ("order" in name) {
    const near = neighbours.length === 0
      ? "it has no orders"
      : `the nearest ${neighbours.length === 1 ? "is" : "are"} ${neighbours.join(" and ")}`;
    return new UserError("UNKNOWN_ORDER", `no order ${name.order} is on this log: ${near}`);
  }
  const { organism, number } = name;
  const strategy = names.strategy(organism);
  if (strategy === undefined) {
    return new UserError(
      "UNKNOWN_ORDER",
      `no organism ${organism} is on this log: ${suggestion(organism, names.organisms)}`,
    );
  }
  return new UserError(
    "UNKNOWN_ORDER",
    `${organism} has no order ${number} on this log: its orders go from 1 to ${orders.count(strategy)}`,
  );
}
