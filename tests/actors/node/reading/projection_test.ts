/** The state of runs, read out of their logs: at one moment, and kept in SQLite whatever is killed when. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { DropCopyBook } from "../../../../actors/auditors/drop_copy_book.ts";
import {
  Projector,
  rowsNow,
  RunState,
  SqliteStore,
  type TableName,
  type TableRow,
  TABLES,
} from "../../../../actors/node/reading/mod.ts";
import { type Alert, MONEY_SCALE } from "../../../../actors/protocol/mod.ts";
import { RecordType } from "../../../../ffi/layout.gen.ts";
import type { AuditRecord } from "../../../../ffi/mod.ts";
import { cwts, inside, ROOT } from "../../../cli/run.ts";
import { LOSSY, type Recorded, recorded } from "./runs.ts";

const CHAOS = { CWTS_CHAOS_RATE: "0.01" };

type Everything = Readonly<Record<TableName, readonly TableRow[]>>;

const everything = (store: SqliteStore): Everything =>
  Object.fromEntries(Object.keys(TABLES).map((name) => [name, store.rows(name as TableName)])) as unknown as Everything;

/** What the first `most` records come to, in a store of its own, in one go. */
async function projected(log: string, most = Infinity): Promise<Everything> {
  using store = new SqliteStore(":memory:");
  using projector = await Projector.open(log, store);
  await projector.catchUp({ most, batch: 1_000_000 });
  return everything(store);
}

function stateAfter(records: readonly AuditRecord[], count: number): RunState {
  const state = new RunState();
  for (const record of records.slice(0, count)) state.take(record);
  return state;
}

/** Kept from the executions of a log by other arithmetic than ours. */
function dropCopy(records: readonly AuditRecord[]): DropCopyBook {
  const book = new DropCopyBook();
  for (const { type, payload } of records) {
    if (type !== RecordType.Execution) continue;
    book.apply({ kind: "ExecutionBatch", venue: "", sequence: 0, records: payload, count: 1 });
  }
  return book;
}

for (const [what, environment] of [["a quiet run", {}], ["a run with crashes", CHAOS]] as const) {
  Deno.test(`at the end of ${what} positions and profit are the node's own, to the unit`, () =>
    recorded(({ records, summary }) => {
      const state = stateAfter(records, records.length);
      const profits = Object.fromEntries(
        state.positions.profits().map(({ organism, realised, unrealised, fees }) => [
          organism,
          { realised: realised / MONEY_SCALE, unrealised: unrealised / MONEY_SCALE, fees: fees / MONEY_SCALE },
        ]),
      );
      assert.deepEqual(profits, summary.pnl);
      assert.ok(summary.fills > 20 && Object.values(summary.pnl).some(({ unrealised }) => unrealised !== 0));
      assert.deepEqual([...state.orders.open()], [], "nothing rests at the end");
      assert.equal(state.ended, true);
    }, environment));
}

Deno.test("behind any record positions and open orders are those of the drop copy of the reports so far", () =>
  recorded(({ records }) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: records.length }), (count) => {
        const state = stateAfter(records, count);
        const copy = dropCopy(records.slice(0, count));
        const lots = [...copy.entries()].map(([strategy, instrument, lots]) => [
          state.names.organism(strategy),
          state.names.symbol(instrument),
          lots,
        ]);
        assert.deepEqual(
          state.positions.positions().map(({ organism, instrument, quantity }) => [organism, instrument, quantity]),
          lots,
        );
        const resting = [...state.orders.open()].filter(({ state }) => state === "open");
        assert.deepEqual(
          resting.map(({ order, leaves }) => [order, leaves]),
          [...copy.orders().values()].map(({ id, leaves }) => [id, leaves]),
        );
      }),
      { numRuns: 40 },
    );
  }));

Deno.test("a state that was saved and taken up again goes on as if it never had been", () =>
  recorded(({ records }) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: records.length }), (count) => {
        const state = RunState.restore(stateAfter(records, count).save());
        for (const record of records.slice(count)) state.take(record);
        assert.deepEqual(rowsNow(state), rowsNow(stateAfter(records, records.length)));
      }),
      { numRuns: 20 },
    );
  }, CHAOS));

Deno.test("mode and alerts, with how often they were raised and whether they are over, are those of the node", () =>
  recorded(
    async ({ dataDir, records, summary }) => {
      const state = stateAfter(records, records.length);
      const book = JSON.parse(await Deno.readTextFile(`${dataDir}/alerts.json`)) as {
        readonly alerts: readonly Alert[];
      };
      assert.ok(book.alerts.some(({ count }) => count > 2));
      assert.deepEqual(
        state.alerts.takeChanged().map(({ kind, subject, text, count, state }) => [kind, subject, text, count, state]),
        book.alerts.map(({ kind, subject, text, count, state, ended }) => [
          ...[kind, subject, text, count, state === "raised" && ended !== null ? "ended" : state],
        ]),
      );
      assert.equal(state.mode, summary.mode);
      assert.ok(records.some(({ index }) => stateAfter(records, index).mode === "SafeMode"));
    },
    {},
    LOSSY,
  ));

