/** A letter that is put aside comes back as it was, in however many parts it was kept. */
import assert from "node:assert/strict";
import { type Held, readHeld, writeHeld } from "../../runtime/remote/held.ts";

const held: Held = {
  id: "g.t.0.7",
  code: "FRAME_BAD",
  why: "a\nb",
  group: "g",
  node: "n",
  topic: "t",
  partition: 0,
  offset: 7,
  attempts: 2,
  frame: `a\n"${"\u{1f600}".repeat(20)}\u0000é`,
};

Deno.test("A text is cut into any number of parts without cutting a character", () => {
  for (let parts = 1; parts <= 64; parts++) {
    let n = 0;
    const letters = writeHeld(held, parts, { node: "n", epoch: 1, next: () => ++n }).map(({ letter }) => letter);
    assert.equal(letters.length, parts);
    const read = letters.map((letter) => readHeld(letter));
    const frame = read.map((one) => {
      assert.ok(one?.kind === "part");
      assert.ok(one.held.frame.isWellFormed(), `${parts} parts`);
      return one.held.frame;
    }).join("");
    assert.equal(frame, held.frame);
    const [first] = read;
    assert.ok(first?.kind === "part");
    assert.deepEqual({ ...first.held, frame }, held);
  }
});

Deno.test("What others put on a topic of held letters is passed over", () => {
  const [{ letter }] = writeHeld(held, 1, { node: "n", epoch: 1, next: () => 1 });
  const schema = { id: "cwts.held-letter", version: 1 };
  assert.equal(readHeld({ ...letter, envelope: { ...letter.envelope, schema: null } }), null);
  assert.equal(readHeld({ ...letter, envelope: { ...letter.envelope, schema }, body: "no json\n" }), null);
  assert.equal(readHeld({ ...letter, envelope: { ...letter.envelope, schema }, body: "null\n" }), null);
});
