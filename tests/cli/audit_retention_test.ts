/** Logs that were kept long enough go, and are on record with root and checkpoint; whatever must stay stays. */
import assert from "node:assert/strict";
import { hostDesk } from "../../actors/node/mod.ts";
import { planRetention, removeRun, RetentionBook } from "../../actors/node/retention/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { decodeAudit, readAudit } from "../../ffi/mod.ts";
import { PASSWORD } from "../actors/access/desk.ts";
import { run } from "../actors/node/run.ts";
import { startNode } from "../e2e/node.ts";
import { inside, withDirectory } from "./run.ts";

ensureCore();

const YEAR = 365.25 * 86_400_000;
const SHORT = { environment: { CWTS_NODE_DURATION: "3" } };

interface Act {
  readonly action: string;
  readonly run: number;
  readonly who: string;
  readonly records: number;
  readonly root: string;
  readonly checkpoint: string;
}

const runPath = (data: string, number: number) => `${data}/runs/${String(number).padStart(6, "0")}`;
const retention = (data: string, ...more: string[]) => inside(["audit", "retention", "--data-dir", data, ...more]);
const runsIn = (data: string) => [...Deno.readDirSync(`${data}/runs`)].map(({ name }) => name).sort();
const acts = (log: string): Act[] =>
  [...readAudit(log)].filter(({ typeName }) => typeName === "OperatorAction").map((record) =>
    decodeAudit(record) as Act
  );

/** Dates every file of a run back, and the time in its checkpoint unless it is to stay. */
function age(directory: string, years: number, { checkpoint = true } = {}): void {
  const then = new Date(Date.now() - years * YEAR);
  const note = `${directory}/checkpoint`;
  if (checkpoint) {
    const text = Deno.readTextFileSync(note).replace(/^time \d+$/m, `time ${Math.floor(then.getTime() / 1000)}`);
    Deno.writeTextFileSync(note, text);
  }
  const visit = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) visit(`${path}/${name}`);
      else Deno.utimeSync(`${path}/${name}`, then, then);
    }
  };
  visit(directory);
}

/** As many short runs, and their roots. */
async function runs(directory: string, count: number): Promise<{ readonly data: string; readonly roots: string[] }> {
  const roots: string[] = [];
  for (let i = 0; i < count; i++) {
    roots.push(
      (await run(directory, { environment: { ...SHORT.environment, CWTS_NODE_SEED: String(i) } })).summary.audit.root,
    );
  }
  return { data: `${directory}/data`, roots };
}

Deno.test("a log goes when it is older than seven years, with root and checkpoint on record, and no sooner", () =>
  withDirectory(async (directory) => {
    const { data, roots } = await runs(directory, 3);
    age(runPath(data, 1), 7.1);
    age(runPath(data, 2), 6.9);
    const before = runsIn(data);
    assert.match(
      (await retention(data)).out,
      /^logs are kept 7 years\nrun 1 .*due: --apply removes it\nrun 2 .*stays until /,
    );
    assert.deepEqual(runsIn(data), before, "looking changes nothing");
    await inside(["audit", "project", "--data-dir", data, "--run", "1"]);
    const note = Deno.readTextFileSync(`${runPath(data, 1)}/checkpoint`);
    assert.match((await retention(data, "--apply")).out, new RegExp(`^run 1 removed: \\d+ records, root ${roots[0]}$`));
    assert.deepEqual(runsIn(data), ["000002", "000003"]);
    assert.deepEqual([...Deno.readDirSync(`${data}/projections`)], []);
    assert.equal((await retention(data, "--apply")).out, "nothing was removed");

    const [removed] = new RetentionBook(data).read().removed;
    assert.deepEqual([removed.run, removed.root, removed.checkpoint], [1, roots[0], note]);
    await run(directory, SHORT);
    assert.deepEqual(runsIn(data).at(-1), "000004", "no number is used twice");
    const [act, ...others] = acts(runPath(data, 4)).filter(({ action }) => action === "run-removed");
    assert.deepEqual([act.run, act.root, act.checkpoint, others], [1, roots[0], note, []]);
    assert.match(act.who, /^host:/);
    await run(directory, SHORT);
    assert.deepEqual(acts(runPath(data, 5)).filter(({ action }) => action === "run-removed"), [], "once");
  }));

Deno.test("a log that is held stays whatever its age, and the hold and its end are on record", () =>
  withDirectory(async (directory) => {
    const { data } = await runs(directory, 2);
    age(runPath(data, 1), 30);
    const hold = (verb: string, number: string, reason = "lawsuit") =>
      inside(["audit", verb, number, "--reason", reason, "--data-dir", data]);
    assert.equal((await hold("hold", "1")).exit, 0);
    assert.match((await hold("hold", "1")).err, /run 1 is held already, by host:.*: lawsuit$/);
    assert.match((await hold("hold", "7")).err, /holds no run 7: it has 1, 2/);
    assert.match((await hold("hold", "2", " ")).err, /--reason must say why/);
    assert.match((await retention(data)).out, /\nrun 1 .*held by host:.* since \d{4}-\d\d-\d\d: lawsuit\nrun 2 /);
    assert.equal((await retention(data, "--apply")).out, "nothing was removed");
    assert.match((await hold("unhold", "2")).err, /run 2 is not held/);
    assert.equal((await hold("unhold", "1", "settled")).exit, 0);
    assert.match((await retention(data, "--apply")).out, /^run 1 removed: /);
    await run(directory, SHORT);
    const said = acts(runPath(data, 3)).map(({ action, run }) => [action, run]);
    assert.deepEqual(said, [["run-held", 1], ["run-released", 1], ["run-removed", 1]]);
  }));

