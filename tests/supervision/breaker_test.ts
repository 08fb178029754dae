import assert from "node:assert/strict";
import fc from "fast-check";
import { type Admission, type BreakerChange, type BreakerOptions, createBreaker } from "../../supervision/mod.ts";

const SECOND = 1_000_000;

const OPTIONS: BreakerOptions = {
  window: 10,
  minimumCalls: 4,
  failureRate: 0.5,
  slowAfter: SECOND,
  slowRate: 0.8,
  openFor: 2 * SECOND,
  openFactor: 2,
  openMost: 60 * SECOND,
  jitter: 0,
  probes: 2,
  probeWithin: SECOND,
};

function breaker(more: Partial<BreakerOptions> = {}, chance: () => number = () => 0.5) {
  const changes: BreakerChange[] = [];
  const made = createBreaker({ ...OPTIONS, ...more }, chance, (change) => changes.push(change));
  const call = (ok: boolean, now: number, took = 0): boolean => {
    const admission = made.admit(now);
    if (admission !== null) made.settle(admission, ok, now + took);
    return admission !== null;
  };
  return { made, changes, call };
}

Deno.test("a breaker opens at the rate of failures, and not before the fewest calls", () => {
  const { made, changes, call } = breaker();
  for (const ok of [false, false, false]) assert.ok(call(ok, 0));
  assert.equal(made.state, "closed");
  call(true, 5);
  assert.equal(made.state, "open");
  assert.deepEqual(changes, [{ from: "closed", to: "open", reason: "3 of the latest 4 calls failed", time: 5 }]);
});

Deno.test("failures that lie further back than the window do not count", () => {
  const { made, call } = breaker({ minimumCalls: 10 });
  for (let i = 0; i < 4; i++) call(false, i);
  for (let i = 0; i < 6; i++) call(true, i);
  // Four new failures push the four old ones out.
  for (let i = 0; i < 4; i++) call(false, i);
  assert.equal(made.state, "closed");
  call(false, 9);
  assert.equal(made.state, "open");
});

Deno.test("calls that take too long open it too, although none fails", () => {
  const { made, changes, call } = breaker();
  for (let i = 0; i < 4; i++) call(true, 0, SECOND + 1);
  assert.equal(made.state, "open");
  assert.equal(changes[0].reason, "4 of the latest 4 calls took too long");
});

Deno.test("open it admits nothing until its time is over, then as many probes as allowed and no more", () => {
  const { made, call } = breaker();
  for (let i = 0; i < 4; i++) call(false, 0);
  assert.equal(made.opensUntil, 2 * SECOND);
  assert.equal(call(true, 2 * SECOND - 1), false);
  const probes = [made.admit(2 * SECOND), made.admit(2 * SECOND)];
  assert.ok(probes.every((one) => one !== null));
  assert.equal(made.admit(2 * SECOND), null);
  made.settle(probes[0]!, true, 2 * SECOND);
  assert.equal(made.state, "half-open");
  // One has succeeded; that makes no room for a third.
  assert.equal(made.admit(2 * SECOND), null);
  made.settle(probes[1]!, true, 2 * SECOND);
  assert.equal(made.state, "closed");
});

Deno.test("a probe that fails, is slow or is never answered opens it again, each time for longer", () => {
  const { made, call } = breaker({ openMost: 6 * SECOND });
  for (let i = 0; i < 4; i++) call(false, 0);
  let now = made.opensUntil!;
  call(false, now);
  assert.equal(made.opensUntil! - now, 4 * SECOND);
  now = made.opensUntil!;
  const slow = made.admit(now)!;
  made.settle(slow, true, now + SECOND + 1);
  assert.equal(made.opensUntil! - (now + SECOND + 1), 6 * SECOND);
  now = made.opensUntil!;
  made.admit(now);
  assert.equal(made.admit(now + SECOND + 1), null);
  assert.equal(made.state, "open");
  assert.equal(made.opened, 4);
  // A close begins anew.
  now = made.opensUntil!;
  call(true, now);
  call(true, now);
  assert.equal(made.state, "closed");
  for (let i = 0; i < 4; i++) call(false, now);
  assert.equal(made.opensUntil! - now, 2 * SECOND);
});

Deno.test("what was admitted in another state tells nothing when it settles", () => {
  const { made, call } = breaker();
  const early = made.admit(0)!;
  for (let i = 0; i < 4; i++) call(false, 0);
  const now = made.opensUntil!;
  const probe = made.admit(now)!;
  made.settle(early, false, now);
  assert.equal(made.state, "half-open");
  made.settle(early, true, now);
  made.settle(probe, true, now);
  // The same probe twice is one.
  made.settle(probe, true, now);
  assert.equal(made.state, "half-open");
});

Deno.test("a call is slow above the time and not at it, and the share of slow calls counts from the rate itself", () => {
  const { made, call } = breaker({ slowRate: 0.5 });
  for (let i = 0; i < 4; i++) call(true, 0, SECOND);
  assert.equal(made.state, "closed");
  for (let i = 0; i < 4; i++) call(true, 0, SECOND + 1);
  assert.equal(made.state, "open");
});

