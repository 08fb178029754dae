/** Closing positions over REST and from the page: who may, what is answered, and what goes on record. */
import assert from "node:assert/strict";
import { enrol, enrolRoot, PASSWORD } from "../access/desk.ts";
import { browserTest, closeBrowser } from "../../e2e/browser.ts";
import { type Client, withConsole } from "./client.ts";
import { scene } from "./scene.ts";

Deno.test.afterAll(closeBrowser);

async function sessionOf(client: Client, person: string, role: "risk-officer" | "trader") {
  await enrol(client.desk, await enrolRoot(client.desk), person, [role]);
  const { token } = await client.desk.access.login(person, PASSWORD, "127.0.0.1");
  return { authorization: `Bearer ${token}` };
}

const WANTED = { scope: "account:main", reason: "wind down" };

function hold({ limits }: Client): void {
  assert.equal(limits.order(5), 0);
  limits.filled(1, 5);
  assert.equal(limits.gate.exposure(1, 0).position, 5);
}

const store = ({ limits: { control } }: Client, state: number) =>
  void control.request(control.find("account:main")!, state, "drill", "test", 1);

Deno.test("closing over REST begins in REDUCE_ONLY, shows each position, is stopped by number, and is on record", () =>
  withConsole(async (client) => {
    const bob = await sessionOf(client, "bob", "risk-officer");
    const post = (path: string, body: unknown) => client.post(`/api/v1/flattens${path}`, body, bob);
    assert.deepEqual((await client.get("/api/v1/flattens", bob)).body, { runs: [] });
    const flat = await post("", WANTED);
    assert.deepEqual([flat.status, flat.body.code], [409, "FLATTEN_FLAT"]);
    hold(client);
    const active = await post("", WANTED);
    assert.deepEqual([active.status, active.body.code], [409, "FLATTEN_STATE"]);
    assert.match(active.body.detail, /is ACTIVE in ALPHA, and closing takes REDUCE_ONLY: make it reduce-only first/);
    store(client, 1);
    const begun = await post("", WANTED);
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    const [line] = begun.body.lines;
    assert.deepEqual([begun.body.who, line.from, line.left, line.state], ["bob", 5, 5, "working"]);
    assert.equal((await post("", WANTED)).body.code, "FLATTEN_RUNS");
    assert.equal((await post("", { ...WANTED, reason: " " })).body.code, "INVALID_REQUEST");
    assert.equal((await post("", { ...WANTED, scope: "account:nobody" })).body.code, "UNKNOWN_SCOPE");
    const stopped = await post("/1/stop", { reason: "thin market" });
    assert.deepEqual([stopped.body.outcome, stopped.body.lines[0].state], ["stopped by bob: thin market", "stopped"]);
    assert.deepEqual((await post("/1/stop", { reason: "again" })).body.code, "FLATTEN_OVER");
    const told = client.limits.events.filter(({ action }) => String(action).startsWith("flatten-"));
    assert.deepEqual(told.map(({ action, who, code = "" }) => [action, who, code]), [
      ["flatten-refused", "bob", "FLATTEN_FLAT"],
      ["flatten-refused", "bob", "FLATTEN_STATE"],
      ["flatten-begun", "bob", ""],
      ["flatten-refused", "bob", "FLATTEN_RUNS"],
      ["flatten-refused", "bob", "UNKNOWN_SCOPE"],
      ["flatten-ended", "bob", ""],
      ["flatten-refused", "bob", "FLATTEN_OVER"],
    ]);
    const { positions } = told[2] as { positions?: unknown };
    assert.deepEqual(positions, [{ organism: line.organism, instrument: "ALPHA", lots: 5 }]);
    client.limits.logWorks = false;
    const unrecorded = await post("", WANTED);
    assert.deepEqual([unrecorded.status, unrecorded.body.code], [503, "AUDIT_FAILED"]);
    assert.equal((await client.get("/api/v1/flattens", bob)).body.runs.length, 1, "what is not on record is not begun");
  }));

Deno.test("a trader sees what is being closed, and closes nothing", () =>
  withConsole(async (client) => {
    const eve = await sessionOf(client, "eve", "trader");
    hold(client);
    store(client, 1);
    assert.equal((await client.get("/api/v1/flattens", eve)).status, 200);
    const refused = await client.post("/api/v1/flattens", WANTED, eve);
    assert.deepEqual([refused.status, refused.body.code], [403, "ROLE_FORBIDDEN"]);
  }));

browserTest(
  "on the page a scope is closed only when it is REDUCE_ONLY, with a reason, and asked twice",
  () =>
    scene(async ({ page, model, desk, limits }) => {
      await enrol(desk, await enrolRoot(desk), "bob", ["risk-officer"]);
      assert.equal(limits.order(5), 0);
      limits.filled(1, 5);
      await page.goto(`${page.url()}#controls`);
      await page.reload();
      const form = page.getByRole("form", { name: "Log in" });
      await form.getByLabel("Name").fill("bob");
      await form.getByLabel("Password").fill(PASSWORD);
      await form.getByRole("button", { name: "Log in" }).click();
      const close = page.getByRole("button", { name: "Close the positions of organism:anglerfish…" });
      await page.getByRole("button", { name: "Kill organism:anglerfish…", exact: true }).waitFor();
      assert.equal(await close.count(), 0);
      await model.kill("organism:anglerfish", "drill", "test", "REDUCE_ONLY");
      limits.control.request(limits.control.find("organism:anglerfish")!, 1, "drill", "test", 1);
      model.tick(1);
      await page.locator('[data-kill="organism:anglerfish"]').getByText("REDUCE").first().waitFor();
      await page.locator("#kill-states").getByLabel("Reason").fill("wind down");
      await close.click();
      await page.getByRole("button", { name: "Close positions", exact: true }).click();
      await page.getByText("anglerfish in ALPHA: 5 → 5 lots, working").waitFor();
      await page.getByRole("button", { name: "Stop closing" }).click();
      await page.getByText("stopped by bob: wind down").waitFor();
    }),
);
