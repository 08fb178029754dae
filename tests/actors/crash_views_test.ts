/** What people are shown of crashes: comparisons, repetitions, the way back. */
import assert from "node:assert/strict";
import type { CrashRecord } from "../../runtime/mod.ts";
import {
  compareStates,
  type CrashSummary,
  PENDING,
  repetitions,
  replayCommand,
  supervisionOf,
  tally,
} from "../../actors/protocol/mod.ts";

Deno.test("two states are compared place by place; lists of figures are one place", () => {
  const before = { a: { b: 1, c: [1, 2] }, gone: true, list: [{ n: 1 }], empty: {} };
  const after = { a: { b: 2, c: [1, 2] }, list: [{ n: 1 }, { n: 2 }], empty: {}, come: null };
  assert.deepEqual(compareStates(before, after), [
    { place: "a.b", before: "1", after: "2" },
    { place: "a.c", before: "[1,2]", after: "[1,2]" },
    { place: "gone", before: "true", after: null },
    { place: "list.0.n", before: "1", after: "1" },
    { place: "empty", before: "{}", after: "{}" },
    { place: "list.1.n", before: null, after: "2" },
    { place: "come", before: null, after: "null" },
  ]);
  assert.deepEqual(compareStates(null, 5), [{ place: "", before: null, after: "5" }]);
  assert.deepEqual(compareStates(null, null), []);
});

const crash = (id: number, path: string, reason: string, kind: CrashSummary["decision"]["kind"] = "restarted") =>
  ({ id, path, reason, decision: { ...PENDING, kind } }) as CrashSummary;

Deno.test("crashes of one actor for one reason are one repetition, whatever figures the reason holds", () => {
  const crashes = [
    crash(1, "/a", "Error: level 17"),
    crash(2, "/b", "Error: level 17"),
    crash(3, "/a", "Error: level 4"),
    crash(4, "/a", "Error: other"),
    crash(5, "/a", "Error: level 900", "gave-up"),
  ];
  assert.deepEqual(repetitions(crashes, 2), [{ path: "/a", reason: "Error: level 900", count: 3, first: 1, last: 5 }]);
  assert.deepEqual(repetitions(crashes, 4), []);
  assert.equal(tally(crashes), "4 restarted, 1 given up on");
});

const record = (time: number, facts: Record<string, string> = {}): CrashRecord =>
  ({ time, facts, replay: { seed: 9, start: 1_000 } }) as unknown as CrashRecord;

Deno.test("the command back ends a microsecond before the crash, with feed and chaos of the run", () => {
  assert.equal(
    replayCommand(record(2_501_000, { feed: "replay:a.gz", chaos: "2" })),
    "deno task start --seed 9 --feed replay:a.gz --chaos 2 --speed max --duration 2.499999s --data-dir ./replay",
  );
  assert.equal(
    replayCommand(record(2_501_000, { feed: "simulated" })),
    "deno task start --seed 9 --speed max --duration 2.499999s --data-dir ./replay",
  );
  assert.equal(replayCommand(record(1_002))?.includes("--duration 0.000001s"), true);
  assert.equal(replayCommand(record(1_001)), null);
});

Deno.test("what is no report of a supervisor is none", () => {
  for (const supervision of [null, undefined, 5, "x", {}]) assert.equal(supervisionOf({ supervision }), null);
});
