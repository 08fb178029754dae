/**
 * A crash record for somebody who was woken by it: first what happened and whether it was dealt with, then how it came to
 * that, then everything else.
 */
import { isDeepStrictEqual } from "node:util";
import type { CrashProof } from "../actors/node/crash_reader.ts";
import { compareStates, type CrashView, replayCommand, supervisionOf } from "../actors/protocol/crashes.ts";
import type { CrashRecord, TracedMessage } from "../runtime/mod.ts";
import { type CliIo, columns, paint } from "./io.ts";

type Io = Pick<CliIo, "color">;

const PROOFS: Readonly<Record<CrashProof, string>> = {
  same: "and the audit log says the same word for word",
  other: "BUT THE AUDIT LOG SAYS SOMETHING ELSE: trust the log (crash show --log)",
  absent: "but the audit log does not have it (not written yet, or the log had failed)",
  damaged: "but the audit log is damaged before it: deno task cwts audit verify",
};
/** Most places of an unchanged state. */
const STATE_LINES = 40;

export function crashText(crash: CrashView, proof: CrashProof, io: Io): string[] {
  const { record, decision } = crash;
  const title = (text: string) => paint(io, "bold", text);
  const fields = (rows: readonly (readonly [string, string])[]) =>
    indent(columns(rows.map(([name, value]) => [name, value])));
  const trouble = decision.kind === "gave-up" || decision.kind === "failed-again" || proof === "other";
  return [
    `${paint(io, "red", `crash ${record.id}`)}  ${title(record.path)}  ${record.reason}`,
    ...record.causes.slice(1).map((cause) => `  caused by ${cause}`),
    `${paint(io, trouble ? "red" : "green", decision.detail)}${budgetText(record)}`,
    "",
    ...fields([
      [
        "when",
        `${clockTime(record.time)} market time, ${since(record.time - record.replay.start)} after the start${
          wallText(crash)
        }`,
      ],
      [
        "who",
        `${record.type}, life ${record.incarnation + 1}${
          record.names.length > 0 ? `, known as ${record.names.join(", ")}` : ""
        }`,
      ],
      ["handling", record.message === null ? "nothing: it ended between messages" : messageText(record.message)],
      ...record.nativeCall === null ? [] : [["native call", record.nativeCall] as const],
      ...record.awaited.length === 0 ? [] : [["awaited", record.awaited.join(", ")] as const],
    ]),
    ...section(title("why it was handling that"), whyText(record.why)),
    ...section(title("that message"), record.content === null ? [] : jsonText(record.content)),
    ...section(title("stack"), record.stack?.split("\n").slice(1).map((line) => line.trim()) ?? []),
    ...section(title(stateTitle(record.stateBefore, record.state)), stateText(record.stateBefore, record.state, io)),
    ...section(title("the latest messages it took"), latestText(record.latest)),
    "",
    title("around it"),
    ...fields([
      ["mailbox", mailboxText(record.mailbox)],
      ["timers", record.timers.map(({ key, due }) => `${key} in ${since(due - record.time)}`).join(", ") || "none"],
      ["watchers", record.watchers.join(", ") || "none"],
      ...record.children.length === 0 ? [] : [["children", record.children.join(", ")] as const],
      ...supervisionRows(record),
    ]),
    "",
    title("to stand just before it again"),
    ...indent(replayText(record)),
    "",
    paint(io, "dim", `${Object.entries(record.facts).map(([name, value]) => `${name} ${value}`).join("; ")}`),
    paint(io, proof === "same" ? "dim" : "red", `audit record ${crash.auditIndex ?? "none"}, ${PROOFS[proof]}`),
  ];
}

/** Market time of day with its date, to the microsecond. */
export function clockTime(micros: number): string {
  const iso = new Date(Math.floor(micros / 1000)).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${String(micros % 1000).padStart(3, "0")}`;
}

function since(micros: number): string {
  if (micros < 1000) return `${micros} µs`;
  return micros < 1e6 ? `${micros / 1e3} ms` : `${micros / 1e6} s`;
}

const wallText = ({ wall }: CrashView): string => (wall === null ? "" : ` (${wall} on the wall)`);

function messageText({ message, id, sender }: TracedMessage): string {
  return `${message} #${id}${sender === null ? ", from outside or from one that is gone" : ` from ${sender}`}`;
}

