/** What a letter looks like on a topic. */
import assert from "node:assert/strict";
import { decodeFrame, encodeFrame, FrameError } from "../../runtime/transport/mod.ts";
import { seal, unseal } from "../../runtime/transport/classes/mark.ts";
import { letter } from "./letters.ts";

Deno.test("a letter keeps its headers on the way, and without any has no field for them", () => {
  const plain = { key: "k", letter: letter(1) };
  assert.deepEqual(decodeFrame(encodeFrame(plain)), plain);
  assert.equal(JSON.parse(encodeFrame(plain).split("\n")[0]).length, 12);
  const marked = { key: "k", letter: { ...letter(2), headers: { traceparent: "00-1-2-01", note: 'a "b"\n\u2028' } } };
  assert.deepEqual(decodeFrame(encodeFrame(marked)), marked);
});

Deno.test("headers that are no texts are no letter, and a newer frame is told from a broken one", () => {
  const line = JSON.parse(encodeFrame({ key: "k", letter: letter(1) }).split("\n")[0]);
  const code = (changed: readonly unknown[]) => {
    try {
      decodeFrame(`${JSON.stringify(changed)}\n{}`);
    } catch (error) {
      assert.ok(error instanceof FrameError);
      return error.code;
    }
    return null;
  };
  for (const headers of [null, 1, "x", ["a"], { a: 1 }, { a: null }]) {
    assert.equal(code([...line, headers]), "FRAME_BAD", JSON.stringify(headers));
  }
  assert.equal(code([...line, {}]), null);
  assert.equal(code([...line, {}, 1]), "FRAME_BAD");
  assert.equal(code([2, ...line.slice(1)]), "FRAME_NEWER");
  for (const format of [0, 0.5, 1.5, "2", null]) {
    assert.equal(code([format, ...line.slice(1)]), "FRAME_BAD", String(format));
  }
});

Deno.test("a letter keeps its headers also through a class of brokers", () => {
  const mark = { producer: "p", lane: 3, sequence: 7, route: 1, begins: 2 };
  const marked = { mark, key: "k", letter: { ...letter(1), headers: { traceparent: "t" } } };
  assert.deepEqual(unseal(seal(marked).letter), marked);
});
