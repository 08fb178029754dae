/** What the guardian keeps of refusals: the latest with the check that decided; what passed is not among them. */
import assert from "node:assert/strict";
import { gateChecks } from "../../../ffi/mod.ts";
import { BUY } from "../../../actors/protocol/mod.ts";
import { PRICE, Rig } from "./rig.ts";

Deno.test("a refused order is kept with its check, figures and scope; an accepted one is not", async () => {
  using rig = new Rig();
  rig.order(BUY, 10, PRICE - 5);
  const tooLarge = rig.order(BUY, 501);
  await rig.settle();
  const rows = rig.books.refusals.newest(10);
  assert.deepEqual(rows.map(({ orderId, measured, limit }) => [orderId, measured, limit]), [[tooLarge, 501, 500]]);
  assert.equal(gateChecks()[rows[0].check], "max_quantity");
});

Deno.test("of very many refusals the latest are kept, newest first", async () => {
  using rig = new Rig();
  for (let i = 0; i < 600; i++) rig.order(BUY, 501, PRICE - (i % 50));
  await rig.settle();
  const rows = rig.books.refusals.newest(1_000);
  assert.equal(rows.length, 256);
  assert.deepEqual(rows.map(({ sequence }) => sequence), Array.from({ length: 256 }, (_, i) => 600 - i));
  assert.deepEqual(rig.books.refusals.newest(2).map(({ sequence }) => sequence), [600, 599]);
});