function whyText(why: readonly TracedMessage[]): string[] {
  if (why.length < 2) return [];
  const last = why.at(-1)!;
  const lines = why.map((step, i) =>
    `${"  ".repeat(i)}${i === 0 ? "" : "because "}${step.receiver} got ${messageText(step)}`
  );
  return last.cause === 0
    ? lines
    : [...lines, `${"  ".repeat(why.length)}because of message #${last.cause}, which nobody keeps any more`];
}

function latestText(latest: readonly TracedMessage[]): string[] {
  return columns(latest.map(({ id, message, sender, cause }) => [
    `#${id}`,
    message,
    `from ${sender ?? "outside"}`,
    cause === 0 ? "" : `because of #${cause}`,
  ]));
}

function mailboxText({ waiting, stashed, kinds }: CrashView["record"]["mailbox"]): string {
  const named = Object.entries(kinds).map(([kind, n]) => `${kind} ${n}`).join(", ");
  return `${waiting === 0 ? "nothing waiting" : `${waiting} waiting (${named})`}${
    stashed > 0 ? `, ${stashed} set aside` : ""
  }`;
}

function stateTitle(before: unknown, after: unknown): string {
  if (before === null) return "state";
  if (after === null) return "state before that message";
  return isDeepStrictEqual(before, after)
    ? "state, which the last message did not change"
    : "state before → after the last message";
}

function stateText(before: unknown, after: unknown, io: Io): string[] {
  const places = compareStates(before, after);
  if (before === null || after === null) {
    return [...cut(columns(places.map(({ place, before, after }) => [place, (after ?? before)!])))];
  }
  const changed = places.filter((one) => one.before !== one.after);
  const kept = places.filter((one) => one.before === one.after);
  return [
    ...columns(changed.map((one) => [one.place, `${one.before ?? "–"} → ${one.after ?? "–"}`]))
      .map((line) => paint(io, "yellow", line)),
    ...cut(columns(kept.map(({ place, after }) => [place, after!]))).map((line) => paint(io, "dim", line)),
  ];
}

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= STATE_LINES
    ? lines
    : [...lines.slice(0, STATE_LINES), `… and ${lines.length - STATE_LINES} more: --json has all`];
}

const jsonText = (value: unknown): string[] => cut(JSON.stringify(value, null, 1).split("\n")) as string[];

function budgetText(record: CrashRecord): string {
  const report = supervisionOf(record);
  if (report === null) return "";
  const { left, intensity, periodMs, onGiveUp } = report.budget;
  const { own } = report;
  const alone = own === null ? "" : `; of its own ${own.left} of ${own.intensity} in ${own.periodMs / 1000} s`;
  return `; ${left} of ${intensity} restarts in ${periodMs / 1000} s were left, then ${onGiveUp}${alone}`;
}

function supervisionRows(record: CrashRecord): readonly (readonly [string, string])[] {
  const report = supervisionOf(record);
  if (report === null) return [];
  const { supervisor, strategy, child } = report;
  const { backoff } = child;
  const stops = typeof child.shutdown === "number"
    ? `has ${child.shutdown / 1000} s to stop`
    : `stops by ${child.shutdown}`;
  const delay = backoff === null
    ? "restarted without delay"
    : `restarted after ${backoff.initialMs} ms × ${backoff.factor} per failure up to ${backoff.maxMs} ms ± ${
      backoff.jitter * 100
    } %, ${child.failures} before this in a row`;
  return [
    ["supervisor", `${supervisor} (${strategy})`],
    ["child", `${child.restart}, ${stops}, ${delay}, mailbox: ${child.mailboxOnRestart}`],
  ];
}

function replayText(record: CrashRecord): string[] {
  const { facts, replay: { seed, message, position } } = record;
  const where = Object.entries(position).map(([name, n]) => `${name} ${n}`).join(", ");
  const which = `${message === 0 ? "between messages" : `message #${message}`}${where === "" ? "" : `; ${where}`}`;
  const command = replayCommand(record);
  if (command === null) return [`it crashed at the very start: deno task start --seed ${seed} (${which})`];
  const config = facts.config?.slice(0, 12) ?? "of the run";
  return [command, `with the configuration ${config}; it ends one microsecond before the crash (${which})`];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...indent(lines)];
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
