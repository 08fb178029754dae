/** The execution feed over real guardian, gate, log and exchange, with crashes and losses on its way. */
import assert from "node:assert/strict";
import { ExecutionFeed } from "../../../actors/auditors/execution_feed.ts";
import { surveillance } from "../../../actors/auditors/surveillance.ts";
import { guardian } from "../../../actors/guardians/guardian.ts";
import { BUY, type RecordedExecutions, SELL, type SurveillanceMessage } from "../../../actors/protocol/mod.ts";
import { ExecutionView } from "../../../ffi/layout.gen.ts";
import type { ActorDef, Handlers } from "../../../runtime/mod.ts";
import { failing } from "../../../runtime/testkit/simulation.ts";
import { PRICE, Rig } from "../guardians/rig.ts";

/** `def`, whose handler throws once, before it takes the n-th message of `kind`. */
function dropsNth<M, A>(def: ActorDef<M, A>, kind: string, n: number): ActorDef<M, A> {
  let seen = 0;
  return failing(def, {
    starting: () => false,
    handling: (_path, messages) => {
      for (const [at, message] of messages.entries()) {
        if ((message as { readonly kind: string }).kind === kind && ++seen === n) return at;
      }
      return null;
    },
    lost: () => {},
  });
}

/** `surveillance` that does not hear what `heard` refuses, as if it had been lost. */
function deaf(heard: (message: SurveillanceMessage) => boolean): typeof surveillance {
  return {
    ...surveillance,
    init(context, args) {
      const handlers = surveillance.init(context, args) as Handlers<SurveillanceMessage>;
      const hear = (message: SurveillanceMessage) => (heard(message) ? handlers.receive!(message) : undefined);
      return { ...handlers, receive: (message) => hear(message as SurveillanceMessage) };
    },
  };
}

const numbers = (feed: ExecutionFeed) => [...feed.after(0, 1e6)].map(({ number }) => number);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

async function trade(rig: Rig, rounds: number): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    const [first, second] = i % 2 === 0 ? [BUY, SELL] as const : [SELL, BUY] as const;
    rig.order(first, 2);
    rig.order(second, 2, PRICE, { strategy: 2 });
    await rig.settle();
  }
}

Deno.test("every execution report is delivered once, numbered without a gap, and only after it is on record", async () => {
  const records: number[] = [];
  using rig: Rig = new Rig({
    actors: {
      surveillance: deaf((message) => {
        if (message.kind === "RecordedExecutions") records.push(rig.gate.counters().executions);
        return true;
      }),
    },
  });
  await trade(rig, 3);
  assert.deepEqual(numbers(rig.feed), upTo(12));
  assert.equal(rig.feed.delivered, rig.gate.counters().executions);
  assert.ok(records.every((counted, i) => counted >= 2 * (i + 1)), "the gate had counted them before");
  const { latency, behind } = rig.feed.report(rig.link.recorded.last);
  assert.equal(behind, 0);
  assert.ok(latency.p50Micros > 0 && latency.p50Micros <= latency.p99Micros && latency.p99Micros <= latency.maxMicros);
  const [first] = rig.feed.after(0, 1);
  assert.deepEqual([first.venue, first.view.owner, first.view.quantity], ["simulated", 1, 2]);
});

for (const nth of [1, 2, 3]) {
  Deno.test(`surveillance that crashes with batch ${nth} in its hands asks for it again`, async () => {
    using rig = new Rig({ actors: { surveillance: dropsNth(surveillance, "RecordedExecutions", nth) } });
    await trade(rig, 3);
    assert.equal(rig.system.actors().find(({ path }) => path === "/rig/surveillance")!.restarts, 1);
    assert.deepEqual(numbers(rig.feed), upTo(12));
    assert.equal(rig.feed.lost, 0);
  });
}

Deno.test("a batch that is lost on its way shows as a gap at the next one, and is asked for once", async () => {
  let lost = 0;
  using rig = new Rig({
    actors: {
      surveillance: deaf((message) => message.kind !== "RecordedExecutions" || message.sequence !== 2 || lost++ > 0),
    },
  });
  await trade(rig, 3);
  assert.equal(rig.feed.gaps, 1);
  assert.deepEqual(numbers(rig.feed), upTo(12));
});

