/** The story of an order, told from the logs of whole runs. */
import assert from "node:assert/strict";
import { OrderStory, RunState, type StoryLine } from "../../../../actors/node/reading/mod.ts";
import type { OrderName } from "../../../../actors/node/reading/mod.ts";
import type { Decided, ExecutionFields } from "../../../../actors/node/reading/records.ts";
import { readCause } from "../../../../actors/protocol/mod.ts";
import { type AuditRecord, decodeAudit, gateChecks } from "../../../../ffi/mod.ts";
import { Code, CommandKind, ExecType, RecordType } from "../../../../ffi/layout.gen.ts";
import { inside } from "../../../cli/run.ts";
import { recorded, TIGHT } from "./runs.ts";

function storyOf(records: readonly AuditRecord[], name: OrderName): OrderStory {
  const story = new OrderStory(new RunState(), name);
  for (const record of records) story.take(record);
  return story;
}

const decisions = (records: readonly AuditRecord[]) =>
  records.filter(({ type }) => type === RecordType.Decision)
    .map((record) => ({ record, ...decodeAudit(record) as Decided }));
const reports = (records: readonly AuditRecord[]) =>
  records.filter(({ type }) => type === RecordType.Execution)
    .map((record) => ({ record, report: decodeAudit(record) as ExecutionFields }));
const sum = (lines: readonly StoryLine[], of: (facts: Readonly<Record<string, never>>) => number) =>
  lines.reduce((total, { facts }) => total + of(facts as never), 0);

Deno.test("every command of a run has what led to it on record, and it is there", () =>
  recorded(({ records, summary }) => {
    const reported = new Map<number, number>();
    for (const { record, report } of reports(records)) {
      if (!reported.has(report.orderId)) reported.set(report.orderId, record.index);
    }
    const kinds = new Set<string>();
    for (const { record, command } of decisions(records)) {
      const cause = readCause(command.cause);
      kinds.add(cause.kind);
      if (cause.kind === "report") assert.ok(reported.get(cause.order)! < record.index, `record ${record.index}`);
      if (cause.kind === "market") assert.ok(cause.number > 0 && cause.number <= summary.events, `${cause.number}`);
      assert.notEqual(cause.kind, "unknown", `record ${record.index}`);
    }
    assert.deepEqual([...kinds].sort(), ["host", "market", "report", "timer"]);
  }));

Deno.test("the story of an order has every record about it, in order, each with what led to it", () =>
  recorded(({ records }) => {
    const filled = new Set(
      reports(records).filter(({ report }) => report.execType === ExecType.Trade).map(({ report }) => report.orderId),
    );
    assert.ok(filled.size > 10, `${filled.size} filled orders`);
    for (const order of filled) {
      const { lines } = storyOf(records, { order });
      assert.deepEqual(lines.slice(0, 3).map(({ step }) => step), ["cause", "intent", "decision"]);
      const about = [
        ...decisions(records).filter(({ command }) => command.orderId === order || command.targetId === order),
        ...reports(records).filter(({ report }) => report.orderId === order),
      ].map(({ record }) => record.index).sort((a, b) => a - b);
      assert.deepEqual([...new Set(lines.map(({ record }) => record))], about, `order ${order}`);
      for (const { step, because } of lines) {
        assert.ok(step === "cause" || step === "check" || because !== null, `${step} of order ${order}`);
      }
      const fills = lines.filter(({ step }) => step === "fill");
      const moved = lines.filter(({ step }) => step === "position");
      const lots = sum(fills, ({ report }) => (report as ExecutionFields).quantity);
      assert.equal(Math.abs(sum(moved, ({ before, after }) => (after as number) - (before as number))), lots);
    }
  }));

Deno.test("the number of an order among those of its organism names the same order as its id", () =>
  recorded(({ records }) => {
    const own = decisions(records).filter(({ command }) => command.kind === CommandKind.New && command.owner === 1);
    for (const at of [0, 7, own.length - 1]) {
      const story = storyOf(records, { organism: "anglerfish-1", number: at + 1 });
      assert.equal(story.order, own[at].command.orderId);
      assert.deepEqual(story.lines, storyOf(records, { order: own[at].command.orderId }).lines);
    }
  }));

Deno.test("a refused order names the check that refused it, with what it measured, the limit and whose it was", () =>
  recorded(
    ({ records }) => {
      const refused = decisions(records).find(({ decision }) => decision.code === Code.MessageRate)!;
      const { lines } = storyOf(records, { order: refused.command.orderId });
      const { text } = lines.find(({ step }) => step === "decision")!;
      const { check, measured, limit } = refused.decision;
      const by = `refused MessageRate by check ${check + 1}, ${gateChecks()[check]} of organism:anglerfish-1: `;
      assert.ok(
        text.startsWith(by) && text.includes(`; measured ${measured}`) && text.includes(`, limit ${limit}`),
        text,
      );
      assert.ok(limit > 0 && measured !== limit, text);
    },
    {},
    TIGHT,
  ));

Deno.test("an accepted order shows each limit it counted for, as the gate held it", () =>
  recorded(
    ({ records }) => {
      for (const { command, decision } of decisions(records)) {
        if (command.kind !== CommandKind.New || decision.code !== 0) continue;
        const { lines } = storyOf(records, { order: command.orderId });
        const position = lines.find(({ text }) => text.startsWith("max_position of organism:anglerfish-1"))!;
        // What the gate says of an accepted order is its strategy's worst case with it.
        assert.deepEqual([position.facts.used, position.facts.value], [decision.measured, 12]);
      }
    },
    {},
    TIGHT,
  ));

Deno.test("audit why tells the story in text and as JSON, and says in one sentence what is not there", () =>
  recorded(async ({ dataDir, records }) => {
    const why = (order: string, ...more: string[]) => inside(["audit", "why", order, "--data-dir", dataDir, ...more]);
    const { order, lines } = JSON.parse((await why("anglerfish-1#3", "--json")).out);
    assert.deepEqual(lines, JSON.parse(JSON.stringify(storyOf(records, { order }).lines)));
    const text = (await why(String(order))).out.split("\n");
    assert.equal(text[0], `order ${order}`);
    assert.equal(text.length, lines.length + 1);
    assert.match(text[1], /^ +\d+ {2}2024-01-02T14:30:\d\d\.\d{6}Z {2}cause {5}/);
    assert.deepEqual(
      text.slice(1).map((line) => Number(line.slice(0, 8))),
      lines.map((line: StoryLine) => line.record),
    );

    const refusals: readonly (readonly [string, RegExp])[] = [
      ["9999999", /no order 9999999 is on this log: the nearest is \d+$/],
      ["anglerfish-1#9999", /anglerfish-1 has no order 9999 on this log: its orders go from 1 to \d+$/],
      ["anglerfsh-1#1", /no organism anglerfsh-1 is on this log: did you mean anglerfish-1\?$/],
      ["the big one", /"the big one" names no order: give its id, as 42, or/],
    ];
    for (const [name, sentence] of refusals) {
      const { exit, out, err } = await why(name);
      assert.deepEqual([exit, out], [2, ""], name);
      assert.match(err, sentence);
    }
  }));
