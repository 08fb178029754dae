/** What is known after trade, as whoever watches over trading reads it: over REST and as a stream. */
import assert from "node:assert/strict";
import { enrol, enrolRoot, PASSWORD } from "../access/desk.ts";
import { type Client, withConsole } from "./client.ts";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function compliance(client: Client): Promise<Record<string, string>> {
  const root = await enrolRoot(client.desk);
  await enrol(client.desk, root, "cora", ["compliance"]);
  return bearer((await client.desk.access.login("cora", PASSWORD, "127.0.0.1")).token);
}

/** Reads the stream until `count` events were seen; returns "name id". */
async function events(url: string, headers: Record<string, string>, count: number): Promise<string[]> {
  const response = await fetch(url, { headers });
  assert.equal(response.status, 200, await (response.status === 200 ? "" : response.text()));
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const seen: string[] = [];
  let buffer = "";
  while (seen.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    buffer += value;
    for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
      const block = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      const field = (name: string) =>
        block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      if (field("event") !== undefined) seen.push(`${field("event")} ${field("id")}`);
    }
  }
  await reader.cancel();
  return seen.slice(0, count);
}

Deno.test("the feed is read from any number on, and what is not at hand any more is said", () =>
  withConsole(async (client) => {
    const cora = await compliance(client);
    client.feed.deliver(5);
    const page = async (query: string) => (await client.get(`/api/v1/executions${query}`, cora)).body;
    assert.deepEqual((await page("")).items.map(({ number }: { number: number }) => number), [1, 2, 3, 4, 5]);
    assert.deepEqual((await page("?after=3&limit=1")).items.map(({ number }: { number: number }) => number), [4]);
    client.feed.deliver(7);
    const { items, oldest, newest, missed } = await page("?after=2");
    assert.deepEqual([items[0].number, oldest, newest, missed], [5, 5, 12, 2]);
    assert.equal((await client.get("/api/v1/executions?after=-1", cora)).status, 422);
  }));

Deno.test("the stream tells every report in order, goes on with new ones, and resumes where its reader left off", () =>
  withConsole(async (client) => {
    const cora = await compliance(client);
    const at = `${client.url}/api/v1/executions/events`;
    client.feed.deliver(3);
    const reading = events(at, cora, 5);
    while (client.feed.listeners === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    client.feed.deliver(2);
    assert.deepEqual(await reading, [1, 2, 3, 4, 5].map((number) => `execution ${number}`));
    assert.deepEqual(await events(at, { ...cora, "last-event-id": "4" }, 1), ["execution 5"]);
    client.feed.deliver(8);
    assert.deepEqual(await events(`${at}?after=4`, cora, 2), ["missed 5", "execution 6"]);
    assert.equal((await client.get("/api/v1/executions/events", { ...cora, "last-event-id": "x" })).status, 422);
  }));

Deno.test("a stream ends with the access of its reader", () =>
  withConsole(async (client) => {
    const cora = await compliance(client);
    client.feed.deliver(1);
    const reading = events(`${client.url}/api/v1/executions/events`, cora, 2);
    while (client.feed.listeners === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await client.send("DELETE", "/api/v1/session", cora);
    client.feed.deliver(1);
    assert.deepEqual(await reading, ["execution 1"]);
    assert.equal(client.feed.listeners, 0);
  }));

Deno.test("reading the feed goes on record, and a reconciliation is asked for by name", () =>
  withConsole(async (client) => {
    const cora = await compliance(client);
    await client.get("/api/v1/executions", cora);
    assert.ok(
      client.desk.events.some(({ action, who, what }) => action === "read" && who === "cora" && what === "executions"),
    );
    const { status, body } = await client.send("POST", "/api/v1/reconciliations", cora, {});
    assert.deepEqual([status, body.compared], [200, 1]);
    assert.match(client.feed.asked[0], /^cora@/);
  }));

Deno.test("whoever trades, runs the node or sets limits reads the findings, and not the feed", () =>
  withConsole(async (client) => {
    const root = await enrolRoot(client.desk);
    for (const role of ["trader", "operator", "risk-officer"] as const) {
      await enrol(client.desk, root, role, [role]);
      const session = bearer((await client.desk.access.login(role, PASSWORD, "127.0.0.1")).token);
      assert.equal((await client.get("/api/v1/post-trade", session)).status, 200, role);
      const { status, body } = await client.get("/api/v1/executions", session);
      assert.deepEqual([status, body.code], [403, "ROLE_FORBIDDEN"], role);
      assert.match(body.detail, /that takes one of compliance, auditor$/);
    }
  }));
