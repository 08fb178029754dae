import assert from "node:assert/strict";
import { compare, compareAll, describe, firstDifference, shrink } from "./otp/compare.ts";
import { Erlang, hasErlang } from "./otp/erlang.ts";
import { playOurs } from "./otp/ours.ts";
import { type DynamicTree, type Play, randomPlay, type Reason, type Step, type WorkerTree } from "./otp/trees.ts";

const COMMON = { restart: "permanent", significant: false, intensity: 5, period: 3600, auto: "never" } as const;
const WORKER = { kind: "worker", restart: "permanent", significant: false, shutdown: 60_000, onStop: "obey" } as const;

function dynamic(more: Partial<DynamicTree>, template: Partial<WorkerTree> = {}): DynamicTree {
  return { kind: "dynamic", ...COMMON, id: "d1", ...more, template: { ...WORKER, id: "t1", ...template } };
}

const significant = (id: string): WorkerTree => ({ ...WORKER, id, restart: "transient", significant: true });
const started = (...ids: string[]) => ids.map((id): Step => ({ kind: "start-dynamic", supervisor: "d1", id }));
const die = (supervisor: string, ...ends: (readonly [string, Reason])[]): Step => ({ kind: "die", supervisor, ends });

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
    const { differences: [found] } = await compare(erlang, { plays: 30, player: silent });
    const least = await shrink(erlang, found, silent);
    assert.match(least.otp[least.at], /^r shutdown-error .* killed$/);
    assert.ok(least.play.steps.length <= 1 && JSON.stringify(least.play.top).length < 700, describe(least));
  },
);

/** Where random trees rarely get. */
const MADE: readonly Play[] = [
  // A dynamic child that crashed is found dead when its supervisor gives up for another.
  {
    seed: 1,
    broken: null,
    top: dynamic({ intensity: 0 }),
    steps: [...started("c1", "c2", "c3"), die("d1", ["c1", "error"], ["c2", "error"])],
  },
  {
    seed: 2,
    broken: null,
    top: dynamic({ intensity: 0 }),
    steps: [...started("c1", "c2", "c3"), die("d1", ["c2", "error"], ["c1", "killed"], ["c3", "shutdown"])],
  },
  // The last significant child ends while another waits to be tried again.
  {
    seed: 3,
    broken: null,
    top: {
      kind: "supervisor",
      ...COMMON,
      id: "s1",
      auto: "all_significant",
      strategy: "one_for_one",
      children: [significant("w1"), significant("w2")],
    },
    steps: [{ kind: "fail", id: "w1", times: 2 }, die("s1", ["w1", "error"], ["w2", "normal"])],
  },
  {
    seed: 4,
    broken: null,
    top: dynamic({ auto: "all_significant" }, { restart: "transient", significant: true }),
    steps: [
      ...started("c1", "c2"),
      { kind: "fail", id: "c1", times: 1 },
      die("d1", ["c1", "error"], ["c2", "normal"]),
      die("d1", ["c1", "normal"]),
    ],
  },
  // A supervisor gives up while a child of its last life waits to be tried again, and is restarted.
  {
    seed: 5,
    broken: null,
    top: { ...COMMON, kind: "supervisor", id: "s1", strategy: "one_for_one", children: [dynamic({ intensity: 1 })] },
    steps: [...started("c1", "c2"), { kind: "fail", id: "c1", times: 1 }, die("d1", ["c1", "error"], ["c2", "error"])],
  },
];

withErlang("plays made for rare corners are equal too", async (erlang) => {
  const { differences } = await compareAll(erlang, MADE);
  if (differences.length > 0) assert.fail(describe(differences[0]));
});

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