Deno.test("a report that the venue tells again is booked once, also after a state was saved between the two", () =>
  recorded(({ records }) => {
    const reports = records.filter(({ type }) => type === RecordType.Execution);
    const count = reports[100].index + 1;
    for (const state of [stateAfter(records, count), RunState.restore(stateAfter(records, count).save())]) {
      const before = rowsNow(state);
      for (const again of [reports[99], reports[100]]) state.take({ ...again, index: state.records });
      assert.deepEqual(rowsNow(state), before);
    }
  }));

Deno.test("the projection of a beginning and then of the rest, in batches of any size, is that of the whole", () =>
  recorded(
    async ({ log, records }) => {
      const whole = await projected(log);
      assert.ok(whole.orders.length > 100 && whole.limit_usage.length > 10 && whole.alerts.length > 0);
      const places = fc.array(fc.integer({ min: 1, max: records.length }), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(places, fc.integer({ min: 20, max: 900 }), async (stops, batch) => {
          using store = new SqliteStore(":memory:");
          for (const most of [...stops.toSorted((a, b) => a - b), Infinity]) {
            // A projector of its own each time, as after a restart.
            using projector = await Projector.open(log, store);
            await projector.catchUp({ most, batch });
            if (most < Infinity) assert.deepEqual(everything(store).positions, (await projected(log, most)).positions);
          }
          assert.deepEqual(everything(store), whole);
        }),
        { numRuns: 12 },
      );
    },
    CHAOS,
    LOSSY,
  ));

Deno.test("a process that projects, killed at any moment, leaves whole batches behind and each record counted once", () =>
  recorded(async ({ log, dataDir, records }) => {
    const path = `${dataDir}/killed.sqlite`;
    const at = () => {
      using store = new SqliteStore(path);
      return store.cursor();
    };
    let killed = 0;
    for (let round = 0; round < 60; round++) {
      const before = (await at())?.records ?? 0;
      if (before === records.length) break;
      const child = cwts(["audit", "project", "--log", log, "--db", path, "--batch", "1"]).spawn();
      // Once it has begun to write, at a moment that differs from round to round.
      let gone = false;
      child.status.then(() => gone = true);
      while (!gone && ((await at())?.records ?? 0) === before) await new Promise((next) => setTimeout(next, 5));
      await new Promise((next) => setTimeout(next, (round * 37) % 60));
      if (!gone) child.kill("SIGKILL");
      const [, said] = await Promise.all([child.stdout.cancel(), new Response(child.stderr).text(), child.status]);
      assert.equal(said, "", "nothing went wrong but the kill");
      const { records: reached } = (await at())!;
      if (reached < records.length) killed++;
      using store = new SqliteStore(path);
      assert.deepEqual(everything(store), await projected(log, reached), `after ${reached} records`);
      if (killed >= 6) break;
    }
    assert.ok(killed >= 3, `${killed} kills in the middle`);
    using store = new SqliteStore(path);
    using projector = await Projector.open(log, store);
    await projector.catchUp();
    assert.deepEqual(everything(store), await projected(log));
  }));

async function refusal(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
  return "ok";
}

Deno.test("what was projected of another log, of one that was cut, or by another version is refused until it is made anew", () =>
  recorded((one) =>
    recorded(async (other) => {
      using store = new SqliteStore(":memory:");
      {
        using projector = await Projector.open(one.log, store);
        await projector.catchUp();
      }
      assert.match(
        await refusal(Projector.open(other.log, store)),
        /^PROJECTION_OTHER_LOG: .* make it anew with --rebuild/,
      );
      // The same log, shorter.
      const segment = `${one.log}/audit-0000000000.log`;
      const bytes = await Deno.readFile(segment);
      await Deno.writeFile(segment, bytes.subarray(0, Math.floor(bytes.length / 2)));
      assert.match(await refusal(Projector.open(one.log, store)), /^PROJECTION_OTHER_LOG: /);
      await Deno.writeFile(segment, bytes);
      using again = await Projector.open(one.log, store);
      assert.equal(await again.catchUp(), 0);

      const cursor = (await store.cursor())!;
      await store.write({
        cursor: { ...cursor, version: 0 },
        before: cursor.records,
        changed: {},
        whole: {},
      });
      assert.match(
        await refusal(Projector.open(one.log, store)),
        /^PROJECTION_VERSION: .* make it anew with --rebuild/,
      );
      await store.clear();
      using anew = await Projector.open(other.log, store);
      await anew.catchUp();
      assert.deepEqual(everything(store), await projected(other.log));
    }, { CWTS_NODE_SEED: "8" })
  ));

