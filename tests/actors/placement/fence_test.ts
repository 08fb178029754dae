import assert from "node:assert/strict";
import { Fence } from "../../../actors/placement/fence.ts";

const at = (epoch: number, sequence: number) => ({ epoch, sequence });

Deno.test("nothing is taken before the stream is opened, and from there on everything once and in order", () => {
  const fence = new Fence();
  assert.equal(fence.take(at(1, 1), false), "closed");
  assert.equal(fence.take(at(1, 2), true), "new");
  assert.equal(fence.take(at(1, 3), false), "new");
  assert.equal(fence.take(at(1, 3), false), "repeat");
  assert.equal(fence.take(at(1, 2), true), "repeat", "an opening that comes again opens nothing");
  assert.equal(fence.take(at(1, 4), false), "new");
});

Deno.test("a gap closes the stream until it is opened again", () => {
  const fence = new Fence();
  fence.take(at(1, 1), true);
  assert.equal(fence.take(at(1, 3), false), "gap");
  assert.equal(fence.take(at(1, 4), false), "closed");
  assert.equal(fence.take(at(1, 2), false), "repeat", "what was missing and comes late is not taken");
  assert.equal(fence.take(at(1, 9), true), "new");
  assert.equal(fence.take(at(1, 10), false), "new");
});

Deno.test("a later epoch fences the ones before it for ever, whether or not it opened the stream", () => {
  const fence = new Fence();
  fence.take(at(1, 1), true);
  assert.equal(fence.take(at(2, 7), false), "closed");
  assert.equal(fence.take(at(1, 2), false), "fenced");
  assert.equal(fence.take(at(1, 3), true), "fenced");
  assert.equal(fence.take(at(2, 8), true), "new");
  assert.equal(fence.take(at(3, 1), true), "new");
  assert.equal(fence.take(at(2, 9), false), "fenced");
  assert.equal(fence.epoch, 3);
});

Deno.test("what is closed stays closed for what follows without a gap", () => {
  const fence = new Fence();
  fence.take(at(1, 1), true);
  fence.close();
  assert.equal(fence.take(at(1, 2), false), "closed");
  assert.equal(fence.take(at(1, 3), true), "new");
});
