import assert from "node:assert/strict";
import {
  letterOf,
  readHolderWord,
  readSeatWord,
  TO_GATEWAY,
  TO_HOLDER,
  WordError,
} from "../../../actors/placement/words.ts";
import type { Letter } from "../../../runtime/transport/mod.ts";

const from = { node: "n", epoch: 1, path: "/x", sequence: 1 };
const good = letterOf(from, TO_GATEWAY, { to: 1, word: { kind: "ShardBeat" } }, null);
const body = (value: unknown): Letter => ({ ...good, body: typeof value === "string" ? value : JSON.stringify(value) });
const order = { kind: "SubmitOrder", strategy: 1, cause: 0, orderId: 1, instrument: 0, side: 0, orderType: 0, tif: 0 };
const rest = { price: 1, quantity: 1, postOnly: false, reduceOnly: false };

Deno.test("a word comes out as it went in", () => {
  assert.deepEqual(readHolderWord(good), { to: 1, word: { kind: "ShardBeat" } });
  const word = { kind: "MarketStatus", instrument: 1, status: "live", detail: "", time: 5 } as const;
  assert.deepEqual(readSeatWord(letterOf(from, TO_HOLDER, { to: 2, word }, null)), { to: 2, word });
  assert.deepEqual(readHolderWord(body({ to: 1, word: { ...order, ...rest } })).word, { ...order, ...rest });
});

Deno.test("nothing that does not fit its schema to the last key is believed", () => {
  const hostile: unknown[] = [
    "",
    "[",
    "null",
    '{"$":"nothing","v":1}',
    { to: 1 },
    { to: -1, word: { kind: "ShardBeat" } },
    { to: 1, word: { kind: "ShardBeat", more: 1 } },
    { to: 1, word: { kind: "ExecutionReport" } },
    { to: 1, word: { ...order, ...rest, price: -1 } },
    { to: 1, word: { ...order, ...rest, price: 1.5 } },
    { to: 1, word: { ...order, ...rest, quantity: 2 ** 53 } },
    { to: 1, word: { ...order, ...rest, orderId: 0 } },
    { to: 1, word: { ...order, ...rest, side: 2 } },
    { to: 1, word: { ...order, ...rest, postOnly: 1 } },
    { to: 1, word: { ...order, ...rest, time: 1 } },
    { to: 1, word: { ...order } },
    { to: 1, word: { kind: "CancelOrder", strategy: "1", cause: 0, instrument: 0, target: 1 } },
    { to: 1, word: { kind: "ShardAttach", config: "x".repeat(3_000), orders: [] } },
    { to: 1, word: { kind: "GuardianReady", __proto__: { a: 1 } } },
  ];
  for (const value of hostile) {
    assert.throws(
      () => readHolderWord(body(value)),
      (error) => error instanceof WordError && /^a letter of n /.test(error.message),
      JSON.stringify(value),
    );
  }
  assert.throws(() => readSeatWord(body({ to: 1, word: { ...order, ...rest } })), WordError);
});

Deno.test("a letter of another schema or version is refused with what is understood here", () => {
  for (
    const schema of [null, { id: "cwts.to-gateway", version: 2 }, { id: "other", version: 1 }, {
      id: "cwts.to-holder",
      version: 1,
    }]
  ) {
    const letter = { ...good, envelope: { ...good.envelope, schema } };
    assert.throws(() => readHolderWord(letter), /^a letter of n is refused/);
  }
});
