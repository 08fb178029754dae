/** Asks that wait for each other, and the deadlines they pass on. */
import assert from "node:assert/strict";
import type { ActorDef, ActorRef, AskResult } from "../../runtime/mod.ts";
import { finish, settle, testSystem } from "../../runtime/testkit/mod.ts";

interface Question {
  readonly replyTo: ActorRef<string>;
}
type Answers = AskResult<string>[];
const question = (replyTo: ActorRef<string>): Question => ({ replyTo });

/** Puts every question on to the actor `next()` and answers with what came of it. */
function forwarder(next: () => ActorRef<Question>, answers: Answers, timeout = 1000): ActorDef<Question> {
  return {
    type: "forwarder",
    init: (context) => ({
      async receive({ replyTo }) {
        const answer = await context.ask<Question, string>(next(), question, timeout);
        answers.push(answer);
        replyTo.tell(answer.ok ? answer.value : answer.failure);
      },
    }),
  };
}

Deno.test("An ask that closes a circle of waiting fails at once with the path", async () => {
  const system = testSystem();
  const answers: Answers = [];
  const refs: ActorRef<Question>[] = [];
  for (let i = 0; i < 3; i++) refs.push(system.start(`a${i}`, forwarder(() => refs[(i + 1) % 3], answers), undefined));
  const outcome = system.ask<Question, string>(refs[0], question, 1000);
  await settle(system);
  assert.deepEqual(answers[0], { ok: false, failure: "cycle", path: ["/a2", "/a0", "/a1", "/a2"] });
  assert.deepEqual(await outcome, { ok: true, value: "cycle" });
  assert.equal(system.clock.now(), 0, "nobody waited for a deadline");
  await finish(system);
});

Deno.test("Actors that wait for each other without a common cause are found as well", async () => {
  const system = testSystem();
  const answers: Answers = [];
  const refs: ActorRef<Question>[] = [];
  for (let i = 0; i < 2; i++) refs.push(system.start(`a${i}`, forwarder(() => refs[1 - i], answers), undefined));
  const both = [
    system.ask<Question, string>(refs[0], question, 1000),
    system.ask<Question, string>(refs[1], question, 1000),
  ];
  await settle(system);
  for (const answer of await Promise.all(both)) assert.deepEqual(answer, { ok: true, value: "cycle" });
  assert.ok(answers.every((answer) => answer.ok || answer.failure === "cycle"));
  assert.equal(system.clock.now(), 0, "nobody waited for a deadline");
  await finish(system);
});

Deno.test("An actor cannot ask itself", async () => {
  const system = testSystem();
  const answers: Answers = [];
  const self: ActorRef<Question> = system.start("self", forwarder(() => self, answers), undefined);
  const outcome = system.ask<Question, string>(self, question, 1000);
  await settle(system);
  assert.deepEqual(answers, [{ ok: false, failure: "cycle", path: ["/self", "/self"] }]);
  await outcome;
  await finish(system);
});

Deno.test("Waiting for a busy actor that waits for somebody else is no circle", async () => {
  const system = testSystem();
  const answers: Answers = [];
  const last = system.start<Question, void>("last", {
    type: "last",
    init: () => ({ receive: ({ replyTo }) => void replyTo.tell("done") }),
  }, undefined);
  const middle = system.start("middle", forwarder(() => last, answers), undefined);
  const asks = [1, 2, 3].map((n) => system.start(`f${n}`, forwarder(() => middle, answers), undefined))
    .map((ref) => system.ask<Question, string>(ref, question, 1000));
  await settle(system);
  for (const answer of await Promise.all(asks)) assert.deepEqual(answer, { ok: true, value: "done" });
  await finish(system);
});

Deno.test("Nobody waits for an answer longer than for the answer to the question behind it", async () => {
  const system = testSystem();
  const answers: Answers = [];
  const deadlines: number[] = [];
  const silent = system.start<Question, void>("silent", {
    type: "silent",
    init: (context) => ({ receive: () => void deadlines.push(context.envelope!.deadline) }),
  }, undefined);
  const middle = system.start("middle", forwarder(() => silent, answers, 1_000_000), undefined);
  const outcome = system.ask<Question, string>(middle, question, 500);
  await system.run({ until: 600 });
  assert.deepEqual(await outcome, { ok: false, failure: "timeout" });
  assert.deepEqual(answers, [{ ok: false, failure: "timeout" }]);
  assert.deepEqual(deadlines, [500]);
  await finish(system);
});
