/** Several nodes whose lines and server come and go, with handlers that fail now and then: nothing lost, nothing twice, in order. */
import assert from "node:assert/strict";
import { type ActorRef, createRandom } from "../../runtime/mod.ts";
import { heldLetters } from "../../runtime/remote/mod.ts";
import { supervise, worker } from "../../supervision/mod.ts";
import { until } from "../transport/letters.ts";
import { counter, type CounterMessage, counterMessages, nodes } from "./nodes.ts";

const MESSAGES = 1_500;
const FAULTS = 14;

for (const seed of [1, 2]) {
  Deno.test(`In a storm of cut lines and failing handlers no message is lost, none comes twice and order is kept, ${seed}`, () =>
    nodes(async ({ node, server }) => {
      const random = createRandom(seed);
      const seen: number[] = [];
      let failed = 0;
      /** Failed once already, so that no message fails as often as is tried. */
      const spared = new Set<number>();
      const c = await node("c", (remote, system) => {
        const frail = counter(seen, {
          init: () => ({
            receive(message) {
              if (message.kind !== "Add") return;
              if (random.int(200) === 0 && !spared.has(message.n)) {
                spared.add(message.n);
                failed++;
                throw new Error("now and then");
              }
              seen.push(message.n);
            },
          }),
        });
        const children = [worker("sum", frail, undefined)];
        supervise(system, "keeper", {
          id: "keeper",
          strategy: "one_for_one",
          intensity: 1_000,
          periodMs: 1_000,
          children,
        });
        remote.offer("sum", system.find("/keeper/sum") as ActorRef<CounterMessage>, counterMessages);
      }, { silenceMs: 60_000 });
      const senders = [
        await node("a", undefined, { silenceMs: 60_000 }),
        await node("b", undefined, { silenceMs: 60_000 }),
      ];
      const sending = senders.map(async ({ system, remote }, at) => {
        const far = remote.find("sum", counterMessages);
        for (let n = 0; n < MESSAGES; n += 25) {
          system.inject(() => {
            for (let i = n; i < n + 25; i++) assert.equal(far.tell({ kind: "Add", n: i * 2 + at }), "enqueued");
          });
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      const all = [...senders, c];
      for (let fault = 0; fault < FAULTS; fault++) {
        await new Promise((resolve) => setTimeout(resolve, 50 + random.int(150)));
        const one = all[random.int(all.length)];
        const whole = random.int(4) === 0;
        if (whole) server.stop();
        else one.vanish();
        await new Promise((resolve) => setTimeout(resolve, random.int(500)));
        if (whole) server.start();
        else one.comeBack();
      }
      await Promise.all(sending);
      await until(() => new Set(seen).size >= 2 * MESSAGES, "all have come", 90_000);
      await until(() => c.remote.counters.intake?.underWay === 0, "nothing is under way");
      for (const at of [0, 1]) {
        const mine = seen.filter((n) => n % 2 === at);
        assert.deepEqual(mine, Array.from({ length: MESSAGES }, (_, i) => i * 2 + at));
      }
      assert.ok(failed > 0, "a storm without a failure shows nothing");
      for (const { remote, name } of all) assert.equal(remote.counters.unexplained, 0, name);
      assert.equal((await heldLetters(c.broker)).length, 0);
    }));
}
