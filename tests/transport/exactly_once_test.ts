/** Effects exactly once on each real broker, in small; `campaign_main.ts` does it with a million letters. */
import assert from "node:assert/strict";
import { missing, need } from "../services/needs.ts";
import { campaign } from "./campaign.ts";

/** As many blows as there are kinds: each falls once. */
const SMALL = { messages: 4_000, blows: 9, seed: 7, withinMs: 90_000 } as const;

for (const kind of ["redis", "nats", "kafka"] as const) {
  const absent = missing(kind);
  Deno.test({
    name: `every letter through ${kind} has its effect exactly once, whoever is killed, frozen or cut off${
      need(absent)
    }`,
    ignore: absent.length > 0,
    async fn() {
      const result = await campaign({ ...SMALL, kind });
      const { effects, distinct, disordered, crashes, blows } = result;
      const { messages } = SMALL;
      assert.deepEqual(
        { effects, distinct, disordered, crashes },
        { effects: messages, distinct: messages, disordered: 0, crashes: 0 },
      );
      assert.deepEqual(Object.values(blows), Object.values(blows).map(() => 1));
      assert.ok(result.memory.samples > 0, "its memory was looked at");
    },
  });
}
