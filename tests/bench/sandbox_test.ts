/** The measurement of sandboxes with a handful of processes. */
import assert from "node:assert/strict";
import { sandboxSamples } from "../../bench/sandbox.ts";

Deno.test("the measured sandbox answers, and its process is gone after the kill", async () => {
  const { spawn, alone, trip, kill } = await sandboxSamples({ spawns: 2, roundTrips: 3 });
  assert.deepEqual([spawn.length, alone.length, trip.length, kill.length], [2, 2, 3, 2]);
  for (const samples of [spawn, alone, trip, kill]) assert.ok(samples.every((sample) => sample > 0));
});
