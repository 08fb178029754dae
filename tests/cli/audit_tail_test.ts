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
    assert.equal(
      (await inside(["audit", "tail", ...data, "--follow", "--lines", "1"])).exit,
      0,
      "a run that ended is over",
    );
  }));

Deno.test("audit tail --follow shows every record of a running node once, and ends with the run", () =>
  withDirectory(async (directory) => {
    const node = await startNode(directory, ["--durability", "batch"]);
    const following = cwts(["audit", "tail", "--follow", "--json", "--lines", "0", "--data-dir", directory]).output();
    await new Promise((next) => setTimeout(next, 3_000));
    assert.equal(await node.stop(), 0);
    const { code, stdout } = await following;
    assert.equal(code, 0);
    const shown = indexes(new TextDecoder().decode(stdout));
    const all = [...readAudit(`${directory}/runs/000001`)].map(({ index }) => index);
    assert.ok(shown.length > 20, `${shown.length} records`);
    assert.deepEqual(shown, all.slice(-shown.length));
  }));
