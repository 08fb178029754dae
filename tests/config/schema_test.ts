/** The schema as a table of keys: complete, named without collision, and hashed by what matters. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalJson,
  configHash,
  dotted,
  environmentName,
  KEYS,
  loadConfig,
  moneyUnits,
  nearest,
  SCALAR_KEYS,
} from "../../config/mod.ts";
import { jsonSchema } from "../../config/json_schema.ts";
import { camel, snake } from "../../config/keys.ts";
import { editDistance } from "../../config/nearest.ts";

const load = (flags: Record<string, unknown> = {}) =>
  loadConfig({
    directory: "/nonexistent",
    environment: {},
    flags: Object.entries(flags).map(([key, value]) => ({ key, value, flag: "--x" })),
  });

Deno.test("every key has a reason", () => {
  assert.ok(KEYS.length > 60);
  assert.deepEqual(KEYS.filter(({ description }) => description.length < 8).map(({ path }) => dotted(path)), []);
});

Deno.test("names survive the way from TypeScript to a file and back", () => {
  for (const { path } of KEYS) {
    for (const part of path) if (part !== "[]") assert.equal(camel(snake(part)), part);
  }
  assert.equal(snake("segmentMiB"), "segment_mib");
  assert.equal(snake("skewTicksPer100Lots"), "skew_ticks_per_100_lots");
});

Deno.test("no two keys share an environment variable", () => {
  const names = SCALAR_KEYS.map(({ path }) => environmentName(path));
  assert.equal(new Set(names).size, names.length);
});

Deno.test("the effective values cover every key once, in the order of the schema", () => {
  const shown = load().values.map(({ key }) => key);
  assert.equal(new Set(shown).size, shown.length);
  const generic = [...new Set(shown.map((key) => key.replace(/\[\d+\]/g, "[]")))];
  // Limits in single instruments are lists that nobody has to fill.
  const isListed = (path: readonly string[]) => /limits\.instruments\[\]|^controls\.\w+\[\]/.test(dotted(path));
  assert.deepEqual(generic, KEYS.filter(({ path }) => !isListed(path)).map(({ path }) => dotted(path)));
});

Deno.test("the hash changes with whatever can change a decision", () => {
  const before = load().hash;
  assert.match(before, /^[0-9a-f]{64}$/);
  for (
    const change of [
      { "node.seed": 2 },
      { "mode.recoverMs": 1 },
      { "market.stepMs": 11 },
      { "chaos.rate": 1 },
      { "supervision.intensity": 3 },
      { "feed.kind": "bars" },
    ]
  ) assert.notEqual(load(change).hash, before, JSON.stringify(change));
});

Deno.test("the hash does not change with place, pace, length, durability or console", () => {
  const before = load().hash;
  for (
    const change of [
      { "node.dataDir": "/elsewhere" },
      { "node.speed": "max" },
      { "node.duration": 3 },
      { "audit.durability": "memory" },
      { "console.port": 1 },
    ]
  ) assert.equal(load(change).hash, before, JSON.stringify(change));
  const replay = (path: string) => load({ "feed.kind": "replay", "feed.paths": [path] }).hash;
  assert.equal(replay("/a/usdm.gz"), replay("/b/usdm.gz"));
  assert.notEqual(replay("/a/usdm.gz"), replay("/a/usdm2.gz"));
});

Deno.test("canonical JSON does not depend on the order in which names were given", () => {
  assert.equal(canonicalJson({ b: [1, { d: 1, c: undefined }], a: "x" }), '{"a":"x","b":[1,{"d":1}]}');
  const { config } = load();
  const reversed = Object.fromEntries(Object.entries(config).reverse()) as typeof config;
  assert.equal(configHash(reversed), configHash(config));
});

Deno.test("the JSON Schema speaks the names of files and carries units and defaults", () => {
  const schema = jsonSchema() as {
    properties: Record<string, { properties: Record<string, Record<string, unknown>> }>;
  };
  const { audit } = schema.properties;
  assert.equal(audit.properties.segment_mib.default, 64);
  assert.equal(audit.properties.commit_ms.unit, "ms");
  assert.ok(!JSON.stringify(schema).includes("segmentMiB"));
});

Deno.test("money is exact: a decimal becomes units of 1e-8 or is refused", () => {
  assert.equal(moneyUnits("100000"), 10_000_000_000_000);
  assert.equal(moneyUnits("0.00000001"), 1);
  assert.equal(moneyUnits("0.1"), 10_000_000);
  assert.throws(() => moneyUnits("0.000000001"), /more than eight decimals/);
  assert.throws(() => moneyUnits("1e20"), /53 bits/);
});

Deno.test("edit distance is a metric, and a swap of neighbours costs one", () => {
  assert.equal(editDistance("sede", "seed"), 1);
  assert.equal(editDistance("strat", "start"), 1);
  assert.equal(editDistance("", "abc"), 3);
  const word = fc.string({ maxLength: 8 });
  fc.assert(fc.property(word, word, (a, b) => {
    assert.equal(editDistance(a, b), editDistance(b, a));
    assert.equal(editDistance(a, b) === 0, a === b);
    assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
  }));
});

Deno.test("a word that is nothing like any known one has no nearest", () => {
  assert.equal(nearest("sed", ["seed", "speed"]), "seed");
  assert.equal(nearest("quantum", ["seed", "speed"]), undefined);
});