Deno.test("two that project into one file do not count anything twice: the second is told", () =>
  recorded(async ({ log }) => {
    using store = new SqliteStore(":memory:");
    using first = await Projector.open(log, store);
    using second = await Projector.open(log, store);
    await first.catchUp({ most: 200 });
    assert.match(await refusal(second.catchUp()), /^PROJECTION_BUSY: another process projects the same log/);
    assert.deepEqual(everything(store), await projected(log, 200));
  }));

Deno.test("what stands before a damaged record is projected, and the damage is told", () =>
  recorded(async ({ log }) => {
    const segment = `${log}/audit-0000000000.log`;
    const bytes = await Deno.readFile(segment);
    bytes[Math.floor(bytes.length * 0.9)] ^= 1;
    await Deno.writeFile(segment, bytes);
    using store = new SqliteStore(":memory:");
    using projector = await Projector.open(log, store);
    assert.match(await refusal(projector.catchUp()), /damaged/i);
    const { records } = (await store.cursor()) ?? { records: 0 };
    assert.equal(projector.records, records);
  }));

const state = async (of: Recorded, ...more: string[]) => {
  const { exit, out, err } = await inside(["audit", "state", "--data-dir", of.dataDir, "--json", ...more]);
  assert.equal(exit, 0, err);
  return JSON.parse(out);
};

Deno.test("audit state tells the state behind a record, at a moment and at the end, with the columns of the tables", () =>
  recorded(async (of) => {
    const { records } = of;
    const at = 400;
    const shown = await state(of, "--at", String(at));
    const expected = JSON.parse(
      JSON.stringify(rowsNow(stateAfter(records, at + 1)), (_, v) => typeof v === "bigint" ? String(v) : v),
    );
    for (const [name, rows] of Object.entries(expected)) {
      const loose = (row: object) => Object.entries(row).map(([key, value]) => [key, String(value)]);
      assert.deepEqual(shown[name].map(loose), (rows as object[]).map(loose), name);
    }
    assert.equal(shown.records, at + 1);
    const moment = records[at].time;
    const upTo = records.findIndex(({ time }) => time > moment);
    const text = new Date(Math.floor(moment / 1000)).toISOString();
    assert.equal(
      (await state(of, "--at", text.replace("Z", `${String(moment % 1000).padStart(3, "0")}Z`))).records,
      upTo,
    );
    const end = await state(of);
    assert.deepEqual([end.records, end.ended, end.orders], [records.length, true, []]);
    const words = (await inside(["audit", "state", "--data-dir", of.dataDir, "--at", String(at)])).out;
    for (const part of ["positions", "profit and loss", "open orders", "limits (used now"]) {
      assert.ok(words.includes(part));
    }
    for (
      const [place, sentence] of [
        ["99999999", /no record 99999999 is on this log: the last is \d+/],
        ["1999-12-31", /nothing is on this log at that time: it begins at 2024-01-02T14:30:00/],
        ["tomorrow", /--at must be the index of a record, or a moment/],
      ] as const
    ) {
      const refused = await inside(["audit", "state", "--data-dir", of.dataDir, "--at", place]);
      assert.deepEqual([refused.exit, refused.out], [2, ""]);
      assert.match(refused.err, sentence);
    }
  }));

Deno.test("audit project makes a database that any tool reads, goes on with it, makes it anew, and may be deleted", () =>
  recorded(async (of) => {
    const project = (...more: string[]) => inside(["audit", "project", "--data-dir", of.dataDir, ...more]);
    const path = `${of.dataDir}/projections/000001.sqlite`;
    assert.match((await project()).out, /^[\d,]+ records in .*\/projections\/000001\.sqlite, [\d,]+ of them new$/);
    assert.match((await project()).out, /, 0 of them new$/);
    using database = new DatabaseSync(path);
    const filled = database.prepare("SELECT sum(filled) AS lots FROM orders").get() as { lots: number };
    const lots = of.records.filter(({ type }) => type === RecordType.Execution).length;
    assert.ok(filled.lots > 0 && lots > 0);
    assert.match(
      (await project("--rebuild")).out,
      new RegExp(`, ${of.records.length.toLocaleString("en")} of them new$`),
    );
    await Deno.remove(`${of.dataDir}/projections`, { recursive: true });
    assert.match((await project()).out, new RegExp(`, ${of.records.length.toLocaleString("en")} of them new$`));
    const text = `${of.dataDir}/text.sqlite`;
    await Deno.writeTextFile(text, "no database at all, and long enough to be looked at as one");
    const refused = await project("--db", text);
    assert.equal(refused.exit, 1);
    assert.match(refused.err, /cannot be used for projections \(.*\): remove it, or name another with --db/);
  }));

Deno.test("the page of the audit log has every table and column of the projections", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/audit.md`);
  for (const [name, { columns }] of Object.entries(TABLES)) {
    const row = page.match(new RegExp(`^\\| \`${name}\` +\\| (.*?) +\\|$`, "m"));
    assert.ok(row, name);
    assert.deepEqual([...row[1].matchAll(/`(\w+)`/g)].map(([, column]) => column), columns.map(([column]) => column));
  }
});
