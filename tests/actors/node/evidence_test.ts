/** The written description and the review pack, from whole runs of a node. */
import assert from "node:assert/strict";
import { CATALOGUE } from "../../../actors/node/evidence/catalogue.ts";
import {
  buildReview,
  configInForce,
  describeControls,
  packBytes,
  readRun,
  rehearse,
  reviewText,
  sha256,
} from "../../../actors/node/evidence/mod.ts";
import { killScopes } from "../../../actors/node/evidence/describe.ts";
import { runDirectory } from "../../../actors/node/mod.ts";
import { type Config, configHash, loadConfig } from "../../../config/mod.ts";
import { Code, gateChecks } from "../../../ffi/mod.ts";
import { configOf } from "../controls/rig.ts";
import { records, run, withDirectory } from "./run.ts";

const MINUTE = { CWTS_NODE_DURATION: "60" };
const YEAR = { from: "2024-01-01", to: "2024-12-31" };
const TIGHT = `
[[organisms]]
id = "anglerfish-1"
species = "anglerfish"
instruments = ["ALPHA"]
[organisms.limits]
max_position = 12
rate_per_second = 2
rate_burst = 2
`;

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "ok";
};

/** As `run` was given it. */
const configOfRun = (directory: string): Config =>
  loadConfig({
    directory,
    environment: { CWTS_NODE_DATA_DIR: `${directory}/data`, CWTS_NODE_SEED: "7", ...MINUTE },
  }).config;

const describe = (config: Config): string =>
  describeControls({ config, ...rehearse(config), day: "2026-03-31", run: null });

Deno.test("the description has every check of the gate, numbered and coded as the page of checks has it", async () => {
  assert.deepEqual(Object.keys(CATALOGUE), gateChecks());
  const page = await Deno.readTextFile(new URL("../../../docs/checks.md", import.meta.url));
  const rows = [...page.matchAll(/^\|\s+(\d+) \| `(\w+)`(.*)\|$/gm)];
  for (const [, number, name, rest] of rows) {
    const codes = (rest.split("|").at(-2)!.match(/\d{4}/g) ?? []).map(Number);
    assert.deepEqual([CATALOGUE[name].row, CATALOGUE[name].codes], [Number(number), codes], name);
  }
  assert.ok(Object.values(CATALOGUE).every(({ codes }) => codes.every((code) => code !== Code.Accepted)));
});

Deno.test("every parameter that the description names is one that there is, and its value is the one in force", () => {
  const text = describe(configOf(`
[controls]
demands = ["market-state"]
[[controls.sums]]
name = "stress"
scope = "firm"
measure = "loss"
limit = 77
weights = [{ symbol = "ALPHA", weight = -1 }]
[[controls.paces]]
scope = "account:main"
per_second = 321
burst = 5
[firm.limits]
max_gross = "123456"
[kill.triggers.parent_breach]
state = "off"
`));
  assert.doesNotMatch(text, /\bundefined\b/);
  const part = (name: string) => text.split(`. ${name}\n`)[1].split("\n### ")[0];
  assert.match(part("market_state"), /symbol BRAVO, .*status_max_age_ms 5000/);
  assert.match(part("market_state"), /demanded of every order/);
  assert.match(part("scope_rate"), /scope account:main, per_second 321, burst 5/);
  assert.match(part("margin"), /name stress, scope firm, measure loss, limit 77/);
  assert.match(part("factors"), /none, so it refuses nothing/);
  assert.match(part("gross_value"), /max_gross above: firm 123456/);
  assert.match(text, /organism:anglerfish-1\*\*\n.*max_quantity: 500 lots/);
  assert.match(text, /\*\*short-sale price test\*\*, since 2011-02-28: 17 CFR 242.201/);
  assert.match(text, /\*\*parent_breach\*\* → off\n/);
  assert.match(text, /\*\*rate\*\* → cancel-only: .*\d/);
  assert.match(text, /controls a broker-dealer can adopt under its direct and exclusive control/);
  assert.doesNotMatch(text, /compliant/i);
  for (const scope of ["firm", "organism:anglerfish-1", "instrument:ALPHA"]) {
    assert.ok(killScopes(configOf("")).includes(scope) && text.includes(`- ${scope}\n`));
  }
});

Deno.test("another parameter is another hash, of the configuration, of what the gate holds and of the text", () => {
  const [one, other] = [configOf(""), configOf('[[controls.soft]]\nscope = "firm"\nmax_quantity = 9\n')];
  assert.notEqual(configHash(one), configHash(other));
  assert.notEqual(rehearse(one).gate, rehearse(other).gate);
  assert.equal(rehearse(one).gate, rehearse(one).gate);
  assert.notEqual(describe(one), describe(other));
});

