import assert from "node:assert/strict";
import fc from "fast-check";
import { finish, settle } from "../../runtime/testkit/mod.ts";
import type { Order } from "./trees.ts";
import { OtpModel } from "./otp_model.ts";
import { tree } from "./trees.ts";

const REASONS: Record<"normal" | "shutdown" | "error", Order> = {
  normal: { kind: "end", reason: { kind: "normal" } },
  shutdown: { kind: "end", reason: { kind: "shutdown" } },
  error: { kind: "crash" },
};

const scenario = fc.record({
  strategy: fc.constantFrom("one_for_one" as const, "one_for_all" as const, "rest_for_one" as const),
  intensity: fc.nat(6),
  periodMs: fc.integer({ min: 1, max: 50 }),
  restarts: fc.array(
    fc.constantFrom("permanent" as const, "permanent" as const, "transient" as const, "temporary" as const),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
  script: fc.array(
    fc.record({
      child: fc.nat(5),
      reason: fc.constantFrom("normal" as const, "shutdown" as const, "error" as const, "error" as const),
      waitMs: fc.nat(20),
      fail: fc.oneof(fc.constant(null), fc.record({ child: fc.nat(5), times: fc.integer({ min: 1, max: 3 }) })),
    }),
    { maxLength: 25 },
  ),
});

Deno.test("random trees start, stop, restart and give up as the model of OTP's supervisor does", async () => {
  let gaveUp = 0;
  let failedStarts = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async ({ strategy, intensity, periodMs, restarts, script }) => {
      const { system, leaf, start, trace, failures, at } = tree();
      const ids = restarts.map((_, i) => String.fromCharCode(97 + i));
      const modelFailures = new Map<string, number>();
      start({
        id: "top",
        strategy,
        intensity,
        periodMs,
        children: ids.map((id, i) => leaf(id, { restart: restarts[i] })),
      });
      const children = ids.map((id, i) => ({ id, restart: restarts[i] }));
      const model = new OtpModel(children, strategy, intensity, periodMs * 1000, modelFailures);
      for (const { child, reason, waitMs, fail } of script) {
        await system.run({ until: system.clock.now() + waitMs * 1000 });
        if (fail !== null && fail.child < ids.length) {
          failures.set(ids[fail.child], fail.times);
          modelFailures.set(ids[fail.child], fail.times);
        }
        if (child >= ids.length) continue;
        at(`/top/${ids[child]}`)?.tell(REASONS[reason]);
        await settle(system);
        model.exit(ids[child], reason, system.clock.now());
        assert.deepEqual(trace, model.trace);
        assert.equal(system.find("/top") !== undefined, model.alive);
      }
      if (!model.alive) gaveUp++;
      failedStarts += trace.filter((line) => line.startsWith("!")).length;
      model.stop();
      await finish(system);
      assert.deepEqual(trace, model.trace);
    }),
    { numRuns: 1000 },
  );
  // The scenarios reach the rare clauses too.
  assert.ok(gaveUp > 50, `${gaveUp} gave up`);
  assert.ok(failedStarts > 50, `${failedStarts} failed starts`);
});
