/** What the gate is told beside limits and prices, as TypeScript says it. */
import assert from "node:assert/strict";
import { Code, decodeAudit, FACTS, type GateFact, MarketPhase, readAudit } from "../../ffi/mod.ts";
import { AuditLog } from "../../ffi/mod.ts";
import { Bench, inDirectory, INSTRUMENT, NOW, STRATEGY } from "./native.ts";

const HOUR = 3_600_000_000;

/** One fact of every kind, none of which is what a record of zeros would say. */
const EVERY_FACT: readonly GateFact[] = [
  { fact: "demands", demands: ["Mandate", "Lists"], listsUntil: NOW + HOUR },
  { fact: "security", instrument: INSTRUMENT, venue: 7, issuer: 12, demands: ["MarketState"], statusMaxAgeMs: 1_000 },
  { fact: "marketStatus", instrument: INSTRUMENT, phase: MarketPhase.Continuous, time: NOW, upperBand: 20_000 },
  { fact: "restriction", issuer: 13, instrument: 65_535, sides: 3, list: 4, until: NOW + HOUR },
  { fact: "locate", node: 2, instrument: INSTRUMENT, quantity: 500, until: NOW + HOUR, locate: 99 },
  { fact: "mandate", strategy: STRATEGY, active: 1, venues: 2 ** 7, until: NOW + HOUR, code: 1234 },
  { fact: "sweep", strategy: STRATEGY, instrument: INSTRUMENT, snapshot: 5, time: NOW, bid: 9_990, ask: 10_010 },
];

Deno.test("every fact is on the log by its field names, as it was told", async () => {
  assert.deepEqual(EVERY_FACT.map(({ fact }) => fact).sort(), Object.keys(FACTS).sort());
  await inDirectory((directory) => {
    let before: number;
    {
      using bench = new Bench(AuditLog.open({ directory, durability: "batch" }));
      before = [...readAudit(directory)].length;
      for (const fact of EVERY_FACT) bench.gate.tell(fact, NOW);
      bench.order(0);
      assert.equal(bench.gate.submit(bench.commands, 1, bench.decisions), 1);
    }
    const told = [...readAudit(directory)].slice(before).map(decodeAudit) as Record<string, unknown>[];
    for (const [at, { fact: _, ...fields }] of EVERY_FACT.entries()) {
      const { demands, ...numbers } = fields as Record<string, unknown>;
      for (const [name, value] of Object.entries(numbers)) assert.equal(told[at][name], value, name);
      if (demands !== undefined) assert.notEqual(told[at].demands, 0);
    }
  });
});

Deno.test("a fact that is demanded and not told refuses, and told it lets through", () => {
  using bench = new Bench();
  bench.gate.tell({ fact: "demands", demands: ["Mandate"] });
  bench.order(0);
  bench.gate.submit(bench.commands, 1, bench.decisions);
  assert.equal(bench.decision.at(0).code, Code.NotAuthorised);
  bench.gate.tell({ fact: "mandate", strategy: STRATEGY, active: 1, venues: 1, until: NOW + HOUR });
  bench.order(0).orderId = 77;
  bench.gate.submit(bench.commands, 1, bench.decisions);
  assert.equal(bench.decision.at(0).code, Code.Accepted);
});

Deno.test("a fact that cannot be meant is refused with a sentence and changes nothing", () => {
  using bench = new Bench();
  const before = bench.gate.stateHash();
  const broken: readonly [unknown, RegExp][] = [
    [{ fact: "mandate", strategy: STRATEGY, venue: 1 }, /a mandate has no field venue/],
    [{ fact: "security", instrument: 70_000 }, /instrument of 70000 is out of range/],
    [{ fact: "security", instrument: 1, averageVolume: 0.5 }, /averageVolume of 0.5 is not a whole number/],
    [{ fact: "demands", demands: ["Mandates"] }, /there is no demand Mandates/],
    [{ fact: "restriction", node: 99, instrument: INSTRUMENT, sides: 1 }, /BadArgument|argument/],
  ];
  for (const [fact, sentence] of broken) assert.throws(() => bench.gate.tell(fact as GateFact), sentence);
  assert.equal(bench.gate.stateHash(), before);
});
