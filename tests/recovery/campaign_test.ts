/** Processes killed while they trade: a small campaign each; `tests/recovery/main.ts` runs as many as it is asked for. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { campaign } from "./main.ts";

ensureCore();

const RUNS = 12;

Deno.test("nothing that was acknowledged is lost when a process is killed, and recovery comes to the state there was", async () => {
  const totals = await campaign({ runs: RUNS, seed: 7, durability: "batch" });
  assert.equal(totals.runs, RUNS);
  assert(totals.acknowledged > 0, "somebody traded");
  assert(totals.snapshots > 0, "some recovery began from a snapshot");
  assert(totals.inside < RUNS, "some log ends with a batch, where the twin can be asked");
});

Deno.test("with a sync per record what was acknowledged is there too", async () => {
  const totals = await campaign({ runs: 4, seed: 8, durability: "fsync" });
  assert(totals.records > 0);
});
