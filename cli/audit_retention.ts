/** `audit retention`, `audit hold` and `audit unhold`: which logs may go, which must stay, and how they go. */
import type { Command } from "commander";
import { loadConfig, UserError } from "../config/mod.ts";
import type { KeptRun, RetentionBook } from "../actors/node/retention/mod.ts";
import { chooseDataDir, type DataDirFlags, isHeld, requireNodeDirectory } from "./data_dir.ts";
import { describeFailure, FAILURE, OK } from "./failure.ts";
import { actingAs, type AsFlags, hostName, withDesk } from "./host_access.ts";
import { type CliIo, columns } from "./io.ts";
import { parseWhole } from "./numbers.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit retention                                 what would be removed, and why the rest stays
  $ deno task cwts audit retention --apply --as dan                removes it
  $ deno task cwts audit hold 12 --reason "lawsuit 7/26" --as dan  stays whatever its age, until audit unhold 12

The latest run always stays, and one that does not verify. How long the others do is audit.retention_years.
`;

/** How long a running node has to put a removal on record, and how often it is looked at, milliseconds. */
const RECORDED_WITHIN = 10_000;
const LOOK_EVERY = 50;
const MEBIBYTE = 1_048_576;

interface RetentionFlags extends DataDirFlags, AsFlags {
  readonly apply?: boolean;
  readonly json?: boolean;
}

interface HoldFlags extends DataDirFlags, AsFlags {
  readonly reason: string;
}

export function addAuditRetention(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  withDirectory(audit.command("retention").description("show which logs were kept long enough, and remove them"))
    .option("--apply", "remove them; without it nothing changes")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: RetentionFlags) => {
      const { dataDir, book } = await opened(flags, io);
      const { planRetention } = await import("../actors/node/retention/mod.ts");
      const years = loadConfig({ file: flags.config }).config.audit.retentionYears;
      const plan = planRetention(dataDir, { years, holds: book.read().holds, now: Date.now() });
      if (!flags.apply) {
        if (flags.json) io.out(JSON.stringify({ years, runs: plan.map(shown) }));
        else for (const line of planText(plan, years)) io.out(line);
        return finish(OK);
      }
      finish(await apply(plan, dataDir, book, flags, io));
    });
  withDirectory(audit.command("hold").description("keep the log of a run whatever its age"))
    .argument("<run>", "number of the run")
    .requiredOption("--reason <text>", "why: it goes on record")
    .addHelpText("after", EXAMPLES)
    .action(async (text: string, flags: HoldFlags) => {
      const { dataDir, book } = await opened(flags, io);
      const run = parseWhole(text, "the run", 1);
      const { runDirectory } = await import("../actors/node/mod.ts");
      runDirectory(dataDir, run);
      const { reason } = flags;
      if (reason.trim() === "") throw new UserError("USAGE", "--reason must say why the log is held");
      const who = await whoActs(dataDir, flags, io);
      const since = new Date().toISOString();
      book.change({ action: "run-held", run, reason, who }, ({ holds }) => {
        const known = holds.find((hold) => hold.run === run);
        if (known !== undefined) {
          throw new UserError("RUN_HELD", `run ${run} is held already, by ${known.who}: ${known.reason}`);
        }
        holds.push({ run, reason, who, since });
      });
      io.out(`run ${run} is held`);
      finish(OK);
    });
  withDirectory(audit.command("unhold").description("end the hold of a run"))
    .argument("<run>", "number of the run")
    .requiredOption("--reason <text>", "why: it goes on record")
    .action(async (text: string, flags: HoldFlags) => {
      const { dataDir, book } = await opened(flags, io);
      const run = parseWhole(text, "the run", 1);
      const who = await whoActs(dataDir, flags, io);
      book.change({ action: "run-released", run, reason: flags.reason, who }, (kept) => {
        if (!kept.holds.some((hold) => hold.run === run)) throw new UserError("RUN_NOT_HELD", `run ${run} is not held`);
        kept.holds = kept.holds.filter((hold) => hold.run !== run);
      });
      io.out(`run ${run} is no longer held`);
      finish(OK);
    });
}

const withDirectory = (command: Command): Command =>
  command
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .option("--as <person>", "who you are, where people are enrolled: it takes the action certify");

async function opened(
  flags: DataDirFlags,
  io: CliIo,
): Promise<{ readonly dataDir: string; readonly book: RetentionBook }> {
  const dataDir = chooseDataDir(flags, io);
  requireNodeDirectory(dataDir);
  const { RetentionBook } = await import("../actors/node/retention/mod.ts");
  return { dataDir, book: new RetentionBook(dataDir) };
}

/** A person with the action where people are enrolled, else the user of the machine. */
function whoActs(dataDir: string, flags: AsFlags, io: CliIo): Promise<string> {
  return withDesk(
    dataDir,
    io,
    async (desk) => desk.governed ? (await actingAs(desk, flags, io, "certify")).id : hostName(),
  );
}

async function apply(
  plan: readonly KeptRun[],
  dataDir: string,
  book: RetentionBook,
  flags: RetentionFlags,
  io: CliIo,
): Promise<number> {
  const { finishRemovals, removeRun, RUN_REMOVED } = await import("../actors/node/retention/mod.ts");
  const due = plan.filter(({ verdict }) => verdict === "due");
  const who = await whoActs(dataDir, flags, io);
  for (const run of finishRemovals(dataDir, book)) io.err(`run ${run}: its removal had begun, and is finished`);
  let exit = OK;
  const removed = [];
  for (const one of due.filter(({ run }) => !book.read().removed.some((gone) => gone.run === run))) {
    const onRecord = isHeld(dataDir) ? () => recorded(book, RUN_REMOVED, one.run) : undefined;
    try {
      removed.push(await removeRun(one, { dataDir, book, who, now: Date.now(), onRecord }));
      if (!flags.json) {
        io.out(`run ${one.run} removed: ${removed.at(-1)!.records} records, root ${removed.at(-1)!.root}`);
      }
    } catch (error) {
      // One that has to stay keeps nobody else.
      io.err(`run ${one.run} stays: ${describeFailure(error).sentence}`);
      exit = FAILURE;
    }
  }
  if (flags.json) io.out(JSON.stringify({ removed }));
  else if (removed.length === 0) io.out("nothing was removed");
  return exit;
}

async function recorded(book: RetentionBook, action: string, run: number): Promise<boolean> {
  for (let waited = 0; waited < RECORDED_WITHIN; waited += LOOK_EVERY) {
    if (book.isRecorded(action, run)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
  return book.isRecorded(action, run);
}

const shown = ({ run, lastWritten, bytes, until, verdict, hold }: KeptRun) => ({
  ...{ run, lastWritten: day(lastWritten), bytes, until: day(until), verdict, hold },
});

function planText(plan: readonly KeptRun[], years: number): string[] {
  const rows = plan.map(({ run, lastWritten, bytes, until, verdict, hold }) => [
    `run ${run}`,
    `written until ${day(lastWritten)}`,
    `${(bytes / MEBIBYTE).toFixed(1)} MiB`,
    verdict === "held"
      ? `held by ${hold!.who} since ${hold!.since.slice(0, 10)}: ${hold!.reason}`
      : verdict === "latest"
      ? "stays: the latest run"
      : verdict === "young"
      ? `stays until ${day(until)}`
      : "due: --apply removes it",
  ]);
  return rows.length === 0 ? ["no run yet"] : [`logs are kept ${years} years`, ...columns(rows)];
}

/** A moment that no calendar holds is as far as one can look. */
const day = (millis: number): string =>
  Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString().slice(0, 10) : "the end of time";
