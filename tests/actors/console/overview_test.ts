/** What the console says of the controls over REST, over a real gate: the tree, refusals, facts, and who may read them. */
import assert from "node:assert/strict";
import { gateChecks } from "../../../ffi/mod.ts";
import { ScopeState } from "../../../ffi/layout.gen.ts";
import type { ControlScope, EarlyWarning, Refusal, RejectSeries } from "../../../actors/protocol/mod.ts";
import { enrol, enrolRoot, PASSWORD } from "../access/desk.ts";
import { BOB, GROSS } from "../controls/rig.ts";
import { type Client, withConsole } from "./client.ts";

const SECOND = 1_000_000;

async function scopes(client: Client): Promise<Map<string, ControlScope>> {
  const { status, body } = await client.get("/api/v1/controls/tree");
  assert.equal(status, 200, JSON.stringify(body));
  return new Map((body.scopes as ControlScope[]).map((scope) => [scope.name, scope]));
}

Deno.test("the tree goes from the firm to the organisms, and every limit says how full it is", () =>
  withConsole(async (client) => {
    assert.equal(client.limits.order(500), 0);
    const tree = await scopes(client);
    assert.deepEqual([...tree.values()].map(({ name, parent }) => [name, parent]), [
      ["firm", null],
      ["customer:house", "firm"],
      ["account:main", "customer:house"],
      ["organism:anglerfish-1", "account:main"],
      ["organism:platypus-1", "account:main"],
      ["organism:tardigrade-1", "account:main"],
      ["instrument:ALPHA", "firm"],
      ["instrument:BRAVO", "firm"],
      ["instrument:CHARLIE", "firm"],
    ]);
    const firm = tree.get("firm")!;
    assert.deepEqual(firm.totals, { openOrders: 1, gross: 50_000e8, netLong: 50_000e8, netShort: 0 });
    const rows = new Map(firm.limits.map((row) => [`${row.limit} ${row.instrument}`, row]));
    const { used, value, unit, share, level } = rows.get("max_gross null")!;
    assert.deepEqual([used, value, unit, share, level], [50_000, "5000000", "currency", 0.01, 0]);
    assert.equal(rows.get("max_position ALPHA")!.share, 500 / 6000);
    const size = tree.get("organism:anglerfish-1")!.limits.find(({ limit }) => limit === "max_quantity")!;
    assert.deepEqual([size.used, size.share, size.level], [null, null, 0]);
    client.limits.tighten(BOB, GROSS, "60000");
    const [tightened] = (await scopes(client)).get("firm")!.limits.filter(({ limit }) => limit === "max_gross");
    assert.deepEqual([tightened.share, tightened.level], [50_000 / 60_000, 75]);
  }));

Deno.test("in effect is the strictest of a scope, those above and the mode, at every level of the tree", () =>
  withConsole(async (client) => {
    const { control } = client.limits;
    const kill = (name: string, state: number) => control.request(control.find(name) ?? 0, state, "test", "test", 0);
    kill("organism:platypus-1", ScopeState.CancelOnly);
    kill("instrument:BRAVO", ScopeState.Killed);
    const shown = async () =>
      [...(await scopes(client)).values()].map(({ name, state, effective }) => [name, state, effective].join(" "));
    assert.deepEqual(await shown(), [
      "firm ACTIVE ACTIVE",
      "customer:house ACTIVE ACTIVE",
      "account:main ACTIVE ACTIVE",
      "organism:anglerfish-1 ACTIVE ACTIVE",
      "organism:platypus-1 CANCEL_ONLY CANCEL_ONLY",
      "organism:tardigrade-1 ACTIVE ACTIVE",
      "instrument:ALPHA ACTIVE ACTIVE",
      "instrument:BRAVO KILLED KILLED",
      "instrument:CHARLIE ACTIVE ACTIVE",
    ]);
    kill("account:main", ScopeState.CancelOnly);
    assert.deepEqual((await shown()).slice(1, 5), [
      "customer:house ACTIVE ACTIVE",
      "account:main CANCEL_ONLY CANCEL_ONLY",
      "organism:anglerfish-1 ACTIVE CANCEL_ONLY",
      "organism:platypus-1 CANCEL_ONLY CANCEL_ONLY",
    ]);
    kill("account:main", ScopeState.Active);
    kill("firm", ScopeState.ReduceOnly);
    const effective = (await shown()).map((line) => line.split(" ").at(-1));
    assert.deepEqual(effective, [
      ...["REDUCE_ONLY", "REDUCE_ONLY", "REDUCE_ONLY", "REDUCE_ONLY", "CANCEL_ONLY", "REDUCE_ONLY"],
      ...["REDUCE_ONLY", "KILLED", "REDUCE_ONLY"],
    ]);
  }));

