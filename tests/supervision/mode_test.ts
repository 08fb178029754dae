import assert from "node:assert/strict";
import fc from "fast-check";
import { type ConcernReport, createModeMachine, type ModeMachine, type SystemMode } from "../../supervision/mod.ts";

const RECOVER = 1000;

const concern = (id: string, active: boolean, demands: ConcernReport["demands"] = "SafeMode"): ConcernReport => ({
  id,
  active,
  demands,
  detail: `detail of ${id}`,
});

const machine = () => createModeMachine({ recoverAfter: RECOVER });

Deno.test("the mode is the strictest demand of the active concerns", () => {
  const modes = machine();
  assert.equal(modes.mode, "FullPerformance");
  const first = modes.report(concern("stale:A", true), 10);
  assert.deepEqual(first, { mode: "SafeMode", changed: true, reason: "stale:A: detail of stale:A" });
  assert.equal(modes.report(concern("stale:B", true), 20).changed, false);
  const worst = modes.report(concern("audit", true, "EmergencyShutdown"), 30);
  assert.deepEqual(worst, { mode: "EmergencyShutdown", changed: true, reason: "audit: detail of audit" });
  assert.deepEqual(modes.concerns.map((one) => one.id), ["stale:A", "stale:B", "audit"]);
});

Deno.test("a concern whose demand rises raises the mode", () => {
  const modes = machine();
  modes.report(concern("a", true), 1);
  assert.equal(modes.report(concern("a", true, "EmergencyShutdown"), 2).mode, "EmergencyShutdown");
});

Deno.test("SafeMode ends when no concern has been active for recoverAfter, to the microsecond", () => {
  const modes = machine();
  modes.report(concern("a", true), 0);
  modes.report(concern("b", true), 0);
  modes.report(concern("a", false), 100);
  assert.equal(modes.tick(5000).mode, "SafeMode");
  modes.report(concern("b", false), 6000);
  assert.equal(modes.tick(6000 + RECOVER - 1).mode, "SafeMode");
  assert.deepEqual(modes.tick(6000 + RECOVER), {
    mode: "FullPerformance",
    changed: true,
    reason: "No concern for 0.001 s.",
  });
});

Deno.test("a concern that returns starts the wait again", () => {
  const modes = machine();
  modes.report(concern("a", true), 0);
  modes.report(concern("a", false), 100);
  modes.report(concern("a", true), 600);
  modes.report(concern("a", false), 700);
  assert.equal(modes.tick(100 + RECOVER).mode, "SafeMode");
  assert.equal(modes.tick(700 + RECOVER).mode, "FullPerformance");
});

Deno.test("the end of a concern that was not active does not start the wait again", () => {
  const modes = machine();
  modes.report(concern("a", true), 0);
  modes.report(concern("a", false), 100);
  modes.report(concern("a", false), 900);
  modes.report(concern("never", false), 1000);
  assert.equal(modes.tick(100 + RECOVER).mode, "FullPerformance");
});

Deno.test("EmergencyShutdown stays until it is re-armed, however quiet it is", () => {
  const modes = machine();
  modes.report(concern("a", true, "EmergencyShutdown"), 0);
  modes.report(concern("a", false), 1);
  assert.equal(modes.tick(1e9).mode, "EmergencyShutdown");
  assert.deepEqual(modes.rearm(1e9), { mode: "SafeMode", changed: true, reason: "Re-armed by an operator." });
  assert.equal(modes.tick(1e9 + RECOVER - 1).mode, "SafeMode");
  assert.equal(modes.tick(1e9 + RECOVER).mode, "FullPerformance");
});

Deno.test("re-arming is refused while a concern demands EmergencyShutdown", () => {
  const modes = machine();
  modes.report(concern("a", true, "EmergencyShutdown"), 0);
  const refused = modes.rearm(10);
  assert.deepEqual(refused, {
    mode: "EmergencyShutdown",
    changed: false,
    reason: "Not re-armed, because a is still active: detail of a",
  });
  modes.report(concern("b", true), 20);
  modes.report(concern("a", false), 30);
  assert.equal(modes.rearm(40).reason, "Re-armed; b: detail of b");
  assert.equal(modes.tick(1e9).mode, "SafeMode");
});

Deno.test("re-arming changes nothing outside EmergencyShutdown", () => {
  const modes = machine();
  assert.deepEqual(modes.rearm(5), {
    mode: "FullPerformance",
    changed: false,
    reason: "No concern has been reported.",
  });
  modes.report(concern("a", true), 10);
  modes.report(concern("a", false), 20);
  modes.rearm(500);
  assert.equal(modes.tick(20 + RECOVER).mode, "FullPerformance");
});

Deno.test("after any history the mode is at least as strict as what is demanded, and only re-arming leaves the latch", () => {
  const rank: Record<SystemMode, number> = { FullPerformance: 0, SafeMode: 1, EmergencyShutdown: 2 };
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("report" as const),
      id: fc.constantFrom("a", "b", "c"),
      active: fc.boolean(),
      demands: fc.constantFrom("SafeMode" as const, "EmergencyShutdown" as const),
      wait: fc.nat(2000),
    }),
    fc.record({ kind: fc.constantFrom("tick" as const, "rearm" as const), wait: fc.nat(2000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const modes: ModeMachine = machine();
      let now = 0;
      for (const one of steps) {
        now += one.wait;
        const before = modes.mode;
        const decision = one.kind === "report"
          ? modes.report(concern(one.id, one.active, one.demands), now)
          : modes[one.kind](now);
        assert.equal(decision.mode, modes.mode);
        assert.equal(decision.changed, before !== modes.mode);
        const demanded = Math.max(0, ...modes.concerns.map((active) => rank[active.demands]));
        assert.ok(rank[modes.mode] >= demanded);
        if (before === "EmergencyShutdown" && one.kind !== "rearm") assert.equal(modes.mode, before);
        if (one.kind === "rearm") assert.notEqual(decision.changed && modes.mode, "FullPerformance");
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a wait that is no time is refused", () => {
  assert.throws(() => createModeMachine({ recoverAfter: -1 }), /recoverAfter is a span/);
  assert.throws(() => createModeMachine({ recoverAfter: 0.5 }), /whole microseconds/);
});
