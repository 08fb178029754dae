/** What led to a command: the word on its record, and the numbers of market events that it names. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { killCause, marketCause, type MarketData, type MarketEvent, readCause } from "../../actors/protocol/mod.ts";
import { HOST_CAUSE, NOTICE_CAUSE, PERSON_CAUSE, TIMER_CAUSE } from "../../actors/protocol/mod.ts";
import { Subscribers } from "../../actors/venues/subscribers.ts";
import type { ActorRef } from "../../runtime/mod.ts";

Deno.test("a word of a cause reads back as what it was made of, and fits the numbers that records are read as", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 127 }),
    fc.integer({ min: 0, max: 2 ** 41 - 1 }),
    fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    (instrument, number, id) => {
      assert.deepEqual(readCause(marketCause(instrument, number)), { kind: "market", instrument, number });
      assert.deepEqual(readCause(killCause(id)), { kind: "kill", record: id });
      assert.deepEqual(readCause(id), { kind: "report", order: id }, "as logs before had it");
      assert.ok(Number.isSafeInteger(marketCause(instrument, number)) && Number.isSafeInteger(killCause(id)));
    },
  ));
  const words = [0, TIMER_CAUSE, NOTICE_CAUSE, HOST_CAUSE, PERSON_CAUSE, 31 * 2 ** 48];
  assert.deepEqual(words.map((word) => readCause(word).kind), [
    ...["unknown", "timer", "notice", "host", "person", "unknown"],
  ]);
});

const top = (instrument: number): MarketEvent => {
  return { kind: "BookTop", instrument, bid: 1, bidQuantity: 1, ask: 2, askQuantity: 1, time: 0 };
};

Deno.test("market events are numbered by instrument without a gap, and prices told again bear the number they stand after", () => {
  const heard: MarketData[] = [];
  const subscriber = { id: 1, tell: (message: MarketData) => void heard.push(message) } as unknown as ActorRef<
    MarketData
  >;
  const subscribers = new Subscribers();
  subscribers.publish(0, [top(0), top(0)]);
  subscribers.add({ kind: "SubscribeMarket", subscriber: subscriber as never, instruments: [0, 1] });
  subscribers.tellAgain(subscriber as never, top(0));
  subscribers.tellAgain(subscriber as never, top(1));
  subscribers.publish(0, [top(0)]);
  subscribers.publish(1, [top(1), top(1)]);
  subscribers.publish(0, [top(0)]);
  assert.deepEqual(heard.map(({ events, first }) => [events[0].instrument, first]), [[0, 2], [1, 0], [0, 3], [1, 1], [
    0,
    4,
  ]]);
});
