/** Who is there, out of signs of life that come late, twice, in the wrong order or not at all. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Nodes } from "../../runtime/remote/nodes.ts";

const sign = (node: string, epoch: number, names: readonly string[] = [], leaving = false) => ({
  ...{ node, epoch, beat: 1, leaving },
  names: [...names],
});

Deno.test("a node is lost when it was silent for long enough, and is back with its next sign", () => {
  const nodes = new Nodes(100);
  assert.deepEqual(nodes.heard(sign("a", 1), 0), { found: "a" });
  assert.deepEqual(nodes.heard(sign("a", 1), 50), {});
  assert.deepEqual(nodes.passed(149), []);
  assert.deepEqual(nodes.passed(150), [{ lost: { node: "a", epoch: 1, over: false } }]);
  assert.deepEqual(nodes.passed(1_000), [], "once");
  assert.deepEqual(nodes.heard(sign("a", 1), 1_001), { found: "a" });
});

Deno.test("a new life ends the one before, and the voice of a life that is over changes nothing", () => {
  const nodes = new Nodes(100);
  nodes.heard(sign("a", 1, ["x"]), 0);
  assert.deepEqual(nodes.heard(sign("a", 2, ["y"]), 10), { lost: { node: "a", epoch: 1, over: true }, found: "a" });
  assert.deepEqual(nodes.heard(sign("a", 1, ["x"]), 60), {});
  assert.deepEqual([nodes.holderOf("x"), nodes.holderOf("y")?.epoch], [undefined, 2]);
  assert.deepEqual(nodes.passed(110), [{ lost: { node: "a", epoch: 2, over: false } }], "it gave no sign of life");
});

Deno.test("a farewell ends a life at once, and a sign that was under way does not bring it back", () => {
  const nodes = new Nodes(100);
  nodes.heard(sign("a", 1), 0);
  assert.deepEqual(nodes.heard(sign("a", 1, [], true), 5), { lost: { node: "a", epoch: 1, over: true } });
  assert.deepEqual(nodes.heard(sign("a", 1), 6), {});
  assert.equal(nodes.get("a")?.lost, true);
  assert.deepEqual(nodes.heard(sign("a", 2), 7), { found: "a" });
  assert.deepEqual(nodes.heard(sign("b", 1, [], true), 8), {}, "of one that nobody knew");
});

Deno.test("a name is found on a node that lives, else where it was last, and on the first of two", () => {
  const nodes = new Nodes(100);
  nodes.heard(sign("a", 1, ["x"]), 0);
  nodes.heard(sign("c", 1, ["x", "y"]), 50);
  nodes.heard(sign("b", 1, ["x"]), 50);
  assert.equal(nodes.holderOf("x")?.node, "a");
  nodes.passed(120);
  assert.equal(nodes.holderOf("x")?.node, "b");
  nodes.passed(200);
  assert.deepEqual([nodes.holderOf("x")?.lost, nodes.holderOf("y")?.node], [true, "c"]);
  nodes.heard(sign("c", 1, []), 210);
  assert.equal(nodes.holderOf("y"), undefined);
});

Deno.test("every life is over at most once, and silent only while it counts as alive, whatever comes in whatever order", () => {
  const event = fc.record({
    node: fc.constantFrom("a", "b"),
    epoch: fc.integer({ min: 1, max: 4 }),
    leaving: fc.boolean(),
    step: fc.integer({ min: 0, max: 120 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const nodes = new Nodes(100);
      let now = 0;
      /** node → the life that counts as alive. */
      const alive = new Map<string, number>();
      const ended = new Set<string>();
      for (const { node, epoch, leaving, step } of events) {
        now += step;
        for (const change of [...nodes.passed(now), nodes.heard(sign(node, epoch, [], leaving), now)]) {
          if (change.lost !== undefined) {
            const { node, epoch, over } = change.lost;
            const end = `${node} ${epoch}`;
            if (!over) assert.equal(alive.get(node), epoch);
            else assert.ok(!ended.has(end) && (alive.get(node) ?? epoch) === epoch, end);
            if (over) ended.add(end);
            alive.delete(node);
          }
          if (change.found !== undefined) {
            assert.equal(alive.has(change.found), false);
            alive.set(change.found, nodes.get(change.found)!.epoch);
          }
        }
        for (const { node, epoch, lost } of nodes.all) assert.equal(alive.get(node), lost ? undefined : epoch);
      }
    }),
    { numRuns: 500 },
  );
});
