/** Alerts over REST: what is shown, the two answers, and what is refused with which status. */
import assert from "node:assert/strict";
import { enrol, enrolRoot, PASSWORD } from "../access/desk.ts";
import { AUTHORISED, type Client, withConsole } from "./client.ts";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function logIn(client: Client, person: string): Promise<Record<string, string>> {
  return bearer((await client.desk.access.login(person, PASSWORD, "127.0.0.1")).token);
}

Deno.test("an alert is shown with its age and steps, acknowledged, and closed, by name and with the times on record", () =>
  withConsole(async (client) => {
    await enrol(client.desk, await enrolRoot(client.desk), "bob", ["risk-officer"]);
    const bob = await logIn(client, "bob");
    client.alerts.desk.raise("position-mismatch", "1/0", "books and gate differ", { gate: 7, books: 0 });
    client.alerts.pass(61_000);
    const { body } = await client.get("/api/v1/alerts", bob);
    assert.deepEqual([body.waiting, body.attended, body.roles.length], [1, true, 3]);
    assert.deepEqual([body.alerts[0].evidence, body.alerts[0].escalated[0].to], [
      { gate: 7, books: 0 },
      "risk-officer",
    ]);
    assert.equal(body.now - body.alerts[0].raised, 61_000);
    const at = "/api/v1/alerts/1";
    const acknowledged = await client.post(`${at}/acknowledgement`, { text: "mine" }, bob);
    assert.deepEqual([acknowledged.status, acknowledged.body.acknowledged.person], [200, "bob"]);
    client.alerts.pass(9_000);
    const closed = await client.post(`${at}/action`, { text: "venue restated it" }, bob);
    assert.deepEqual([closed.body.state, closed.body.acted.afterMs], ["closed", 70_000]);
    assert.deepEqual(client.alerts.answers.map(({ who, from, afterMs }) => [who, from, afterMs]), [
      ["bob", "127.0.0.1", 61_000],
      ["bob", "127.0.0.1", 70_000],
    ]);
  }));

Deno.test("what does not fit is refused with a status, a stable code and one sentence, and changes nothing", () =>
  withConsole(async (client) => {
    client.alerts.desk.raise("gave-up", "x", "gave up");
    const ask = async (path: string, body: unknown) => {
      const answer = await client.post(`/api/v1/alerts/${path}`, body, AUTHORISED);
      return [answer.status, answer.body.code];
    };
    assert.deepEqual(await ask("1/action", { text: "done" }), [409, "ALERT_UNACKNOWLEDGED"]);
    assert.deepEqual(await ask("77/acknowledgement", { text: "mine" }), [404, "UNKNOWN_ALERT"]);
    assert.deepEqual(await ask("1/acknowledgement", { text: "  " }), [422, "INVALID_REQUEST"]);
    assert.deepEqual(await ask("1/acknowledgement", { text: "mine", all: true }), [422, "INVALID_REQUEST"]);
    assert.deepEqual(await ask("none/acknowledgement", { text: "mine" }), [422, "INVALID_REQUEST"]);
    client.alerts.logWorks = false;
    assert.deepEqual(await ask("1/acknowledgement", { text: "mine" }), [503, "AUDIT_FAILED"]);
    client.alerts.logWorks = true;
    assert.deepEqual(await ask("1/acknowledgement", { text: "mine" }), [200, undefined]);
    assert.deepEqual(await ask("1/acknowledgement", { text: "mine" }), [409, "ALERT_ANSWERED"]);
  }));

Deno.test("without people the owner answers with the token, and whoever only reads is not told about who trades", () =>
  withConsole(async (client) => {
    client.alerts.desk.raise("layering", "account:main:ALPHA", "pattern");
    const kinds = async (headers: Record<string, string>) =>
      (await client.get("/api/v1/alerts", headers)).body.alerts.map(({ kind }: { kind: string }) => kind);
    assert.deepEqual([await kinds({}), await kinds(AUTHORISED)], [[], ["layering"]]);
    const refused = await client.post("/api/v1/alerts/1/acknowledgement", { text: "mine" }, {});
    assert.deepEqual([refused.status, refused.body.code], [401, "TOKEN_REQUIRED"]);
  }));
