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
import { RecordType } from "../../../ffi/layout.gen.ts";
import { AuditLog, Code, gateChecks } from "../../../ffi/mod.ts";
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

/** A run whose log holds exactly these records between its start and its end. */
async function reviewOf(given: readonly (readonly [type: number, value: Record<string, unknown>])[], before = 0) {
  return await withDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/runs`, { recursive: true });
    {
      using log = AuditLog.open({ directory: `${directory}/runs/000001`, durability: "memory" });
      const time = Date.UTC(2024, 5, 1) * 1_000;
      const start = { version: "1", config: "c", organisms: [{ id: "a" }], instruments: ["ALPHA"] };
      log.appendJson(RecordType.NodeStarted, time, start);
      log.appendJson(RecordType.Note, time, { scopes: [] });
      for (const [type, value] of given) log.appendJson(type, time - before, value);
      log.appendJson(RecordType.NodeStopped, time, {});
    }
    const pack = buildReview(directory, YEAR);
    return { pack, text: reviewText(pack) };
  });
}
const section = (text: string, name: string) => text.split(`## ${name}\n`)[1].split("\n## ")[0].trim();

Deno.test("a review has every warning of its period: of limits, of credit, and what surveillance was told, and no other note", async () => {
  const { pack, text } = await reviewOf([
    [RecordType.Note, { action: "limit-warning", scope: "firm", limit: "max_gross", level: 90, used: 9 }],
    [RecordType.Note, {
      alert: "credit-warning",
      scope: "account:main",
      percent: 75,
      text: "account:main has reached 75 %",
    }],
    [RecordType.Note, {
      alert: "layering",
      subject: "account:main:ALPHA",
      text: "3 times a day",
      severity: "critical",
    }],
    [RecordType.Note, { something: "else" }],
  ]);
  assert.deepEqual(pack.warnings.map(({ index, what }) => [index, what.action ?? what.alert]), [
    [2, "limit-warning"],
    [3, "credit-warning"],
    [4, "layering"],
  ]);
  assert.deepEqual(pack.incidents, []);
  const lines = section(text, "Warnings").split("\n");
  assert.equal(lines.length, 3);
  assert.equal(lines[0], "- run 1, record 2: action limit-warning, scope firm, limit max_gross, level 90");
  assert.match(lines[2], /^- run 1, record 4: alert layering, text 3 times a day/);
});

Deno.test("a review has every trigger and breaker as an incident, with what was measured, and every difference but no statement", async () => {
  const trigger = {
    trigger: "loss",
    scope: "organism:a",
    state: "REDUCE_ONLY",
    measured: 12,
    limit: 10,
    detail: "lost its limit",
  };
  const { pack, text } = await reviewOf([
    [RecordType.Note, trigger],
    [RecordType.Note, { breaker: "venue", from: "closed", to: "open", reason: "2 of 4 failed" }],
    [RecordType.Reconciled, { difference: "position-mismatch", strategy: 1, detail: "7 lots", done: "told" }],
    [RecordType.Reconciled, { ended: "position-mismatch:1/0", done: "the concern is over" }],
    [RecordType.Reconciled, { statement: "end-of-day", reports: 4 }],
    [RecordType.ActorCrashed, { path: "/node/x", reason: "boom" }],
  ]);
  assert.deepEqual(pack.incidents.map(({ index }) => index), [2, 3, 4, 7]);
  assert.deepEqual(pack.incidents[0].what, trigger);
  const lines = section(text, "Incidents").split("\n");
  assert.equal(
    lines[0],
    "- run 1, record 2: scope organism:a, limit 10, trigger loss, state REDUCE_ONLY, measured 12, detail lost its limit",
  );
  assert.equal(lines[1], "- run 1, record 3: from closed, to open, reason 2 of 4 failed, breaker venue");
  assert.equal(lines[2], "- run 1, record 4: difference position-mismatch, detail 7 lots");
  assert.deepEqual(pack.warnings, []);
});

Deno.test("a review says how alerts were told on and answered and how long that took, and what ran", async () => {
  const { pack, text } = await reviewOf([
    [RecordType.Note, { deployment: { code: "abc", mismatches: [] } }],
    [RecordType.Note, { escalated: "layering", subject: "s", to: "risk-officer", afterMs: 120_000, alertId: 1 }],
    [RecordType.OperatorAction, {
      action: "alert-acknowledged",
      who: "bob",
      alert: "layering",
      afterMs: 150_000,
      reason: "mine",
    }],
    [RecordType.OperatorAction, { action: "log-in", who: "bob" }],
  ]);
  assert.deepEqual([pack.alerts.map(({ index }) => index), pack.deployments.map(({ index }) => index)], [[3, 4], [2]]);
  assert.deepEqual([pack.changes, pack.warnings, pack.incidents], [[], [], []]);
  assert.match(
    section(text, "Alerts told on and answered"),
    /to risk-officer, escalated layering, subject s, afterMs 120000\n/,
  );
  assert.match(section(text, "Alerts told on and answered"), /action alert-acknowledged, reason mine, who bob/);
  assert.match(section(text, "What ran"), /record 2: deployment \{"code":"abc"/);
});

Deno.test("what happened outside the period is in no section, and a quiet period says so in each", async () => {
  await withDirectory(async (directory) => {
    await run(directory, { environment: { ...MINUTE, CWTS_KILL_TRIGGERS_LOSS_ORGANISM: "0.01" } });
    const whole = buildReview(`${directory}/data`, YEAR);
    const fired = records(directory).filter(({ value }) => value.trigger !== undefined).map(({ index }) => index);
    assert.ok(fired.length > 0);
    assert.deepEqual(whole.incidents.map(({ index }) => index), fired);
    assert.ok(whole.warnings.some(({ what }) => what.alert === "trigger"));
    assert.ok(whole.changes.some(({ what }) => what.to === "REDUCE_ONLY"), "the scope that changed by it");
  });
  const { text } = await reviewOf([
    [RecordType.Note, { trigger: "loss", scope: "organism:a" }],
    [RecordType.Note, { alert: "layering", text: "pattern" }],
    [RecordType.Note, { deployment: { code: "abc" } }],
    [RecordType.Note, { escalated: "layering", to: "risk-officer" }],
    [RecordType.Reconciled, { difference: "position-mismatch" }],
    [RecordType.ScopeChanged, { scope: "firm", from: "ACTIVE", to: "KILLED" }],
  ], 366 * 86_400_000_000);
  for (const name of ["Changes", "Warnings", "Incidents", "Alerts told on and answered", "What ran"]) {
    assert.equal(section(text, name), "None.", name);
  }
});
