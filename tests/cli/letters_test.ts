/** `cwts letters`, on a real broker. */
import assert from "node:assert/strict";
import { z } from "zod";
import { Border, Catalogue, defineMessage, Intake } from "../../runtime/remote/mod.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { openBroker } from "../transport/adapters.ts";
import { until } from "../transport/letters.ts";
import { inside } from "./run.ts";

const absent = missing("redis");
const said = defineMessage({ id: "said", version: 1, schema: z.strictObject({ text: z.string() }) });

Deno.test({
  name: `letters that were put aside are listed, shown without harm to the terminal, and sent again${need(absent)}`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using server = await startRedis();
    const { port } = server;
    const flags = ["--broker", `redis://127.0.0.1:${port}`];
    const broker = await openBroker("redis", { node: "n", port });
    const border = new Border({ node: "n", epoch: 1, catalogue: new Catalogue([said]) });
    let well = false;
    const heard: unknown[] = [];
    const intake = await Intake.open({
      ...{ border, broker, group: "g", topic: "t", attempts: 2, pauseMs: 5 },
      handle({ message }) {
        if (!well) throw new Error("not\u001b[2J yet");
        heard.push(message);
      },
    });
    try {
      assert.match((await inside(["letters", "list", ...flags])).out, /no letter was put aside/);
      await border.send(broker, "t", "k", said, { text: "\u001b[31mred" });
      await until(() => intake.counters.deadLettered === 1, "it is put aside", 60_000);
      const listed = await inside(["letters", "list", ...flags, "--json"]);
      const { id, code, attempts, replays } = JSON.parse(listed.out);
      assert.deepEqual([code, attempts, replays], ["HANDLER_FAILED", 2, 0]);
      const shown = await inside(["letters", "show", id, ...flags]);
      assert.match(shown.out, /HANDLER_FAILED: it failed 2 times, the last time with Error: not·\[2J yet/);
      assert.ok(!shown.out.includes("\u001b"));
      const unknown = await inside(["letters", "replay", "g.t.9.9", ...flags]);
      assert.equal(unknown.exit, 1);
      assert.match(unknown.err, /no letter "g\.t\.9\.9" is held: list them/);
      well = true;
      const replayed = await inside(["letters", "replay", id, ...flags]);
      assert.equal(replayed.exit, 0, replayed.err);
      await until(() => heard.length === 1, "it comes again", 60_000);
      assert.deepEqual(heard, [{ text: "\u001b[31mred" }]);
      assert.equal(JSON.parse((await inside(["letters", "list", ...flags, "--json"])).out).replays, 1);
      assert.equal((await inside(["letters", "list"])).exit, 2);
    } finally {
      await intake.close();
      await broker.close();
    }
  },
});
