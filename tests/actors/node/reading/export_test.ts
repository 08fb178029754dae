/** Logs of whole runs, taken away as JSON Lines, CSV and Parquet, and read back. */
import assert from "node:assert/strict";
import { parquetReadObjects } from "hyparquet";
import { leafHash, toHex, Tree } from "../../../../actors/auditors/verifier/mod.ts";
import { COLUMNS, type FlatRow, flatRow, readNames, wantedRecords } from "../../../../actors/node/reading/mod.ts";
import { toLots, toTicks } from "../../../../actors/protocol/mod.ts";
import { AuditLog, readAudit } from "../../../../ffi/mod.ts";
import { RecordType } from "../../../../ffi/layout.gen.ts";
import { type FieldType, records as layouts } from "../../../../ffi/layout/records.ts";
import { camel } from "../../../../ffi/layout/shape.ts";
import { inside, ROOT } from "../../../cli/run.ts";
import { type Recorded, recorded } from "./runs.ts";

const exported = (of: Recorded, format: string, ...more: string[]) =>
  inside(["audit", "export", "--format", format, "--data-dir", of.dataDir, ...more]);

/** A crash, limits and a basket: records of every kind that the core writes. */
const CHAOS = { CWTS_CHAOS_RATE: "0.02" };

type Fields = Readonly<Record<string, number | string>>;
interface Line {
  readonly index: number;
  readonly time: string;
  readonly type: keyof typeof RecordType;
  readonly version: number;
  readonly producer: number;
  readonly cause: number | string;
  // deno-lint-ignore no-explicit-any -- content of every kind
  readonly content: any;
}

const SETTERS: Readonly<Record<FieldType, (view: DataView, at: number, value: bigint) => void>> = {
  u8: (view, at, value) => view.setUint8(at, Number(value)),
  u16: (view, at, value) => view.setUint16(at, Number(value), true),
  u32: (view, at, value) => view.setUint32(at, Number(value), true),
  i32: (view, at, value) => view.setInt32(at, Number(value), true),
  u64: (view, at, value) => view.setBigUint64(at, value, true),
  i64: (view, at, value) => view.setBigInt64(at, value, true),
  time: (view, at, value) => view.setBigInt64(at, value, true),
};

function bytesOf(name: string, values: Fields): Uint8Array {
  const { size, fields } = layouts.find((one) => one.name === name)!;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [offset, type, field] of fields) SETTERS[type](view, offset, BigInt(values[camel(field)]));
  return bytes;
}

const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

/** The payload that a line of an export speaks of. */
function payloadOf({ type, content }: Line): Uint8Array {
  if (type === "Decision") {
    return joined(bytesOf("OrderCommand", content.command), bytesOf("GateDecision", content.decision));
  }
  if (type === "Execution") return bytesOf("Execution", content);
  if (type === "MarketSeen") return bytesOf("MarketSeen", content);
  if (type === "LimitsSet") return bytesOf(content.record, content);
  return new TextEncoder().encode(JSON.stringify(content));
}

/** As the record lies in the log: header and padded payload. */
function recordOf(line: Line): Uint8Array {
  const payload = payloadOf(line);
  const [seconds, fraction] = line.time.replace("Z", "").split(".");
  const header = bytesOf("AuditHeader", {
    magic: 0x52415743,
    length: payload.length,
    recordType: RecordType[line.type],
    version: line.version,
    producer: line.producer,
    index: line.index,
    time: String(BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction)),
    cause: line.cause,
    reserved: 0,
  });
  return joined(header, payload, new Uint8Array((8 - (payload.length % 8)) % 8));
}

for (const [what, environment] of [["a quiet run", {}], ["a run with crashes", CHAOS]] as const) {
  Deno.test(`JSON Lines of ${what} say all that the log says: records made of them have its root`, () =>
    recorded(async (of) => {
      const lines = (await exported(of, "jsonl")).out.split("\n").map((line) => JSON.parse(line) as Line);
      assert.equal(lines.length, of.summary.audit.records);
      const tree = await new Tree().with(await Promise.all(lines.map((line) => leafHash(recordOf(line)))));
      assert.equal(toHex(await tree.root()), of.summary.audit.root);
    }, environment));
}

/** RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const line of text.matchAll(/((?:[^"\n]|"(?:[^"]|"")*")*)(?:\n|$)/g)) {
    if (line[1] === "") continue;
    const cells = [...`${line[1]},`.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*)),/g)];
    rows.push(cells.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare));
  }
  return rows;
}

const rowsOf = (of: Recorded): FlatRow[] => {
  const names = readNames(of.log);
  return [...wantedRecords(of.log, {})].map((record) => flatRow(record, names));
};

Deno.test("CSV has a row for each record and every column under its name", () =>
  recorded(async (of) => {
    const [head, ...rows] = parseCsv((await exported(of, "csv")).out);
    assert.deepEqual(head, COLUMNS.map(([name]) => name));
    const expected = rowsOf(of);
    assert.equal(rows.length, of.summary.audit.records);
    rows.forEach((row, i) => {
      assert.deepEqual(row, COLUMNS.map(([name]) => String(expected[i][name] ?? "")), `row ${i}`);
    });
  }));

Deno.test("the page of the audit log has every column, in order", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/audit.md`);
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (integer|text) +\| (.+?) +\|$/gm)];
  assert.deepEqual(rows.map(([, ...cells]) => cells), COLUMNS.map((column) => [...column]));
});

Deno.test("Parquet has a row for each record, whole numbers to the last bit, nothing where there is nothing", () =>
  recorded(async (of) => {
    const file = `${of.dataDir}/log.parquet`;
    assert.equal((await exported(of, "parquet", "--out", file)).exit, 0);
    const rows = await parquetReadObjects({ file: (await Deno.readFile(file)).buffer });
    const expected = rowsOf(of);
    assert.equal(rows.length, of.summary.audit.records);
    rows.forEach((row, i) => {
      const cells = COLUMNS.map(([name, type]) => {
        const cell = expected[i][name] ?? null;
        return cell === null || type === "text" ? cell : BigInt(cell);
      });
      assert.deepEqual(COLUMNS.map(([name]) => row[name] ?? null), cells, `row ${i}`);
    });
  }));

Deno.test("decimals are their ticks and lots exactly, and every order has its organism and its price", () =>
  recorded((of) => {
    const names = readNames(of.log);
    let seen = 0;
    for (const row of rowsOf(of)) {
      if (row.type !== "Decision" && row.type !== "Execution") continue;
      assert.ok(names.organisms.includes(String(row.organism)), `record ${row.index}`);
      if (row.price === null || row.price === undefined) continue;
      const terms = names.terms(Number(row.instrument_id))!;
      assert.equal(toTicks(terms, String(row.price)), Number(row.price_ticks));
      assert.equal(toLots(terms, String(row.quantity)), Number(row.quantity_lots));
      if (row.type === "Execution") assert.equal(row.cause, row.order_id, "a report is caused by its order");
      seen++;
    }
    assert.ok(seen > 200, `${seen} rows with a price`);
  }));

Deno.test("a part is exported by place, kind and organism", () =>
  recorded(async (of) => {
    const indexes = async (...more: string[]) =>
      (await exported(of, "jsonl", ...more)).out.split("\n").filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as Line).index);
    const all = rowsOf(of);
    const are = (keep: (row: FlatRow) => boolean) => all.filter(keep).map(({ index }) => index);
    assert.deepEqual(
      await indexes("--from", "100", "--to", "120"),
      are(({ index }) => Number(index) >= 100 && Number(index) < 120),
    );
    const [from, to] = ["2024-01-02T14:30:10Z", "2024-01-02T14:30:20.5Z"];
    const inside = ({ time }: FlatRow) =>
      String(time) >= "2024-01-02T14:30:10" && String(time) < "2024-01-02T14:30:20.5";
    assert.deepEqual(await indexes("--from", from, "--to", to), are(inside));
    assert.ok(are(inside).length > 10);
    assert.deepEqual(await indexes("--type", "execution"), are(({ type }) => type === "Execution"));
    assert.deepEqual(
      await indexes("--organism", "anglerfish-1"),
      are(({ type, organism }) => (type === "Decision" || type === "Execution") && organism === "anglerfish-1"),
    );
  }));

Deno.test("an export takes nobody's place, leaves nothing behind when it fails, and is refused in a sentence", () =>
  recorded(async (of) => {
    const there = `${of.dataDir}/there.csv`;
    await Deno.writeTextFile(there, "mine");
    const taken = await exported(of, "csv", "--out", there);
    assert.deepEqual([taken.exit, await Deno.readTextFile(there)], [1, "mine"]);
    assert.match(taken.err, /is there already: name a new file with --out, or remove it/);
    for (
      const [args, sentence] of [
        [["parquet"], /a Parquet file is not for a terminal: name it with --out/],
        [["cvs"], /--format cvs is none: did you mean csv\?/],
        [["csv", "--organism", "platypus"], /no organism platypus is on this log: (did you mean|known are)/],
        [["csv", "--from", "yesterday"], /--from must be the index of a record, or a moment such as/],
        [["csv", "--type", "Fill"], /--type Fill is no record type/],
      ] as const
    ) {
      const { exit, out, err } = await exported(of, ...args as unknown as [string]);
      assert.deepEqual([exit, out], [2, ""], args.join(" "));
      assert.match(err, sentence);
    }
    // A log that is damaged in its middle ends the export, and no file is there that looks like one.
    const segment = `${of.log}/audit-0000000000.log`;
    const bytes = await Deno.readFile(segment);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    await Deno.writeFile(segment, bytes);
    for (const format of ["csv", "parquet"]) {
      assert.equal((await exported(of, format, "--out", `${of.dataDir}/broken`)).exit, 1);
    }
    const left = [...Deno.readDirSync(of.dataDir)].map(({ name }) => name).filter((name) => name.startsWith("broken"));
    assert.deepEqual(left, []);
  }));

Deno.test("an export of many records runs in the memory of a few", () =>
  recorded(async (of) => {
    const directory = `${of.dataDir}/long`;
    {
      using log = AuditLog.open({ directory, durability: "memory" });
      const records = [...readAudit(of.log)];
      for (let i = 0; i < 100_000; i++) {
        const { type, time, payload, cause, version, producer } = records[i % records.length];
        log.append(type, time, payload, cause, version, producer);
      }
      log.commit();
    }
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-q", "-P=node", "--v8-flags=--max-old-space-size=72", "main.ts", "audit", "export"],
        ...["--format", "parquet", "--log", directory, "--out", `${of.dataDir}/long.parquet`],
      ],
      cwd: ROOT,
      stderr: "piped",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr).slice(0, 500));
  }));
