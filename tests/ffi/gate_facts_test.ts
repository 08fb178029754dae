/** What the gate is told beside limits and prices, as TypeScript says it. */
import assert from "node:assert/strict";
import { Code, decodeAudit, FACTS, gateChecks, type GateFact, MarketPhase, readAudit } from "../../ffi/mod.ts";
import { AuditLog } from "../../ffi/mod.ts";
import { Bench, inDirectory, INSTRUMENT, NOW, STRATEGY } from "./native.ts";

const HOUR = 3_600_000_000;
/** Bit of a command's flags. */
const CHILD = 1 << 9;

/** One fact of every kind, none of which is what a record of zeros would say. */
const EVERY_FACT: readonly GateFact[] = [
  { fact: "demands", demands: ["Mandate", "Lists"], listsUntil: NOW + HOUR },
  { fact: "security", instrument: INSTRUMENT, venue: 7, issuer: 12, demands: ["MarketState"], statusMaxAgeMs: 1_000 },
  { fact: "marketStatus", instrument: INSTRUMENT, phase: MarketPhase.Continuous, time: NOW, upperBand: 20_000 },
  { fact: "restriction", issuer: 13, instrument: 65_535, sides: 3, list: 4, until: NOW + HOUR },
  { fact: "locate", node: 2, instrument: INSTRUMENT, quantity: 500, until: NOW + HOUR, locate: 99 },
  { fact: "mandate", strategy: STRATEGY, active: 1, venues: 2 ** 7, until: NOW + HOUR, code: 1234 },
  { fact: "sweep", strategy: STRATEGY, instrument: INSTRUMENT, snapshot: 5, time: NOW, bid: 9_990, ask: 10_010 },
  { fact: "pace", node: 0, rate: 1_000, burst: 100, cancelRate: 10, cancelBurst: 10, tripAfter: 50 },
  { fact: "burst", node: 0, instrument: INSTRUMENT, windowMs: 1_000, maxLots: 5_000 },
  { fact: "throttle", strategy: STRATEGY, maxExecutions: 100, windowMs: 1_000 },
  { fact: "rearm", node: 0, what: 3 },
  { fact: "parents", node: 0, maxParent: 1e15, maxBasket: 2e15 },
  { fact: "soft", node: 0, maxQuantity: 7 },
  { fact: "capital", node: 0, capital: 1e15, concentrationBps: 10_000 },
  { fact: "profit", node: 0, profit: -5, time: NOW },
  { fact: "factor", instrument: INSTRUMENT, factor: 1_023, weight: -9 },
  { fact: "factorLimit", node: 0, factor: 1_023, measure: 1, active: 1, limit: 1e15 },
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

Deno.test("a basket is opened whole, its children are held to their parents, and the log tells it", async () => {
  await inDirectory((directory) => {
    {
      using bench = new Bench(AuditLog.open({ directory, durability: "batch" }));
      const parent = { parent: 8, strategy: STRATEGY, instrument: INSTRUMENT, side: 0, quantity: 10 };
      const refused = bench.gate.openParents([parent, { ...parent, parent: 9, strategy: 99 }], NOW);
      assert.deepEqual([refused.code, refused.orderId], [Code.UnknownStrategy, 9]);
      assert.equal(bench.gate.openParents([parent], NOW).code, Code.Accepted);
      for (const [at, quantity] of [6, 5, 4].entries()) {
        const order = bench.order(at);
        [order.side, order.quantity, order.flags, order.targetId] = [0, quantity, CHILD, 8];
      }
      assert.equal(bench.gate.submit(bench.commands, 3, bench.decisions), 2);
      assert.equal(bench.decision.at(1).code, Code.ParentQuantity);
    }
    const baskets = [...readAudit(directory)].filter(({ typeName }) => typeName === "BasketDecided").map(decodeAudit);
    const told = baskets as { decision: { code: number }; parents: { parent: number; quantity: number }[] }[];
    assert.deepEqual(told.map(({ parents }) => parents.map(({ parent }) => parent)), [[8, 9], [8]]);
    assert.deepEqual(told.map(({ decision }) => decision.code), [Code.UnknownStrategy, Code.Accepted]);
  });
});

Deno.test("a fact that cannot be meant is refused with a sentence and changes nothing", () => {
  using bench = new Bench();
  const before = bench.gate.stateHash();
  const broken: readonly [unknown, RegExp][] = [
    [{ fact: "mandate", strategy: STRATEGY, venue: 1 }, /a mandate has no field venue/],
    [{ fact: "security", instrument: 70_000 }, /instrument of 70000 is out of range/],
    [{ fact: "security", instrument: 1, averageVolume: 0.5 }, /averageVolume of 0.5 is not a whole number/],
    [{ fact: "demands", demands: ["Mandates"] }, /there is no demand Mandates/],
    [{ fact: "profit", node: 0, profit: 1 }, /argument/],
    [{ fact: "restriction", node: 99, instrument: INSTRUMENT, sides: 1 }, /BadArgument|argument/],
  ];
  for (const [fact, sentence] of broken) assert.throws(() => bench.gate.tell(fact as GateFact), sentence);
  assert.equal(bench.gate.stateHash(), before);
});

Deno.test("the page of checks names every check in its order, with codes that there are", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/checks.md", import.meta.url));
  const rows = [...page.matchAll(/^\|\s+(\d+) \| `(\w+)`(.*)\|$/gm)];
  assert.deepEqual(rows.map(([, , name]) => name), gateChecks());
  const numbers = rows.map(([, number]) => Number(number));
  assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b), "in the order of the catalogue");
  assert.deepEqual([...new Set(numbers)], Array.from({ length: 27 }, (_, i) => i + 1), "nothing of it is missing");
  const known = new Set<number>(Object.values(Code));
  for (const [, , name, rest] of rows) {
    const codes = rest.split("|").at(-2)!.match(/\d{4}/g) ?? [];
    for (const code of codes) assert.ok(known.has(Number(code)), `${name}: ${code}`);
  }
});
