/** One actor asks another, one question after the other, and waits for each answer. */
import { tail } from "../../harness.ts";
import { Goal } from "../goal.ts";
import { expect, seconds } from "../measuring.ts";
import type { Address, Message, Program } from "../port.ts";

const TIMEOUT_MICROS = 5_000_000;
const GO: Message = { type: "go" };

interface Question extends Message {
  readonly replyTo: Address<number>;
}

/** `value` without a clock inside; the quantiles from as many more questions with one reading of the clock in each. */
export const ask: Program = async (engine, { asks }) => {
  const world = await engine.open();
  const nanos = new Float64Array(asks);
  let answered = 0;
  let timed = false;
  let goal = new Goal(1);
  const target = world.spawn<Question>(() => ({ replyTo }) => void replyTo.tell(1));
  const question = (replyTo: Address<number>): Question => ({ type: "question", replyTo });
  const asker = world.spawn<Message>((self) => async () => {
    let last = performance.now();
    for (let i = 0; i < asks; i++) {
      const answer = await self.ask<Question, number>(target, question, TIMEOUT_MICROS);
      if (answer.ok) answered += answer.value;
      if (!timed) continue;
      const now = performance.now();
      nanos[i] = (now - last) * 1e6;
      last = now;
    }
    goal.count();
  });
  const once = () => {
    goal = new Goal(1);
    asker.tell(GO);
    return world.finish(goal);
  };
  const took = await seconds(once);
  timed = true;
  await once();
  expect("answers", answered, 2 * asks);
  await world.close();
  const { p50_ns, p99_ns, p9999_ns } = tail(nanos);
  return { value: asks / took, more: { p50_ns, p99_ns, p9999_ns, clock_ns: clock() } };
};

/** What one reading of the clock costs, nanoseconds. */
function clock(): number {
  const readings = 100_000;
  const begun = performance.now();
  for (let i = 0; i < readings; i++) performance.now();
  return Math.round((performance.now() - begun) * 1e6 / readings);
}
