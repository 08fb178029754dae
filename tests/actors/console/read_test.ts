import assert from "node:assert/strict";
import { ROUTES } from "../../../actors/console/guard.ts";
import { Crash, CrashSummary } from "../../../actors/console/crash_schemas.ts";
import * as schemas from "../../../actors/console/schemas.ts";
import { type Answer, type Client, withConsole } from "./client.ts";

const problem = (answer: Answer, status: number, code: string): void => {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.equal(answer.type, "application/problem+json");
  assert.equal(answer.body.code, code);
  assert.equal(answer.body.status, status);
  assert.ok(answer.body.detail.length > 10);
};

Deno.test("health/live answers even when the node cannot give a snapshot", () =>
  withConsole(async ({ get, model }) => {
    model.broken = "the node is upside down";
    assert.deepEqual((await get("/api/v1/health/live")).body, { status: "live" });
    const answer = await get("/api/v1/node");
    problem(answer, 500, "INTERNAL");
    assert.match(answer.body.detail, /upside down/);
  }));

Deno.test("health/ready says no once the firm is killed, and yes again after the re-arm", () =>
  withConsole(async ({ get, post }) => {
    assert.equal((await get("/api/v1/health/ready")).body.status, "ready");
    await post("/api/v1/kill", { scope: "firm", reason: "test" });
    problem(await get("/api/v1/health/ready"), 503, "NOT_READY");
    await post("/api/v1/rearm", { scope: "firm", reason: "test" });
    assert.equal((await get("/api/v1/health/ready")).status, 200);
  }));

Deno.test("node tells mode, clock, seed, feed, messages and audit, and nothing of the long lists", () =>
  withConsole(async ({ get, model }) => {
    model.tick(20);
    const { body } = await get("/api/v1/node");
    assert.equal(body.seed, 7);
    assert.equal(body.mode, "FullPerformance");
    assert.equal(body.messages.enqueued, 12 * 20 + 4);
    assert.equal(body.audit.records, 40);
    assert.equal(body.actors, undefined);
    schemas.Node.parse(body);
  }));

Deno.test("actors are filtered by state, type and path prefix", () =>
  withConsole(async ({ get, model }) => {
    model.tick(5);
    const paths = async (query: string) =>
      (await get(`/api/v1/actors?${query}`)).body.items.map((actor: { path: string }) => actor.path);
    assert.deepEqual(await paths("state=busy"), ["/node/market/venue"]);
    assert.deepEqual(await paths("type=guardian"), ["/node/guardian"]);
    assert.equal((await paths("prefix=/node/organisms/")).length, 3);
    assert.deepEqual(await paths("prefix=/elsewhere"), []);
  }));

