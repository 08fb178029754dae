import assert from "node:assert/strict";
import { compare, describe, firstDifference, shrink } from "./otp/compare.ts";
import { Erlang, hasErlang } from "./otp/erlang.ts";
import { playOurs } from "./otp/ours.ts";
import { type Play, randomPlay } from "./otp/trees.ts";

const withErlang = (name: string, fn: (erlang: Erlang) => Promise<void>) =>
  Deno.test({
    name: `${name} [needs Erlang]`,
    ignore: !hasErlang,
    async fn() {
      const erlang = await Erlang.start();
      try {
        await fn(erlang);
      } finally {
        await erlang.close();
      }
    },
  });

withErlang("200 random trees do under our supervisors what they do under OTP's", async (erlang) => {
  const { plays, events, kinds, untimely, differences } = await compare(erlang, { plays: 200 });
  if (differences.length > 0) assert.fail(describe(await shrink(erlang, differences[0])));
  assert.equal(plays, 200);
  assert.ok(events > 200 * 40, `${events} events are too few to show anything`);
  assert.ok(untimely < 3, `${untimely} plays about time were not played in time`);
  for (const kind of ["+", "-", "!", "?", "r intensity-reached", "r shutdown-error", "reply ok", "reply running"]) {
    assert.ok((kinds.get(kind) ?? 0) >= 5, `"${kind}" came ${kinds.get(kind) ?? 0} times`);
  }
});

withErlang(
  "a supervisor that says nothing of a child that was killed is found out, in a play shrunk to what it takes",
  async (erlang) => {
    const silent = async (play: Play) =>
      (await playOurs(play)).filter((line) => !/^r shutdown-error .* killed$/.test(line));
    const { differences: [found] } = await compare(erlang, { plays: 100, player: silent });
    const least = await shrink(erlang, found, silent);
    assert.match(least.otp[least.at], /^r shutdown-error .* killed$/);
    assert.ok(least.play.steps.length <= 1 && JSON.stringify(least.play.top).length < 700, describe(least));
  },
);

Deno.test("the play of a seed is the same for ever", () => {
  assert.deepEqual(randomPlay(17), randomPlay(17));
  assert.notDeepEqual(randomPlay(17), randomPlay(18));
});

Deno.test("how a child ends that is undone with its supervisor may differ, and nothing else", () => {
  assert.equal(
    firstDifference(["+a", "-a undone", "!s"], ["+a", "-a killed", "r shutdown-error s a killed", "!s"]),
    null,
  );
  assert.equal(firstDifference(["+a", "-a undone", "!s"], ["+a", "-b killed", "!s"]), 1);
  assert.equal(firstDifference(["+a", "-a undone"], ["+a"]), 1);
  assert.equal(firstDifference(["+a", "-a shutdown"], ["+a", "-a killed"]), 1);
  assert.equal(firstDifference(["+a"], ["+a", "-a shutdown"]), 1);
});
