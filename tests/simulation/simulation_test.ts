import assert from "node:assert/strict";
import { explore, replayCommand, runScenario, type Scenario, shrink } from "../../runtime/testkit/simulation.ts";
import { bankScenario } from "./bank.ts";

Deno.test("money is neither made nor lost in 300 simulated banks, and equal seeds come to equal hashes", async () => {
  const { seeds, faults, failures } = await explore(bankScenario(), { seeds: 300 });
  assert.deepEqual(failures, []);
  assert.equal(seeds, 300);
  assert.ok(faults > 300 * 50, `${faults} faults are too few to show anything`);
});

Deno.test("a bank that trusts its messages is found out, and shrunk to faults of which none can be left out", async () => {
  const scenario = bankScenario(true);
  const { failures } = await explore(scenario, { seeds: 50, most: 50 });
  const [failing] = failures.toSorted((a, b) => b.faults.length - a.faults.length);
  assert.ok(failing.faults.length >= 5, "nothing found that is worth shrinking");
  const least = await shrink(scenario, failing);
  assert.ok(least.faults.length <= 3 && least.faults.length < failing.faults.length, JSON.stringify(least.faults));
  assert.ok(least.faults.some(({ what }) => /comes twice|is lost/.test(what)));
  const decisions = least.faults.map(({ decision }) => decision);
  assert.equal((await runScenario(scenario, least.seed, new Set(decisions))).failure, least.failure);
  for (const left of decisions) {
    const rest = new Set(decisions.filter((decision) => decision !== left));
    assert.equal((await runScenario(scenario, least.seed, rest)).failure, null, `without ${left}`);
  }
  const command = `deno task simulate flawed-bank --seed ${least.seed} --keep ${decisions.join(",")}`;
  assert.equal(replayCommand(scenario, least), command);
});

Deno.test("without its faults a failing seed passes", async () => {
  const scenario = bankScenario(true);
  const { failures: [failing] } = await explore(scenario, { seeds: 50 });
  assert.equal((await runScenario(scenario, failing.seed, new Set())).failure, null);
});

Deno.test("leaving one fault out moves none of the others, as long as the run goes the same way", async () => {
  const scenario: Scenario<{ heard: number }> = {
    name: "letters",
    rates: { drop: 0.05, duplicate: 0.05, delay: 0.1 },
    until: 1_000_000,
    tampers: (receiver) => receiver === "/reader",
    build({ open }) {
      const system = open();
      const world = { heard: 0 };
      const reader = system.start<number, void>("reader", {
        type: "reader",
        init: () => ({ receive: () => void world.heard++ }),
      }, undefined);
      system.start<"send", void>("writer", {
        type: "writer",
        init(context) {
          context.timers.every("send", 5_000, "send");
          return { receive: () => void reader.tell(1) };
        },
      }, undefined);
      return world;
    },
    hash: ({ heard }) => `${heard}`,
  };
  const { faults } = await runScenario(scenario, 1);
  assert.ok(faults.length > 20);
  assert.deepEqual(new Set(faults.map(({ kind }) => kind)), new Set(["drop", "duplicate", "late"]));
  for (const left of faults) {
    const rest = faults.filter((fault) => fault !== left);
    const again = await runScenario(scenario, 1, new Set(rest.map(({ decision }) => decision)));
    assert.deepEqual(again.faults, rest);
  }
});

Deno.test("the sample of docs/simulation.md compiles, finds its loss and shrinks it to one fault", async () => {
  const root = new URL("../../", import.meta.url);
  const page = await Deno.readTextFile(new URL("docs/simulation.md", root));
  const samples = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]);
  assert.equal(samples.length, 1);
  const folder = await Deno.makeTempDir({ prefix: "cwts-samples-" });
  try {
    await Deno.writeTextFile(`${folder}/counting.ts`, samples[0].replaceAll('"../', `"${root.href}`));
    const run = async (...args: string[]) => {
      const command = new Deno.Command(Deno.execPath(), { args, cwd: folder, env: { NO_COLOR: "1" } });
      const { code, stdout, stderr } = await command.output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    await run("check", "--no-config", "counting.ts");
    const told = await run("run", "--no-config", "counting.ts");
    assert.match(
      told,
      /\d+ was sent and \d+ counted \[\s*\{\s*decision: (\d+),[^{}]*\}\s*\] deno task simulate counting --seed \d+ --keep \1\n/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
