import assert from "node:assert/strict";
import type { ActorDef } from "../../runtime/mod.ts";
import { checkSpec, supervise, type SupervisorSpec, worker, type WorkerOptions } from "../../supervision/mod.ts";
import { finish, testSystem } from "../../runtime/testkit/mod.ts";

const idle: ActorDef<never> = { type: "idle", init: () => ({}) };

function top(spec: Partial<SupervisorSpec>): SupervisorSpec {
  return { id: "top", strategy: "one_for_one", children: [], ...spec };
}

const child = (options: WorkerOptions) => top({ children: [worker("a", idle, undefined, options)] });

Deno.test("checkSpec says nothing about a tree that can be started", async () => {
  const good = top({
    intensity: 0,
    periodMs: 1,
    onGiveUp: "halt",
    children: [
      worker("a", idle, undefined, { restart: "transient", shutdown: 1, mailboxOnRestart: "dead-letter" }),
      worker("b", idle, undefined, {
        shutdown: "brutal_kill",
        backoff: { initialMs: 0, maxMs: 0, factor: 1, jitter: 1, resetAfterMs: 0 },
      }),
      top({ id: "inner", children: [worker("a", idle, undefined)] }),
    ],
  });
  assert.deepEqual(checkSpec(good), []);
  const system = testSystem();
  supervise(system, "top", good);
  await finish(system);
});

Deno.test("checkSpec names every wrong value in one sentence with its path", () => {
  const backoff = { initialMs: 10, maxMs: 100, factor: 2, jitter: 0.1, resetAfterMs: 1000 };
  const cases: [SupervisorSpec, RegExp][] = [
    [top({ id: "a/b" }), /^a\/b: id "a\/b" must be a name without "\/"/],
    [top({ strategy: "one_for_some" as never }), /^top: strategy "one_for_some" must be one of one_for_one/],
    [top({ intensity: -1 }), /^top: intensity -1 must be a whole number of restarts, 0 or more\.$/],
    [top({ intensity: 1.5 }), /intensity 1.5/],
    [top({ periodMs: 0 }), /^top: periodMs 0 must be a whole number of milliseconds above 0\.$/],
    [top({ onGiveUp: "panic" as never }), /^top: onGiveUp "panic" must be one of escalate/],
    [child({ restart: "always" as never }), /^top\/a: restart "always" must be one of permanent/],
    [child({ shutdown: 0 }), /^top\/a: shutdown 0 must be a whole number of milliseconds above 0/],
    [child({ shutdown: NaN }), /shutdown NaN/],
    [child({ shutdown: "infinity" }), /^top\/a: shutdown infinity is for supervisors only/],
    [
      child({ mailboxOnRestart: "lose" as never }),
      /^top\/a: mailboxOnRestart "lose" must be one of keep, dead-letter\.$/,
    ],
    [child({ backoff: { ...backoff, initialMs: -1 } }), /backoff\.initialMs -1 must be 0 or more/],
    [child({ backoff: { ...backoff, maxMs: 5 } }), /backoff\.maxMs 5 must be at least initialMs/],
    [child({ backoff: { ...backoff, factor: 0.5 } }), /backoff\.factor 0\.5 must be 1 or more/],
    [child({ backoff: { ...backoff, jitter: 2 } }), /backoff\.jitter 2 must be a fraction from 0 to 1/],
    [child({ backoff: { ...backoff, resetAfterMs: NaN } }), /backoff\.resetAfterMs NaN must be 0 or more/],
    [top({ children: [{ id: "a", args: 1 } as never] }), /^top\/a: actor must be an actor definition/],
    [
      top({ children: [worker("a", idle, undefined), top({ id: "a" })] }),
      /^top: id "a" is used by two children; give each its own\.$/,
    ],
    [top({ children: [top({ id: "inner", periodMs: -5 })] }), /^top\/inner: periodMs -5/],
  ];
  for (const [spec, sentence] of cases) {
    const problems = checkSpec(spec);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0], sentence);
  }
});

Deno.test("a supervisor refuses to start from a spec that does not pass the check", async () => {
  const system = testSystem();
  assert.throws(() => supervise(system, "top", top({ intensity: -1, periodMs: 0 })), /intensity -1 .* periodMs 0/);
  assert.deepEqual(system.actors(), []);
  await finish(system);
});

Deno.test("A key that a specification does not have is refused", () => {
  const problems = checkSpec(
    top({ intensty: 3, children: [{ ...worker("a", idle, undefined), shutdwon: 5 }] } as never),
  );
  assert.equal(problems.length, 2, problems.join("\n"));
  assert.match(problems[0], /^top: a supervisor has no "intensty"; it has .*intensity/);
  assert.match(problems[1], /^top\/a: a worker has no "shutdwon"; it has .*shutdown/);
});

Deno.test("checkSpec names wrong values of what OTP lacks, too", () => {
  const budget = { intensity: 1, periodMs: 1000 };
  const cases: [SupervisorSpec, RegExp][] = [
    [top({ autoShutdown: "always" as never }), /^top: autoShutdown "always" must be one of never, any_significant/],
    [top({ shutdown: 0 }), /^top: shutdown 0 must be a whole number .* or "infinity"\.$/],
    [child({ significant: "yes" as never }), /^top\/a: significant "yes" must be true or false\.$/],
    [child({ tags: [""] }), /^top\/a: tags a list must be a list of names\.$/],
    [child({ startTimeoutMs: 0.5 }), /^top\/a: startTimeoutMs 0\.5 must be a whole number of milliseconds above 0\.$/],
    [
      child({ budget: { ...budget, intensity: -1 } }),
      /^top\/a: budget\.intensity -1 must be a whole number of restarts/,
    ],
    [child({ budget: { ...budget, periodMs: 0 } }), /^top\/a: budget\.periodMs 0 must be/],
    [
      child({ budget: { ...budget, onSpent: "stop" as never } }),
      /^top\/a: budget\.onSpent "stop" must be one of give-up/,
    ],
    [child({ budget: 3 as never }), /^top\/a: budget 3 must be an object\.$/],
    [child({ backoff: { initialMs: 1 } as never }), /backoff\.maxMs undefined must be 0 or more/],
    [top({ children: {} as never }), /^top: children an object must be a list of child specifications\.$/],
    [top({ children: [null as never] }), /^top: a child specification is an object, not null\.$/],
    [{ id: "top", strategy: "dynamic" } as never, /^top: template undefined must be a worker\.$/],
  ];
  for (const [spec, sentence] of cases) assert.match(checkSpec(spec)[0] ?? "nothing", sentence);
  assert.match(checkSpec(null as never)[0], /^a child specification is an object, not null\.$/);
});
