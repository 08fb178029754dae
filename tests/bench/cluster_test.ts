/** The measurement of a cluster wants real servers and processes; what it is asked wrongly it says before it starts any. */
import assert from "node:assert/strict";
import { run } from "../../bench/cluster.ts";

Deno.test("engines, cases and runs that there are not are refused by name", async () => {
  await assert.rejects(run(true, { only: "orders" }), /--only takes some of order, failover, not orders/);
  await assert.rejects(
    run(true, { engines: "cwts-memory" }),
    /--engines takes some of cwts-redis, cwts-nats, cwts-kafka/,
  );
  await assert.rejects(run(true, { runs: "0" }), /--runs takes a whole number, not 0/);
});
