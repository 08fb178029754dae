/** `audit show`: the records of a log in words, or as JSON Lines. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import { suggestion } from "../config/nearest.ts";
import { CODE_TEXT, CommandKind, ExecType, RecordType } from "../ffi/layout.gen.ts";
import type { AuditRecord } from "../ffi/mod.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { before, nameDamage } from "./good_part.ts";
import { parseWhole } from "./numbers.ts";
import { timeText } from "./time_text.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit show                          the first fifty records
  $ deno task cwts audit show --from 1000 --limit 20 --type Decision,Execution
  $ deno task cwts audit show --order 42               everything about one order
  $ deno task cwts audit show --until 1200 --limit 0   the good part of a log that is damaged behind it
  $ deno task cwts audit show --limit 0 --json > log.jsonl
`;

interface ShowFlags extends RunFlags {
  readonly from: string;
  readonly until?: string;
  readonly limit: string;
  readonly type?: string;
  readonly order?: string;
  readonly json?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

export function addAuditShow(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("show").description("print records of a log"))
    .option("--from <index>", "first record", "0")
    .option("--until <index>", "end before this record; reads the good part of a log that is damaged behind it")
    .option("--limit <count>", "most records to print; 0 is all", "50")
    .option("--type <names>", `only these types: ${Object.keys(RecordType).join(", ")}`)
    .option("--order <id>", "only records about this order")
    .option("--json", "print JSON Lines")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ShowFlags) => {
      const from = parseWhole(flags.from, "--from", 0);
      const limit = parseWhole(flags.limit, "--limit", 0) || Infinity;
      const types = flags.type === undefined ? null : parseTypes(flags.type);
      const order = flags.order === undefined ? null : parseWhole(flags.order, "--order", 1);
      const directory = await chooseLog(flags, io);
      const { decodeAudit } = await import("../ffi/mod.ts");
      const { readNamed } = await import("../actors/node/names.ts");
      const until = flags.until === undefined ? Infinity : parseWhole(flags.until, "--until", 1);
      if (flags.until !== undefined) await nameDamage(directory, until, io);
      let shown = 0;
      for (const record of before(until, readNamed(directory, from))) {
        if (types !== null && !types.has(record.type)) continue;
        const content = decodeAudit(record);
        if (order !== null && !concerns(content, order)) continue;
        io.out(flags.json ? recordJson(record, content) : recordText(record, content));
        if (++shown >= limit) break;
      }
      if (shown === 0 && !flags.json) io.err("no record matches");
      finish(OK);
    });
}

export function parseTypes(text: string): Set<number> {
  const known = Object.entries(RecordType);
  return new Set(
    text.split(",").map((name) => {
      const match = known.find(([type]) => type.toLowerCase() === name.trim().toLowerCase());
      if (match !== undefined) return match[1];
      throw new UserError(
        "USAGE",
        `--type ${name} is no record type: ${suggestion(name, known.map(([type]) => type))}`,
      );
    }),
  );
}

/** Whether a decoded record is about an order: as the order itself or as the target of a cancel or amend. */
export function concerns(content: unknown, order: number): boolean {
  if (typeof content !== "object" || content === null) return false;
  return Object.entries(content).some(([name, value]) =>
    ((name === "orderId" || name === "targetId") && value === order) || concerns(value, order)
  );
}

export function recordJson({ index, typeName, time, cause, producer, version }: AuditRecord, content: unknown): string {
  return JSON.stringify({ index, type: typeName, time, cause, producer, version, content });
}

const NAMES = (table: Readonly<Record<string, number>>): Readonly<Record<number, string>> =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [value, name]));
const COMMANDS = NAMES(CommandKind);
const EXECUTIONS = NAMES(ExecType);

export function recordText(record: AuditRecord, content: unknown): string {
  return `${String(record.index).padStart(8)}  ${timeText(record.time)}  ${record.typeName.padEnd(14)} ${
    sentence(record.typeName, content as Fields)
  }`;
}

function sentence(type: string, content: Fields): string {
  if (type === "Decision") {
    const { command, decision } = content as { command: Fields; decision: Fields };
    const [name, text] = CODE_TEXT[decision.code as number] ?? [`code ${decision.code}`, ""];
    const verdict = decision.code === 0
      ? "accepted"
      : `refused ${name}: ${text} (measured ${decision.measured}, limit ${decision.limit})`;
    return `${commandText(command)} → ${verdict}`;
  }
  if (type === "Execution") {
    const kind = EXECUTIONS[content.execType as number] ?? `type ${content.execType}`;
    const reason = content.reason === 0 ? "" : ` (${CODE_TEXT[content.reason as number]?.[0] ?? content.reason})`;
    return `order ${content.orderId} strategy ${content.owner} instrument ${content.instrument}: ${kind} ${
      sideText(content)
    } ${content.quantity} @ ${content.price}, ${content.leaves} left${reason}`;
  }
  if (type === "MarketSeen") {
    return `instrument ${content.instrument}: bid ${content.bid}, ask ${content.ask}, last ${content.last}, set ${
      timeText(content.time as number)
    }`;
  }
  return JSON.stringify(content);
}

function commandText(command: Fields): string {
  const who = `strategy ${command.owner} instrument ${command.instrument}`;
  switch (command.kind) {
    case CommandKind.New:
      return `order ${command.orderId} ${who}: ${sideText(command)} ${command.quantity} @ ${
        command.orderType === 1 ? "market" : command.price
      }`;
    case CommandKind.Amend:
      return `amend ${command.targetId} ${who}: ${command.quantity} @ ${command.price}`;
    case CommandKind.Cancel:
      return `cancel ${command.targetId} ${who}`;
    default:
      return `${COMMANDS[command.kind as number] ?? `kind ${command.kind}`} ${who}`;
  }
}

const sideText = (fields: Fields): string => (fields.side === 0 ? "buy" : "sell");
