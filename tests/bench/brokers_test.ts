/** The measurement of brokers with a handful of messages, over memory: the servers' own tests are in tests/transport. */
import assert from "node:assert/strict";
import { latencies, run, throughput } from "../../bench/brokers.ts";
import { openRoad } from "../../bench/brokers/roads.ts";

Deno.test("a road brings every message, and a sample for each", async () => {
  for (const size of [1, 64]) {
    const road = await openRoad("cwts-memory", 0, "t");
    assert.ok(await throughput(road, 1_000, size) > 0);
    await road.close();
  }
  const road = await openRoad("cwts-memory", 0, "t");
  const samples = await latencies(road, 2_000, 200);
  assert.equal(samples.length, 400);
  assert.ok(samples.every((sample) => sample > 0));
  await road.close();
});

Deno.test("engines and cases that there are not are refused by name", async () => {
  await assert.rejects(run(true, { engines: "raw-memory" }), /--engines takes some of cwts-memory, raw-redis/);
  await assert.rejects(run(true, { only: "throughput-2" }), /--only takes some of throughput-1/);
  await assert.rejects(run(true, { runs: "0" }), /--runs takes a whole number, not 0/);
});
