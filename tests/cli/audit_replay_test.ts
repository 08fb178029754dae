/** The decisions of a run made again: all agree, and one that was rewritten with every hash behind it is found. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import {
  AuditLog,
  type AuditRecord,
  GateDecisionView,
  OrderCommandView,
  readAudit,
  RecordType,
  StrategyLimitsView,
  verifyAudit,
} from "../../ffi/mod.ts";
import { inside, outside, withDirectory } from "./run.ts";

ensureCore();

const START = ["start", "--speed", "max", "--duration", "30s", "--seed", "5", "--console-port", "off"];

/** The log once more, with other bytes where `change` says so: its hashes are those of what it says. */
function rewritten(from: string, to: string, change: (record: AuditRecord) => void, version?: number): void {
  using log = AuditLog.open({ directory: to, durability: "memory" });
  for (const record of readAudit(from)) {
    change(record);
    const { type, time, payload, cause, producer } = record;
    log.append(
      type,
      time,
      payload,
      cause,
      type === RecordType.Decision ? version ?? record.version : record.version,
      producer,
    );
  }
}

Deno.test("audit replay makes the decisions of a run again and finds what was rewritten with its hashes", async () => {
  await withDirectory(async (directory) => {
    const data = `${directory}/data`;
    const run = await outside([...START, "--data-dir", data]);
    assert.equal(run.exit, 0, run.err);
    const log = `${data}/runs/000001`;
    const replay = (at: string, ...more: string[]) => inside(["audit", "replay", "--log", at, ...more]);

    const all = JSON.parse((await replay(log, "--json")).out);
    const decided = [...readAudit(log)].filter(({ type }) => type === RecordType.Decision);
    assert.deepEqual([all.decisions, all.first], [decided.length, null]);
    assert.ok(decided.length > 50, "the run decided something");
    const half = decided[Math.floor(decided.length / 2)].index;
    assert.equal(
      JSON.parse((await replay(log, "--to", String(half), "--json")).out).decisions,
      Math.floor(decided.length / 2),
    );
    assert.match((await replay(log)).out, /^agrees .*: \d+ decisions in \d+ records made again$/);

    // A limit that the decision is said to have been held against.
    const verdict = `${directory}/verdict`;
    rewritten(log, verdict, ({ index, payload }) => {
      if (index === half) new GateDecisionView(payload.subarray(OrderCommandView.SIZE)).limit += 1;
    });
    assert.ok(verifyAudit(verdict).ok);
    const found = await replay(verdict);
    assert.equal(found.exit, 1);
    assert.match(found.out, new RegExp(`^DIFFERS .*: the decision of record ${half}, .*\non record .*\nmade again `));
    assert.equal((await replay(verdict, "--to", String(half))).exit, 0);

    // A limit that was loaded.
    const limits = `${directory}/limits`;
    const strategy = new OrderCommandView(decided[0].payload).owner;
    rewritten(log, limits, ({ type, version, payload }) => {
      if (type !== RecordType.LimitsSet || version !== 1) return;
      const view = new StrategyLimitsView(payload);
      if (view.strategy === strategy) view.maxPosition -= 1;
    });
    const wrong = JSON.parse((await replay(limits, "--json")).out);
    const shown = decided.find(({ payload }) => {
      // What counts nowhere, as a mass cancel, is held against no limit.
      const { code, limit } = new GateDecisionView(payload.subarray(OrderCommandView.SIZE));
      return new OrderCommandView(payload).owner === strategy && code === 0 && limit > 0;
    })!;
    assert.equal(wrong.first.again.auditIndex, shown.index);
    assert.equal(wrong.first.again.limit, wrong.first.recorded.limit - 1);

    // The market it was measured against.
    const market = `${directory}/market`;
    rewritten(log, market, ({ type, payload }) => {
      if (type === RecordType.MarketSeen) new DataView(payload.buffer, payload.byteOffset).setBigInt64(8, 0n, true);
    });
    assert.equal((await replay(market)).exit, 1);

    const old = `${directory}/old`;
    rewritten(log, old, () => {}, 2);
    const refused = await replay(old);
    assert.notEqual(refused.exit, 0);
    assert.match(refused.err, /written before the market that decisions are measured against went on record/);
  });
});