Deno.test("a run is described with the hashes on its log, and only by the configuration it was started with", async () => {
  await withDirectory(async (directory) => {
    await run(directory, { environment: MINUTE });
    const record = readRun(runDirectory(`${directory}/data`));
    const config = configOfRun(directory);
    assert.equal(record.start.config, configHash(config));
    assert.equal(record.gate, rehearse(config).gate, "a rehearsal loads what the node loaded");
    assert.deepEqual(configInForce(config, record), config);
    const text = describeControls({ config, ...rehearse(config), day: "2026-03-31", run: { number: 1, record } });
    assert.ok(text.includes(`configuration in force: ${record.start.config}`));
    assert.ok(text.includes(`loaded with, on its log: ${record.gate}`));

    assert.equal(codeOf(() => configInForce(configOf(TIGHT), record)), "CONFIG_NOT_OF_RUN");
    assert.equal(codeOf(() => configInForce(config, { ...record, gate: "0".repeat(64) })), "GATE_NOT_OF_RUN");
    assert.equal(codeOf(() => configInForce(config, { ...record, configAtEnd: "0".repeat(64) })), "CHANGES_BROKEN");
  });
});

Deno.test("a review says what every limit was used for, as the gate measured it, and what was refused", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/cwts.toml`, TIGHT);
    const { summary } = await run(directory, { environment: MINUTE });
    const pack = buildReview(`${directory}/data`, YEAR);
    const decided = records(directory).filter(({ typeName }) => typeName === "Decision").map(({ value }) => value);
    const accepted = decided.filter(({ decision }) => decision.code === 0);
    const most = Math.max(...accepted.map(({ decision }) => decision.measured));
    const use = (scope: string, limit: string, instrument: string | null = null) =>
      pack.limits.find((row) => row.scope === scope && row.limit === limit && row.instrument === instrument);
    assert.ok(most > 0 && most <= 12);
    assert.deepEqual(use("organism:anglerfish-1", "max_position", "ALPHA"), {
      scope: "organism:anglerfish-1",
      instrument: "ALPHA",
      limit: "max_position",
      value: 12,
      used: most,
    });
    assert.ok(use("firm", "max_gross")!.used! >= most * 90e8, "valued near the price of 100");
    assert.ok(use("firm", "max_open_orders")!.used! > 0);
    assert.equal(use("firm", "max_net")!.used, null, "what is not measured does not look like zero");
    assert.deepEqual(pack.decisions, { made: decided.length, accepted: accepted.length });
    const rejects = Object.fromEntries(pack.rejects.map(({ name, count }) => [name, count]));
    assert.ok(rejects.MessageRate > 0);
    assert.equal(pack.runs[0].root, summary.audit.root);
    assert.deepEqual(pack.incidents, []);
    const text = reviewText(pack);
    assert.ok(text.includes(`SHA-256 of the pack: ${sha256(packBytes(pack))}`));
    assert.match(text, /anglerfish-1 in ALPHA \| max_position \| 12 \|/);
    assert.match(text, /\| 1403 \| MessageRate \|/);
  });
});

Deno.test("the same logs give the same pack to the last byte, and other tests or another period another one", async () => {
  await withDirectory(async (directory) => {
    await run(directory, { environment: MINUTE });
    await run(directory, { environment: MINUTE });
    const bytes = (tests: unknown = null, period = YEAR) => packBytes(buildReview(`${directory}/data`, period, tests));
    assert.equal(bytes(), bytes());
    assert.deepEqual(JSON.parse(bytes()).runs.map(({ run }: { run: number }) => run), [1, 2]);
    assert.notEqual(bytes(), bytes({ kind: "scenarios" }));
    assert.notEqual(bytes(), bytes(null, { from: "2024-01-02", to: "2024-01-02" }));
  });
});

Deno.test("a review refuses days that are none, a period without a run, and a log that does not verify", async () => {
  await withDirectory(async (directory) => {
    await run(directory, { environment: MINUTE });
    const review = (from: string, to: string) => codeOf(() => buildReview(`${directory}/data`, { from, to }));
    assert.equal(review("yesterday", "2024-01-03"), "USAGE");
    assert.equal(review("2024-13-01", "2024-14-01"), "USAGE");
    assert.equal(review("2024-01-03", "2024-01-02"), "USAGE");
    assert.equal(review("2025-01-01", "2025-12-31"), "NO_RUN");
    assert.equal(review("2024-01-01", "2024-12-31"), "ok");
    const log = runDirectory(`${directory}/data`);
    const [segment] = [...Deno.readDirSync(log)].map(({ name }) => `${log}/${name}`);
    const bytes = Deno.readFileSync(segment);
    // As a crash leaves it: the last group has no end. Reviewed, and the end is an incident.
    Deno.writeFileSync(segment, bytes.slice(0, -40));
    const { incidents, runs } = buildReview(`${directory}/data`, YEAR);
    assert.deepEqual(incidents.map(({ what }) => what.kind), ["the log has no orderly end"]);
    assert.equal(runs[0].stoppedInOrder, false);
    bytes[bytes.length - 200] ^= 1;
    Deno.writeFileSync(segment, bytes);
    assert.equal(review("2024-01-01", "2024-12-31"), "LOG_DAMAGED");
  });
});
