/** The end of a log, and what comes while a node runs. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { readAudit } from "../../ffi/mod.ts";
import { recorded } from "../actors/node/reading/runs.ts";
import { startNode } from "../e2e/node.ts";
import { cwts, inside, withDirectory } from "./run.ts";

ensureCore();

const indexes = (out: string): number[] =>
  out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).index);

Deno.test("audit tail shows the last records, as audit show does", () =>
  recorded(async ({ dataDir, records }) => {
    const data = ["--data-dir", dataDir];
    const tail = async (...more: string[]) => (await inside(["audit", "tail", ...data, ...more])).out;
    const last = records.slice(-10).map(({ index }) => index);
    assert.deepEqual(indexes(await tail("--json")), last);
    assert.equal(await tail(), (await inside(["audit", "show", ...data, "--from", String(last[0])])).out);
    assert.deepEqual(indexes(await tail("--json", "--lines", "99999")), records.map(({ index }) => index));
    const decisions = records.slice(-50).filter(({ typeName }) => typeName === "Decision").map(({ index }) => index);
    assert.deepEqual(indexes(await tail("--json", "--lines", "50", "--type", "Decision")), decisions);
    for (const lines of ["0", "1"]) {
      const { exit, out } = await inside(["audit", "tail", ...data, "--follow", "--json", "--lines", lines]);
      assert.deepEqual([exit, indexes(out)], [0, last.slice(10 - Number(lines))], "a run that has ended is over");
    }
  }));

Deno.test("audit tail --follow shows every record of a running node once, and ends with the run", () =>
  withDirectory(async (directory) => {
    const node = await startNode(directory, ["--durability", "batch"]);
    const following = cwts(["audit", "tail", "--follow", "--json", "--lines", "1", "--data-dir", directory]).spawn();
    const [first, whole] = following.stdout.tee();
    const output = new Response(whole).text();
    // It has begun when it says something.
    const begun = first.getReader();
    await begun.read();
    // One half of a stream is given up when the other has ended.
    const givenUp = begun.cancel();
    assert.equal(await node.stop(), 0);
    await following.stderr.cancel();
    assert.equal((await following.status).code, 0);
    const shown = indexes(await output);
    await givenUp;
    const all = [...readAudit(`${directory}/runs/000001`)].map(({ index }) => index);
    assert.ok(shown.length > 1, `${shown.length} records`);
    assert.deepEqual(shown, all.slice(-shown.length));
  }));
