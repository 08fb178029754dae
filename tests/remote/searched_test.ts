/** What waits until a name is found leaves after what was told later to others, and arrives all the same. */
import assert from "node:assert/strict";
import { DEFAULT_SEEN_WINDOW } from "../../runtime/transport/mod.ts";
import { until } from "../transport/letters.ts";
import { counter, counterMessages, inside, nodes, puppet } from "./nodes.ts";

Deno.test("What was told to a name before it was found is not taken for a repetition of what overtook it", () =>
  nodes(async ({ node }) => {
    const [early, late]: [number[], number[]] = [[], []];
    const a = await node("a");
    // All keys lie in one partition, as any two may.
    await a.broker.createTopic("node-b", 1);
    const b = await node(
      "b",
      (remote, system) => remote.offer("early", system.start("early", counter(early), undefined), counterMessages),
    );
    await until(() => a.remote.alive.includes("b"), "it is there");
    const { does } = puppet(a.system);
    const first = a.remote.find("early", counterMessages);
    const then = a.remote.find("late", counterMessages);
    const many = DEFAULT_SEEN_WINDOW + 50;
    await does(() => {
      then.tell({ kind: "Add", n: 1 });
      then.tell({ kind: "Add", n: 2 });
      for (let n = 1; n <= many; n++) first.tell({ kind: "Add", n });
    });
    await until(() => early.length === many, "the others come");
    await inside(b.system, () => {
      b.remote.offer("late", b.system.start("late", counter(late), undefined), counterMessages);
    });
    await until(() => late.length === 2, "what waited comes");
    assert.deepEqual(late, [1, 2]);
    assert.equal(b.remote.counters.intake?.duplicates, 0);
  }));
