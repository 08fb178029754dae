import assert from "node:assert/strict";
import { settle, testSystem } from "../../runtime/testkit/mod.ts";
import { assertBooks, systemsUnderTest } from "../books.ts";
import { actor } from "./actors.ts";

Deno.test("After every test the books of its systems are balanced, and each actor's own", async () => {
  const system = testSystem();
  const ref = system.start("a", actor<number>(() => ({ receive: () => {} })), undefined);
  for (let n = 0; n < 10; n++) ref.tell(n);
  assert.deepEqual(systemsUnderTest(), [system], "so this very test is looked at");
  assertBooks(system);
  await settle(system);
  assertBooks(system);
  const cell = ref as unknown as { handled: number; dropped: number };
  cell.handled--;
  assert.throws(() => assertBooks(system), /Unexplained messages/);
  cell.handled++;
  assertBooks(system);
});

Deno.test("a message that one actor lost and another invented is not explained by the sum", () => {
  const system = testSystem();
  const [a, b] = ["a", "b"].map((name) => system.start(name, actor<number>(() => ({ receive: () => {} })), undefined));
  const [ours, theirs] = [a, b] as unknown as { handled: number }[];
  ours.handled++;
  theirs.handled--;
  assert.equal(system.counters().unexplained, 0);
  assert.throws(() => assertBooks(system), /Unexplained messages of \/a/);
  ours.handled--;
  theirs.handled++;
});