Deno.test("of two signs of a log's age the younger counts, and the latest run stays however old it is", () =>
  withDirectory(async (directory) => {
    const { data } = await runs(directory, 2);
    age(runPath(data, 1), 30, { checkpoint: false });
    age(runPath(data, 2), 30);
    assert.match((await retention(data)).out, /\nrun 1 .*stays until .*\nrun 2 .*stays: the latest run$/);
    assert.equal((await retention(data, "--apply")).out, "nothing was removed");
  }));

Deno.test("a log that does not verify stays, says so, and keeps no other", () =>
  withDirectory(async (directory) => {
    const { data } = await runs(directory, 3);
    const segment = `${runPath(data, 1)}/audit-0000000000.log`;
    const bytes = Deno.readFileSync(segment);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    Deno.writeFileSync(segment, bytes);
    for (const number of [1, 2]) age(runPath(data, number), 8);
    const { exit, out, err } = await retention(data, "--apply");
    assert.equal(exit, 1);
    assert.match(err, /^run 1 stays: the log .* does not verify from record \d+ on/);
    assert.match(out, /^run 2 removed: /);
    assert.deepEqual(runsIn(data), ["000001", "000003"]);
  }));

Deno.test("a removal that was stopped in the middle is finished, and another log of that number is left alone", () =>
  withDirectory(async (directory) => {
    const { data, roots } = await runs(directory, 3);
    const book = new RetentionBook(data);
    const gone = (number: number, root: string) =>
      book.change({ action: "run-removed", run: number }, ({ removed }) =>
        removed.push({
          ...{ run: number, records: 1, bytes: 1, root, chain: "", checkpoint: null, who: "test" },
          ...{ lastWritten: "2000-01-01", removed: "2020-01-01" },
        }));
    // Put down and not begun; begun; and one whose number another log has now.
    gone(1, roots[0]);
    gone(2, roots[2]);
    assert.match((await retention(data, "--apply")).err, /^run 1: its removal had begun, and is finished$/);
    assert.deepEqual(runsIn(data), ["000002", "000003"]);
    Deno.renameSync(runPath(data, 2), `${runPath(data, 2)}.removed`);
    assert.match((await retention(data, "--apply")).err, /^run 2: its removal had begun, and is finished$/);
    assert.deepEqual(runsIn(data), ["000003"]);
  }));

Deno.test("while a node runs, the removal is on its log before anything is gone, or nothing goes", () =>
  withDirectory(async (directory) => {
    const { data, roots } = await runs(directory, 2);
    age(runPath(data, 1), 8);
    const node = await startNode(data, ["--durability", "batch"]);
    try {
      assert.match((await retention(data, "--apply")).out, new RegExp(`^run 1 removed: .*${roots[0]}$`));
      const [act] = acts(runPath(data, 3)).filter(({ action }) => action === "run-removed");
      assert.deepEqual([act.run, act.root], [1, roots[0]]);
    } finally {
      assert.equal(await node.stop(), 0);
    }
    assert.deepEqual(runsIn(data), ["000002", "000003"]);
  }));

Deno.test("a removal that a running node does not put on record does not happen, and is not waiting to", () =>
  withDirectory(async (directory) => {
    const { data } = await runs(directory, 2);
    age(runPath(data, 1), 8);
    const book = new RetentionBook(data);
    const [due] = planRetention(data, { years: 7, holds: [], now: Date.now() });
    const attempt = removeRun(due, { dataDir: data, book, who: "x", now: 0, onRecord: () => Promise.resolve(false) });
    await assert.rejects(attempt, { code: "RETENTION_UNRECORDED" });
    assert.deepEqual(book.read(), { version: 1, holds: [], removed: [], unrecorded: [] });
    assert.deepEqual(runsIn(data), ["000001", "000002"]);
  }));

Deno.test("where people are enrolled, holding and removing take a person who may certify", () =>
  withDirectory(async (directory) => {
    const { data } = await runs(directory, 2);
    const access = hostDesk(data, () => {});
    const { person, token } = access.addFirst("root", ["security-admin"], "host:test");
    await access.enrol(person, token, PASSWORD, "test");
    access.close();
    const hold = ["audit", "hold", "1", "--reason", "lawsuit", "--data-dir", data];
    assert.match((await inside(hold)).err, /people are enrolled here: say who you are with --as/);
    const as = await inside([...hold, "--as", "root"], { secret: () => PASSWORD });
    assert.match(as.err, /root may not certify: that takes one of compliance/);
    assert.match((await retention(data, "--apply")).err, /people are enrolled here/);
    assert.deepEqual(new RetentionBook(data).read().holds, []);
  }));

Deno.test("a book of holds that is damaged removes nothing", () =>
  withDirectory(async (directory) => {
    const { data } = await runs(directory, 2);
    age(runPath(data, 1), 8);
    await Deno.writeTextFile(`${data}/retention.json`, "{");
    const { exit, err } = await retention(data, "--apply");
    assert.equal(exit, 1);
    assert.match(err, /retention\.json is damaged, and holds may be lost with it: nothing is removed before/);
    assert.deepEqual(runsIn(data), ["000001", "000002"]);
  }));
