/** The breaker around the link to a venue that falls silent, over a real guardian, gate and exchange. */
import assert from "node:assert/strict";
import { BUY } from "../../../actors/protocol/mod.ts";
import { VenuePulse } from "../../../actors/guardians/venue_pulse.ts";
import { createBreaker } from "../../../supervision/mod.ts";
import { PRICE, Rig } from "./rig.ts";

const SECOND = 1_000_000;
const states = (rig: Rig) => rig.breakerChanges.map(({ to }) => to);

Deno.test("a venue that answers is asked nothing, whatever is sent and however little comes back", async () => {
  using rig = new Rig();
  for (let i = 0; i < 30; i++) {
    rig.order(BUY, 1, PRICE - 20 - i);
    await rig.settle(700_000);
  }
  await rig.settle(30 * SECOND);
  assert.deepEqual([rig.breaker.state, states(rig)], ["closed", []]);
});

Deno.test("a silent venue opens the breaker within five seconds, and probes alone close it once it speaks again", async () => {
  using rig = new Rig();
  rig.system.debug.suspend("/rig/exchange", "test");
  rig.order(BUY, 1, PRICE - 20);
  await rig.settle(5 * SECOND);
  assert.equal(rig.breaker.state === "closed", false);
  assert.equal(states(rig)[0], "open");
  // It stays silent: every probe fails, and each opening lasts longer.
  await rig.settle(30 * SECOND);
  const openings = states(rig).filter((state) => state === "open").length;
  assert.ok(openings >= 3 && openings <= 8, `${openings} openings in half a minute`);
  rig.system.debug.resume("/rig/exchange", "test");
  await rig.settle(30 * SECOND);
  assert.deepEqual([rig.breaker.state, states(rig).at(-1), states(rig).at(-2)], ["closed", "closed", "half-open"]);
  // The order that waited was entered once.
  assert.equal(rig.resting, 1);
});

Deno.test("a guardian that crashes while the breaker is open goes on probing", async () => {
  using rig = new Rig();
  rig.system.debug.suspend("/rig/exchange", "test");
  rig.order(BUY, 1, PRICE - 20);
  await rig.settle(6 * SECOND);
  assert.notEqual(rig.breaker.state, "closed");
  rig.system.crash(rig.system.find("/rig/guardian")!, new Error("on purpose"));
  await rig.settle(SECOND);
  rig.system.debug.resume("/rig/exchange", "test");
  await rig.settle(30 * SECOND);
  assert.equal(rig.breaker.state, "closed");
});

Deno.test("what causes no report is no failure when the venue answers the question", () => {
  let asked = 0;
  const wakes: number[] = [];
  const breaker = createBreaker({
    ...{ window: 4, minimumCalls: 1, failureRate: 0.5, slowAfter: 10, slowRate: 1, openFor: 10, openFactor: 2 },
    ...{ openMost: 100, jitter: 0, probes: 1, probeWithin: 10 },
  }, () => 0.5);
  const pulse = new VenuePulse({ breaker, answerWithin: 5, ask: () => asked++, wakeAt: (time) => wakes.push(time) });
  pulse.sent(0);
  pulse.sent(1);
  assert.deepEqual([wakes, asked], [[5], 0]);
  pulse.due(5);
  assert.equal(asked, 1);
  pulse.heard(7);
  assert.equal(breaker.state, "closed");
  // The wake that is left over finds nothing to do.
  pulse.due(10);
  assert.deepEqual([wakes, asked], [[5, 10], 1]);
  // A later call has its own time, although a wake of an earlier one comes first.
  pulse.sent(20);
  pulse.heard(21);
  pulse.sent(24);
  pulse.due(25);
  assert.deepEqual([wakes.at(-1), asked], [29, 1]);
});