Deno.test("actors sorted by mailbox come fullest first and page through without loss or repeat", () =>
  withConsole(async ({ get, model }) => {
    model.tick(11);
    const seen: { path: string; mailbox: number }[] = [];
    let cursor = "";
    let pages = 0;
    do {
      const { body } = await get(`/api/v1/actors?sort=-mailbox&limit=7${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items);
      assert.equal(body.total, 40);
      cursor = body.nextCursor;
      pages++;
    } while (cursor !== null);
    assert.equal(pages, 6);
    assert.equal(new Set(seen.map((actor) => actor.path)).size, 40);
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i - 1].mailbox >= seen[i].mailbox);
  }, { extraActors: 30 }));

Deno.test("a cursor of another sort, or made up, is refused", () =>
  withConsole(async ({ get }) => {
    const { body } = await get("/api/v1/actors?limit=1");
    problem(await get(`/api/v1/actors?sort=-mailbox&cursor=${body.nextCursor}`), 422, "INVALID_REQUEST");
    problem(await get("/api/v1/actors?cursor=abc"), 422, "INVALID_REQUEST");
  }));

Deno.test("one actor is found by its URL-encoded path, with its children", () =>
  withConsole(async ({ get }) => {
    const { body } = await get(`/api/v1/actors/${encodeURIComponent("/node/market")}`);
    assert.equal(body.path, "/node/market");
    assert.deepEqual(body.children, ["/node/market/flow", "/node/market/venue"]);
    problem(await get(`/api/v1/actors/${encodeURIComponent("/nobody")}`), 404, "UNKNOWN_ACTOR");
  }));

Deno.test("the supervision tree nests every actor once, and stops at the asked depth", () =>
  withConsole(async ({ get }) => {
    interface Node {
      path: string;
      children: Node[];
    }
    const count = (nodes: Node[]): number => nodes.reduce((sum, node) => sum + 1 + count(node.children), 0);
    const whole = (await get("/api/v1/supervisors/tree")).body.items as Node[];
    assert.equal(whole.length, 1);
    assert.equal(count(whole), 10);
    const shallow = (await get("/api/v1/supervisors/tree?depth=2")).body.items as Node[];
    assert.equal(count(shallow), 5);
  }));

Deno.test("depth gives the asked number of levels, best first", () =>
  withConsole(async ({ get, model }) => {
    model.tick(4);
    const { body } = await get("/api/v1/instruments/ALPHA/depth?levels=3");
    assert.equal(body.bids.length, 3);
    assert.equal(body.asks.length, 3);
    assert.ok(body.bids[0][0] > body.bids[1][0]);
    assert.ok(body.asks[0][0] < body.asks[1][0]);
    const unknown = await get("/api/v1/instruments/OMEGA/depth");
    problem(unknown, 404, "UNKNOWN_INSTRUMENT");
    assert.match(unknown.body.detail, /ALPHA, BETA, GAMMA/);
  }));

Deno.test("organisms are listed without curves; one organism has its curve", () =>
  withConsole(async ({ get, model }) => {
    model.tick(6);
    const list = (await get("/api/v1/organisms")).body.items;
    assert.equal(list.length, 3);
    assert.equal(list[0].curve, undefined);
    const one = (await get("/api/v1/organisms/platypus")).body;
    assert.equal(one.curve.length, 6);
    schemas.Organism.parse(one);
    problem(await get("/api/v1/organisms/unicorn"), 404, "UNKNOWN_ORGANISM");
  }));

Deno.test("orders are newest first, limited, and filtered by organism and status", () =>
  withConsole(async ({ get, model }) => {
    model.tick(60);
    const all = (await get("/api/v1/orders?limit=10")).body.items;
    assert.equal(all.length, 10);
    assert.ok(all[0].orderId > all[1].orderId);
    const some = (await get("/api/v1/orders?organism=anglerfish&status=rejected")).body.items;
    assert.ok(some.length > 0);
    for (const order of some) {
      assert.equal(order.organism, "anglerfish");
      assert.equal(order.codeName, "PriceCollar");
    }
    problem(await get("/api/v1/orders?organism=unicorn"), 404, "UNKNOWN_ORGANISM");
  }));

Deno.test("gate, latency, scopes and audit answer what the node measured", () =>
  withConsole(async ({ get, model }) => {
    model.tick(50);
    const gate = (await get("/api/v1/gate")).body;
    assert.equal(gate.accepted + gate.rejected.PriceCollar, gate.decisions);
    assert.equal((await get("/api/v1/latency")).body.count, 50);
    assert.equal((await get("/api/v1/scopes")).body.items.length, 7);
    assert.equal((await get("/api/v1/audit")).body.records, 100);
  }));

const BAD_QUERIES: readonly (readonly [path: string, field: string])[] = [
  ["/api/v1/actors?limit=0", "limit"],
  ["/api/v1/actors?limit=many", "limit"],
  ["/api/v1/actors?sort=-colour", "sort"],
  ["/api/v1/actors?state=asleep", "state"],
  ["/api/v1/actors?colour=red", "colour"],
  ["/api/v1/orders?status=lost", "status"],
  ["/api/v1/orders?limit=1.5", "limit"],
  ["/api/v1/instruments/ALPHA/depth?levels=-1", "levels"],
  ["/api/v1/events?interval=1", "interval"],
  ["/api/v1/gate?verbose=1", "verbose"],
];
for (const [path, field] of BAD_QUERIES) {
  Deno.test(`${path} is refused in one sentence that names ${field}`, () =>
    withConsole(async ({ get }) => {
      const answer = await get(path);
      problem(answer, 422, "INVALID_REQUEST");
      assert.equal(answer.body.errors[0].field, field);
      assert.ok(answer.body.detail.includes(`"${field}"`));
    }));
}

Deno.test("an unknown path and a wrong method are problems too", () =>
  withConsole(async ({ get }) => {
    problem(await get("/api/v1/teapot"), 404, "NOT_FOUND");
    problem(await get("/wp-admin"), 404, "NOT_FOUND");
    problem(await get("/api/v1/kill"), 405, "METHOD_NOT_ALLOWED");
  }));

Deno.test("a burst of reads costs the node one snapshot", () =>
  withConsole(async ({ get, model }) => {
    await get("/api/v1/node");
    const before = model.snapshots;
    await Promise.all(
      ["gate", "latency", "scopes", "audit", "actors", "organisms"].map((name) => get(`/api/v1/${name}`)),
    );
    assert.ok(model.snapshots - before <= 2, `${model.snapshots - before} snapshots`);
  }));

Deno.test("openapi.json is 3.1, lists every route, and says of each what it needs", () =>
  withConsole(async ({ get }) => {
    const { body } = await get("/openapi.json");
    assert.equal(body.openapi, "3.1.0");
    const described = Object.entries(body.paths as Record<string, Record<string, unknown>>)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const guarded = ROUTES.map(({ method, path }) => `${method} /api/v1${path}`);
    assert.deepEqual(described.sort(), guarded.sort());
    assert.deepEqual(body.paths["/api/v1/kill"].post.security, [{ bearer: [] }, { cookie: [] }]);
    assert.equal(body.paths["/api/v1/kill"].post["x-cwts-action"], "kill");
    assert.deepEqual(body.paths["/api/v1/health/live"].get.security, []);
    assert.equal(body.components.securitySchemes.bearer.scheme, "bearer");
    danglingReferences(body);
  }));

function danglingReferences(document: Record<string, unknown>): void {
  const resolve = (reference: string) =>
    // deno-lint-ignore no-explicit-any -- walks a JSON document of any shape
    reference.slice(2).split("/").reduce((at: any, key) => at?.[key], document);
  JSON.stringify(document, (key, value) => {
    if (key === "$ref") assert.ok(resolve(value), `${value} leads nowhere`);
    return value;
  });
}

Deno.test("every answer keeps the schema that openapi.json promises", () =>
  withConsole(async ({ get, model }: Client) => {
    model.tick(40);
    const answers: [string, { parse(value: unknown): unknown }][] = [
      ["gate", schemas.Gate],
      ["latency", schemas.Latency],
      ["audit", schemas.Audit],
      ["instruments/BETA/depth", schemas.Depth],
    ];
    for (const [path, schema] of answers) schema.parse((await get(`/api/v1/${path}`)).body);
    for (const order of (await get("/api/v1/orders")).body.items) schemas.Order.parse(order);
    for (const actor of (await get("/api/v1/actors")).body.items) schemas.Actor.parse(actor);
  }));

Deno.test("crashes come newest first with what became of them, and each in full", () =>
  withConsole(async ({ get, model }) => {
    assert.deepEqual((await get("/api/v1/crashes")).body, { items: [], total: 0 });
    model.tick(5);
    for (const reason of ["Error: first", "Error: second", "Error: third"]) model.crash(reason);
    const { body } = await get("/api/v1/crashes?limit=2");
    assert.deepEqual(body.items.map((crash: { id: number; reason: string }) => [crash.id, crash.reason]), [
      [3, "Error: third"],
      [2, "Error: second"],
    ]);
    assert.equal(body.total, 3);
    for (const item of body.items) CrashSummary.parse(item);
    const one = (await get("/api/v1/crashes/2")).body;
    Crash.parse(one);
    assert.equal(one.record.reason, "Error: second");
    assert.deepEqual(one.decision, body.items[1].decision);
    assert.equal((await get("/api/v1/node")).body.crashes.total, 3);
  }));

Deno.test("a crash that is not there is told from one that is only in the data directory", () =>
  withConsole(async ({ get, model }) => {
    problem(await get("/api/v1/crashes/1"), 404, "UNKNOWN_CRASH");
    model.crash("Error: first");
    const never = await get("/api/v1/crashes/2");
    problem(never, 404, "UNKNOWN_CRASH");
    assert.match(never.body.detail, /the latest is 1/);
    model.crashRecord = () => null;
    assert.match((await get("/api/v1/crashes/1")).body.detail, /deno task cwts crash show 1 reads it/);
    for (const id of ["0", "x", "1.5"]) problem(await get(`/api/v1/crashes/${id}`), 422, "INVALID_REQUEST");
    problem(await get("/api/v1/crashes?limit=0"), 422, "INVALID_REQUEST");
  }));
