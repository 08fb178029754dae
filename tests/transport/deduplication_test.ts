import assert from "node:assert/strict";
import fc from "fast-check";
import { Deduplicator } from "../../runtime/transport/mod.ts";

const from = (sender: string | null, sequence: number, epoch = 1, node = "n") => ({ node, sender, epoch, sequence });

Deno.test("a letter is new once, however often it comes", () => {
  const seen = new Deduplicator();
  for (const sequence of [1, 2, 5, 3]) assert.equal(seen.see(from("/a", sequence)), "new");
  for (const sequence of [1, 2, 3, 5]) assert.equal(seen.see(from("/a", sequence)), "duplicate");
  assert.equal(seen.see(from("/a", 4)), "new");
});

Deno.test("senders, nodes and nobody count by themselves", () => {
  const seen = new Deduplicator();
  for (const one of [from("/a", 1), from("/b", 1), from(null, 1), from("/a", 1, 1, "m"), from("", 1)]) {
    assert.equal(seen.see(one), "new", JSON.stringify(one));
    assert.equal(seen.see(one), "duplicate");
  }
});

Deno.test("a higher epoch is taken from its beginning, and of a lower one nothing any more", () => {
  const seen = new Deduplicator();
  assert.equal(seen.see(from("/a", 7, 2)), "new");
  assert.equal(seen.see(from("/a", 8, 1)), "fenced");
  assert.equal(seen.see(from("/a", 1, 3)), "new");
  assert.equal(seen.see(from("/a", 8, 2)), "fenced");
  assert.equal(seen.see(from("/a", 1, 3)), "duplicate");
});

Deno.test("it says of any sequence within its window what a set of all says, also after it was kept and read back", () => {
  // Mostly a little forward or back, so that the ring of bits is full of what was.
  const jump = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -8, max: 5 }) },
    { weight: 1, arbitrary: fc.integer({ min: -31, max: 70 }) },
  );
  const steps = fc.array(
    fc.record({ sender: fc.constantFrom("/a", "/b"), jump, save: fc.boolean() }),
    { minLength: 100, maxLength: 300 },
  );
  fc.assert(fc.property(steps, (steps) => {
    let seen = new Deduplicator({ window: 32 });
    const all = new Set<string>();
    const highest = new Map<string, number>();
    for (const { sender, jump, save } of steps) {
      const before = highest.get(sender) ?? 0;
      const sequence = Math.max(1, before + jump);
      const expected = all.has(`${sender} ${sequence}`) ? "duplicate" : "new";
      assert.equal(seen.see(from(sender, sequence)), expected, `${sender} ${sequence} at ${before}`);
      all.add(`${sender} ${sequence}`);
      highest.set(sender, Math.max(before, sequence));
      if (save) seen = new Deduplicator({ window: 32 }, JSON.parse(JSON.stringify(seen.state)));
    }
  }));
});

Deno.test("what is older than the window counts as seen", () => {
  const seen = new Deduplicator({ window: 32 });
  assert.equal(seen.see(from("/a", 100)), "new");
  assert.equal(seen.see(from("/a", 69)), "new");
  for (let n = 1; n <= 68; n++) assert.equal(seen.see(from("/a", n)), "duplicate", `${n}`);
});

Deno.test("a state kept with another window takes no letter twice", () => {
  const wide = new Deduplicator({ window: 64 });
  for (let n = 1; n <= 100; n++) wide.see(from("/a", n));
  const narrow = new Deduplicator({ window: 32 }, wide.state);
  for (let n = 1; n <= 100; n++) assert.equal(narrow.see(from("/a", n)), "duplicate");
  assert.equal(narrow.see(from("/a", 101)), "new");
});

Deno.test("of too many producers those that were silent longest are forgotten", () => {
  const seen = new Deduplicator({ producers: 100 });
  for (let n = 0; n < 1_000; n++) {
    seen.see(from(`/${n}`, 1));
    seen.see(from("/busy", n + 1));
  }
  assert.equal(seen.size, 100);
  assert.equal(Object.keys(seen.state).length, 100);
  assert.equal(seen.see(from("/busy", 1_000)), "duplicate");
  assert.equal(seen.see(from("/999", 1)), "duplicate");
  assert.equal(seen.see(from("/5", 1)), "new");
});

Deno.test("a window or a number of producers that makes no sense is refused", () => {
  assert.throws(() => new Deduplicator({ window: 33 }), /a window is a multiple of 32 of at least 32, not 33/);
  assert.throws(() => new Deduplicator({ producers: 0 }), /at least one producer is remembered, not 0/);
});
