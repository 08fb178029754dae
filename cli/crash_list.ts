/** `crash list`: a line per crash, the latest last. */
import type { Command } from "commander";
import { type CrashSummary, type CrashView, repetitions, tally } from "../actors/protocol/crashes.ts";
import { chooseCrashes } from "./crash_source.ts";
import { clockTime } from "./crash_text.ts";
import { OK } from "./failure.ts";
import { type CliIo, columns, paint } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import { addRunFlags, type RunFlags } from "./run_flags.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts crash list                         the latest crashes of the latest run
  $ deno task cwts crash list --actor anglerfish --limit 0
  $ deno task cwts crash list --run 3 --json          JSON Lines
`;
/** Longest reason in a line. */
const REASON = 64;
/** What crashes so often in the same way is named at the top; at most so many. */
const REPEATED = 4;
const REPETITIONS = 5;

interface ListFlags extends RunFlags {
  readonly limit: string;
  readonly actor?: string;
  readonly json?: boolean;
}

export function addCrashList(crash: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(crash.command("list").description("the crashes of a run, a line each"))
    .option("--limit <count>", "most crashes to print, the latest ones; 0 is all", "50")
    .option("--actor <text>", "only actors whose path contains this")
    .option("--json", "print JSON Lines")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ListFlags) => {
      const limit = parseWhole(flags.limit, "--limit", 0) || Infinity;
      const source = await chooseCrashes(flags, io);
      const { readCrashes } = await import("../actors/node/crash_reader.ts");
      const all = readCrashes(source);
      const matching = all.filter(({ path }) => flags.actor === undefined || path.includes(flags.actor));
      const shown = matching.slice(Math.max(0, matching.length - limit));
      if (flags.json) { for (const one of shown) io.out(JSON.stringify(summary(one))); }
      else for (const line of listText(source.name, all, matching.length, shown, io)) io.out(line);
      finish(OK);
    });
}

function summary({ record: _, ...rest }: CrashView): Omit<CrashView, "record"> {
  return rest;
}

export function listText(
  name: string,
  all: readonly CrashSummary[],
  matching: number,
  shown: readonly CrashSummary[],
  io: Pick<CliIo, "color">,
): string[] {
  if (all.length === 0) return [`no actor has crashed in ${name}`];
  if (matching === 0) return [`none of the ${all.length} crashes in ${name} is of such an actor`];
  const rows = shown.map(({ id, time, path, incarnation, reason, message, restartsLeft, decision }) => [
    String(id),
    clockTime(time),
    path,
    String(incarnation + 1),
    message ?? "–",
    short(reason),
    restartsLeft === null ? "–" : String(restartsLeft),
    decision.detail,
  ]);
  const head = ["crash", "market time, UTC", "actor", "life", "handling", "reason", "left", "then"];
  const [titles, ...lines] = columns([head, ...rows]);
  const more = shown.length < matching ? ` (the latest ${shown.length} of ${matching})` : "";
  return [
    `${counted(all.length, "crash", "crashes")} in ${name}: ${tally(all)}${more}`,
    ...repetitions(all, REPEATED).slice(0, REPETITIONS).map(({ path, reason, count, first, last }) =>
      paint(io, "yellow", `  ${count} times, crashes ${first} to ${last}: ${path}  ${short(reason)}`)
    ),
    paint(io, "dim", titles),
    ...lines.map((line, i) => isTrouble(shown[i]) ? paint(io, "red", line) : line),
    `what is known of one: deno task cwts crash show ${shown.at(-1)!.id}`,
  ];
}

function isTrouble({ decision }: CrashSummary): boolean {
  return decision.kind === "gave-up" || decision.kind === "failed-again";
}

function short(reason: string): string {
  const line = reason.split("\n")[0];
  return line.length <= REASON ? line : `${line.slice(0, REASON - 1)}…`;
}

function counted(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