Deno.test("a close forgets what failed before it, and a late failure from then opens nothing", () => {
  const { made, call } = breaker();
  const late = [made.admit(0)!, made.admit(0)!, made.admit(0)!, made.admit(0)!];
  for (let i = 0; i < 4; i++) call(false, 0);
  assert.equal(call(true, 1), false);
  assert.equal(made.refused, 1);
  for (let i = 0; i < 2; i++) call(true, made.opensUntil ?? 2 * SECOND);
  assert.equal(made.state, "closed");
  for (const call of late) made.settle(call, false, 2 * SECOND);
  for (let i = 0; i < 3; i++) call(false, 2 * SECOND);
  assert.equal(made.state, "closed");
});

Deno.test("chance moves the time of an opening by its share at most", () => {
  for (const [drawn, span] of [[0, 1.5], [0.5, 2], [0.999999, 2.5]] as const) {
    const { made, call } = breaker({ jitter: 0.25 }, () => drawn);
    for (let i = 0; i < 4; i++) call(false, 0);
    assert.ok(Math.abs(made.opensUntil! - span * SECOND) < 10, `${made.opensUntil} for ${drawn}`);
  }
});

Deno.test("one that opens for good lets no probe through", () => {
  const { made, call } = breaker({ minimumCalls: 1, openFor: Infinity, openMost: Infinity });
  call(false, 0);
  assert.equal(made.admit(Number.MAX_SAFE_INTEGER), null);
});

Deno.test("options without sense are refused by name", () => {
  for (
    const [name, value] of [
      ["window", 0],
      ["minimumCalls", 11],
      ["failureRate", 0],
      ["slowRate", 1.1],
      ["probes", 0],
      [
        "openFactor",
        0.5,
      ],
      ["openMost", 1],
      ["jitter", 1],
      ["probeWithin", 0],
      ["openFor", NaN],
    ] as const
  ) {
    assert.throws(() => breaker({ [name]: value }), new RegExp(`^RangeError: ${name} of a circuit breaker`));
  }
});

/** Steps of a run: time passes, a call begins, or the oldest or newest call under way comes to something. */
const step = fc.oneof(
  fc.record({ does: fc.constant("pass" as const), micros: fc.integer({ min: 1, max: 5 * SECOND }) }),
  fc.record({ does: fc.constant("begin" as const) }),
  fc.record({ does: fc.constant("settle" as const), ok: fc.boolean(), newest: fc.boolean() }),
);
const chosen = fc.record({
  window: fc.integer({ min: 1, max: 12 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  failureRate: fc.double({ min: 0.05, max: 1, noNaN: true }),
  probes: fc.integer({ min: 1, max: 4 }),
  jitter: fc.double({ min: 0, max: 0.9, noNaN: true }),
});

Deno.test("property: whatever happens, half-open lets through no more than the probes, and only successes close it", () => {
  fc.assert(
    fc.property(chosen, fc.array(step, { maxLength: 200 }), fc.integer(), (of, steps, seed) => {
      const options = {
        window: of.window,
        minimumCalls: Math.max(1, Math.ceil(of.share * of.window)),
        failureRate: of.failureRate,
        probes: of.probes,
        jitter: of.jitter,
      };
      let state = seed >>> 0;
      const { made, changes } = breaker(options, () => (state = (state * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32);
      let now = 0;
      let seen = 0;
      let letThrough = 0;
      let successes = 0;
      let openedAt = 0;
      let until = 0;
      const calls: Admission[] = [];
      for (const one of steps) {
        if (one.does === "pass") now += one.micros;
        if (one.does === "begin") {
          const before = made.state;
          const admission = made.admit(now);
          if (before === "open" && admission !== null) assert.ok(now >= until, "admitted before its time");
          // A half-open period may have begun with this very call.
          if (changes.slice(seen).some(({ to }) => to === "half-open")) letThrough = successes = 0;
          if (admission !== null) {
            calls.push(admission);
            if (made.state === "half-open") letThrough++;
          }
        }
        if (one.does === "settle" && calls.length > 0) {
          const call = one.newest ? calls.pop()! : calls.shift()!;
          if (made.state === "half-open" && one.ok && now - call.since <= OPTIONS.slowAfter) successes++;
          made.settle(call, one.ok, now);
        }
        assert.ok(letThrough <= options.probes, `${letThrough} of ${options.probes} probes`);
        for (const { to, from, time } of changes.slice(seen)) {
          if (to === "closed") {
            assert.ok(from === "half-open" && successes >= options.probes, "closed without successes");
          }
          if (to !== "open") continue;
          [openedAt, until] = [time, made.opensUntil ?? until];
          assert.ok(until - openedAt >= OPTIONS.openFor * (1 - options.jitter) - 1, "open for too short a time");
        }
        seen = changes.length;
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("property: a closed breaker opens within the window when everything fails, whatever came before", () => {
  fc.assert(
    fc.property(chosen, fc.array(fc.boolean(), { maxLength: 50 }), (of, before) => {
      const minimumCalls = Math.max(1, Math.ceil(of.share * of.window));
      const { made, call } = breaker({ window: of.window, minimumCalls, failureRate: of.failureRate });
      for (const ok of before) call(ok, 0);
      let failures = 0;
      while (made.state === "closed" && failures <= of.window) {
        call(false, 0);
        failures++;
      }
      assert.ok(made.state === "open" && failures <= of.window, `${failures} failures, window ${of.window}`);
      if (before.length === 0) assert.ok(failures === minimumCalls, `${failures} failures, ${minimumCalls} calls`);
    }),
    { numRuns: 500 },
  );
});
