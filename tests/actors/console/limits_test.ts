/** Limits over REST: two people with their own sessions, and everybody else refused. */
import assert from "node:assert/strict";
import { enrol, enrolRoot, PASSWORD } from "../access/desk.ts";
import { AUTHORISED, type Client, withConsole } from "./client.ts";

async function sessionOf(client: Client, person: string): Promise<Record<string, string>> {
  const { token } = await client.desk.access.login(person, PASSWORD, "127.0.0.1");
  return { authorization: `Bearer ${token}` };
}

async function control(client: Client) {
  const root = await enrolRoot(client.desk);
  await enrol(client.desk, root, "bob", ["risk-officer"]);
  await enrol(client.desk, root, "cat", ["risk-approver"]);
  return { bob: await sessionOf(client, "bob"), cat: await sessionOf(client, "cat") };
}

const GROSS = { scope: "firm", limit: "max_gross" };

Deno.test("a limit is proposed by one person and approved by another over REST, with usage beside it", () =>
  withConsole(async (client) => {
    const { bob, cat } = await control(client);
    const wanted = { ...GROSS, value: "6000000", reason: "index roll", expires: "2026-01-05T13:00:00Z" };
    const proposed = await client.post("/api/v1/limits/proposals", wanted, bob);
    assert.equal(proposed.status, 200, JSON.stringify(proposed.body));
    const { pending } = (await client.get("/api/v1/limits", cat)).body;
    assert.deepEqual([pending[0].from, pending[0].to, pending[0].usage.used], ["5000000", "6000000", 0]);
    const path = `/api/v1/limits/proposals/${proposed.body.id}/approval`;
    assert.equal((await client.post(path, { digest: "x" }, cat)).body.code, "APPROVAL_DIGEST");
    const approved = await client.post(path, { digest: pending[0].digest }, cat);
    assert.equal(approved.status, 200);
    const replay = await client.post(path, { digest: pending[0].digest }, cat);
    assert.deepEqual([replay.status, replay.body.code], [409, "CHANGE_DECIDED"]);
    const { limits, temporary, hash, alerts } = (await client.get("/api/v1/limits", bob)).body;
    assert.equal(limits.find((row: { limit: string }) => row.limit === "max_gross").value, "6000000");
    assert.deepEqual([temporary[0].back, temporary[0].until], ["5000000", Date.parse("2026-01-05T13:00:00Z")]);
    assert.equal(hash, approved.body.hash);
    assert.match(alerts[0].text, /^cat approved change 1 of bob/);
    const withdrawn = await client.post(path.replace("approval", "withdrawal"), { reason: "done" }, bob);
    assert.equal(withdrawn.status, 200);
    assert.equal(client.limits.valueOf({ ...GROSS, instrument: null }), "5000000");
  }));

Deno.test("what is wrong with a change over REST is one sentence with a code and a status that fits", () =>
  withConsole(async (client) => {
    const { bob } = await control(client);
    const tighten = (body: unknown) => client.post("/api/v1/limits/tightenings", body, bob);
    const cases = [
      [{ ...GROSS, value: "1", reason: "" }, 422, "INVALID_REQUEST"],
      [{ ...GROSS, value: "1", reason: "r", more: 1 }, 422, "INVALID_REQUEST"],
      [{ ...GROSS, limit: "max_gros", value: "1", reason: "r" }, 422, "UNKNOWN_LIMIT"],
      [{ ...GROSS, value: "-1", reason: "r" }, 422, "LIMIT_VALUE"],
      [{ ...GROSS, value: "6000000", reason: "r" }, 409, "LIMIT_LOOSENS"],
    ] as const;
    for (const [body, status, code] of cases) {
      const answer = await tighten(body);
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(body));
    }
    const never = await client.post("/api/v1/limits/proposals/9/withdrawal", { reason: "r" }, bob);
    assert.deepEqual([never.status, never.body.code], [404, "UNKNOWN_CHANGE"]);
  }));

Deno.test("the owner of a node without people tightens alone, and cannot loosen alone", () =>
  withConsole(async (client) => {
    const tightened = await client.post("/api/v1/limits/tightenings", { ...GROSS, value: "4500000", reason: "r" });
    assert.equal(tightened.status, 200);
    const proposed = await client.post("/api/v1/limits/proposals", { ...GROSS, value: "5000000", reason: "r" });
    const [{ digest }] = (await client.get("/api/v1/limits", AUTHORISED)).body.pending;
    const path = `/api/v1/limits/proposals/${proposed.body.id}/approval`;
    assert.equal((await client.post(path, { digest })).body.code, "ROLE_FORBIDDEN");
  }));
