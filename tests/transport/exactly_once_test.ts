/** Effects exactly once on each real broker, in small; `campaign_main.ts` does it with a million letters. */
import assert from "node:assert/strict";
import { missing, need } from "../services/needs.ts";
import { campaign } from "./campaign.ts";

const SMALL = { messages: 3_000, kills: 6, seed: 7, withinMs: 90_000 } as const;

for (const kind of ["redis", "nats", "kafka"] as const) {
  const absent = missing(kind);
  Deno.test({
    name: `every letter through ${kind} has its effect exactly once, whoever is killed${need(absent)}`,
    ignore: absent.length > 0,
    async fn() {
      const result = await campaign({ ...SMALL, kind, ...(kind === "kafka" ? { serverKills: 1 } : {}) });
      const { effects, distinct, disordered, crashes, kills } = result;
      const { messages } = SMALL;
      assert.deepEqual(
        { effects, distinct, disordered, crashes },
        { effects: messages, distinct: messages, disordered: 0, crashes: 0 },
      );
      assert.equal(Object.values(kills).reduce((sum, n) => sum + n), SMALL.kills);
    },
  });
}