Deno.test("refusals are counted over time, and the latest name the check, what it measured, and whose limit it was", () =>
  withConsole(async (client) => {
    const { limits } = client;
    limits.look(0);
    limits.order(900);
    limits.look(SECOND);
    limits.order(10, { price: 20_000 });
    limits.order(10, { price: 20_001 });
    limits.look(SECOND);
    const series: RejectSeries = (await client.get("/api/v1/controls/rejects")).body;
    assert.deepEqual(series.codes.map(({ name, total, counts }) => [name, total, counts]), [
      ["PriceCollar", 2, [0, 0, 2]],
      ["MaxQuantity", 1, [0, 1, 0]],
    ]);
    assert.deepEqual(
      Object.fromEntries(series.codes.map(({ code, total }) => [code, total])),
      limits.gate.counters().rejected,
    );
    const { items } = (await client.get("/api/v1/controls/refusals?limit=2")).body as { items: Refusal[] };
    assert.deepEqual(items.map(({ check, measured, limit, unit, scope }) => [check, measured, limit, unit, scope]), [
      ["price_collar", 20_001, 10_300, "ticks", "organism:anglerfish-1"],
      ["price_collar", 20_000, 10_300, "ticks", "organism:anglerfish-1"],
    ]);
    const [first] = (await client.get("/api/v1/controls/refusals")).body.items.slice(-1) as Refusal[];
    assert.deepEqual(
      [first.codeName, first.organism, first.instrument, first.measured, first.limit, first.sequence, first.orderId],
      ["MaxQuantity", "anglerfish-1", "ALPHA", 900, 500, 1, 1],
    );
    assert.ok(gateChecks().includes(first.check));
    const wrong = await client.get("/api/v1/controls/refusals?limit=0");
    assert.deepEqual([wrong.status, wrong.body.code], [422, "INVALID_REQUEST"]);
  }));

Deno.test("an early warning is in the tree and among the alerts of the limits", () =>
  withConsole(async (client) => {
    const { limits } = client;
    for (const price of [10_000, 9_999, 9_998]) assert.equal(limits.order(400, { price }), 0);
    limits.look(SECOND);
    const warnings: EarlyWarning[] = (await client.get("/api/v1/controls/tree")).body.warnings;
    assert.deepEqual(warnings.map(({ scope, limit, level, used, value }) => [scope, limit, level, used, value]), [
      ["organism:anglerfish-1", "max_position", 50, 1200, 2000],
    ]);
    const { alerts } = (await client.get("/api/v1/limits")).body;
    assert.equal(alerts[0].text, warnings[0].text);
  }));

Deno.test("reading the controls goes by the role: refusals are orders, and go on record", () =>
  withConsole(async (client) => {
    const root = await enrolRoot(client.desk);
    await enrol(client.desk, root, "rex", ["researcher"]);
    await enrol(client.desk, root, "vic", ["viewer"]);
    await enrol(client.desk, root, "ada", ["auditor"]);
    const as = async (person: string, path: string) => {
      const { token } = await client.desk.access.login(person, PASSWORD, "127.0.0.1");
      return (await client.get(`/api/v1/controls/${path}`, { authorization: `Bearer ${token}` })).status;
    };
    const paths = ["tree", "facts", "rejects", "refusals"];
    const row = (person: string) => Promise.all(paths.map((path) => as(person, path)));
    assert.deepEqual(await row("rex"), [403, 403, 200, 403]);
    assert.deepEqual(await row("vic"), [200, 200, 200, 403]);
    assert.deepEqual(client.desk.told("read").filter(({ what }) => what === "refusals"), []);
    assert.deepEqual(await row("ada"), [200, 200, 200, 200]);
    assert.deepEqual(client.desk.told("read").filter(({ what }) => what === "refusals").map(({ who }) => who), ["ada"]);
  }));
