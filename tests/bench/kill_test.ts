/** The measurement of the kill switch, small; and the promise behind it, by the numbers of the decisions. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { clusterKill } from "../../bench/kill/cluster.ts";
import { nodeKill } from "../../bench/kill/node_path.ts";
import { restrictUnderLoad } from "../../bench/kill/restriction.ts";
import { randomKills } from "../../bench/kill/random_kills.ts";

ensureCore();

Deno.test("over a thousand random kills from another process no order is accepted after the decision", async () => {
  const { kills, judged, accepted, late, decisions } = await randomKills(1_000, 7);
  console.log(
    `${kills} kills, ${decisions} decisions, ${accepted} accepted, ${judged} decided in killed scopes, ${late} of them accepted`,
  );
  assert.equal(kills, 1_000);
  // What is judged must be there to be judged.
  assert.ok(judged > 10_000 && accepted > 10_000, `${judged} ${accepted}`);
  assert.equal(late, 0);
});

Deno.test("a kill under load cancels whatever rests, and says so", async () => {
  const { cancelled, unknown, first, confirmed } = await nodeKill(500, 5);
  assert.ok(cancelled >= 500);
  assert.equal(unknown, 0);
  assert.ok(first > 0 && first <= confirmed);
});

Deno.test("a change of the restricted list under load counts within a second, and nothing passes after its answer", async () => {
  const { answered, refused, restricted, accepted, passed } = await restrictUnderLoad(3);
  assert.equal(passed, 0);
  assert.ok(restricted > 100 && accepted > 100, `${restricted} refused, ${accepted} passed before and between`);
  assert.ok(Math.max(...answered) < 1e9, `${Math.max(...answered)} ns to the answer`);
  assert.equal(refused.length, 3);
});

Deno.test("a kill of another node is measured over a broker", async () => {
  const samples = await clusterKill(["memory"], 5, null);
  assert.equal(samples.length, 5);
  assert.ok(samples.every((nanos) => nanos > 0 && nanos < 10e9), samples.join(" "));
});