Deno.test("a guardian that crashes with the question in its hands is asked again, because somebody counts", async () => {
  let lost = 0;
  const concerns: string[] = [];
  using rig = new Rig({
    onConcern: ({ id }) => concerns.push(id),
    actors: {
      guardian: dropsNth(guardian, "ResendRecorded", 1),
      surveillance: deaf((message) => message.kind !== "RecordedExecutions" || message.sequence !== 3 || lost++ > 0),
    },
  });
  await trade(rig, 3);
  assert.equal(rig.feed.report(rig.link.recorded.last).behind, 1);
  // Nothing follows the lost batch, so that no gap shows; the drop copy's comparison sees it.
  await rig.settle(3_000_000);
  assert.deepEqual(numbers(rig.feed), upTo(12));
  // Behind from one comparison to the next, and then no more.
  assert.deepEqual(concerns, ["surveillance-gap", "surveillance-gap"]);
  assert.equal(rig.concerns.size, 0);
});

Deno.test("a last batch that was lost is asked for by who counts, and is no concern when the answer comes", async () => {
  let lost = 0;
  const concerns: string[] = [];
  using rig = new Rig({
    onConcern: ({ id }) => concerns.push(id),
    actors: {
      surveillance: deaf((message) => message.kind !== "RecordedExecutions" || message.sequence !== 3 || lost++ > 0),
    },
  });
  await trade(rig, 3);
  await rig.settle(3_000_000);
  assert.deepEqual([numbers(rig.feed), concerns], [upTo(12), []]);
});

Deno.test("surveillance that stays behind is a concern, and no more when it has caught up", async () => {
  const concerns: (readonly [string, boolean])[] = [];
  let hears = false;
  using rig = new Rig({
    actors: { surveillance: deaf(() => hears) },
    onConcern: (one) => concerns.push([one.id, one.active]),
  });
  await trade(rig, 1);
  await rig.settle(5_000_000);
  assert.deepEqual(concerns, [["surveillance-gap", true]]);
  hears = true;
  await rig.settle(5_000_000);
  assert.deepEqual(concerns, [["surveillance-gap", true], ["surveillance-gap", false]]);
  assert.equal(rig.feed.report(rig.link.recorded.last).behind, 0);
});

Deno.test("what the guardian keeps no longer is counted as lost, told, and on record; the feed goes on", async () => {
  let hears = false;
  using rig = new Rig({ actors: { surveillance: deaf(() => hears) } });
  await trade(rig, 2_100);
  hears = true;
  await trade(rig, 1);
  await rig.settle(5_000_000);
  const { lost, delivered, behind } = rig.feed.report(rig.link.recorded.last);
  assert.equal(behind, 0);
  assert.ok(lost > 0 && lost + delivered === rig.gate.counters().executions, `${lost} lost, ${delivered} delivered`);
  assert.equal(rig.alerts.latest.length, 1);
  assert.match(rig.alerts.latest[0].text, /^\d+ execution reports never reached the feed: the audit log has them$/);
});

/** A batch of `count` reports, the first of them number `first`. */
function batch(sequence: number, first: number, count: number): RecordedExecutions {
  const records = new Uint8Array(count * ExecutionView.SIZE);
  const view = new ExecutionView(records);
  for (let i = 0; i < count; i++) view.at(i).orderId = first + i;
  return { kind: "RecordedExecutions", venue: "v", sequence, first, records, count, stamp: 0 };
}

Deno.test("the feed keeps a window, says what is older, and resumes from any number", () => {
  const feed = new ExecutionFeed(8);
  assert.deepEqual([feed.oldest, feed.newest, feed.missed(0)], [0, 0, 0]);
  assert.deepEqual(numbers(feed), []);
  for (let i = 0; i < 5; i++) feed.take(batch(i + 1, 1 + 3 * i, 3), 500);
  assert.deepEqual([feed.oldest, feed.newest], [8, 15]);
  assert.deepEqual(Array.from(feed.after(0, 3), ({ number, view }) => [number, view.orderId]), [[8, 8], [9, 9], [
    10,
    10,
  ]]);
  assert.deepEqual([...feed.after(13, 9)].map(({ number }) => number), [14, 15]);
  assert.deepEqual([feed.missed(0), feed.missed(6), feed.missed(7), feed.missed(15)], [7, 1, 0, 0]);
  assert.deepEqual([...feed.after(15, 9)], []);
});

Deno.test("behind a loss the feed begins anew: nothing older is passed off as following", () => {
  const feed = new ExecutionFeed(8);
  feed.take(batch(1, 1, 3), 1);
  feed.take(batch(9, 21, 2), 1);
  assert.deepEqual([feed.oldest, feed.newest, feed.lost], [21, 22, 17]);
  assert.deepEqual(numbers(feed), [21, 22]);
  assert.equal(feed.missed(3), 17);
});
