/** The role table over REST, cell by cell, and log-in, sessions and keys as a client has them. */
import assert from "node:assert/strict";
import { ROUTES } from "../../../actors/console/guard.ts";
import { mayAct, type Role, ROLES } from "../../../actors/protocol/mod.ts";
import { enrol, enrolRoot, PASSWORD } from "../access/desk.ts";
import { AUTHORISED, type Client, withConsole } from "./client.ts";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (person: string, password: string) => ({ authorization: `Basic ${btoa(`${person}:${password}`)}` });

/** One person for each role; the name is the role. "security-admin" is called root. */
async function staff(client: Client): Promise<Record<Role, string>> {
  const root = await enrolRoot(client.desk);
  const tokens: Partial<Record<Role, string>> = {};
  for (const role of ROLES) {
    const person = role === "security-admin" ? "root" : role;
    if (person !== "root") await enrol(client.desk, root, person, [role]);
    tokens[role] = (await client.desk.access.login(person, PASSWORD, "127.0.0.1")).token;
  }
  return tokens as Record<Role, string>;
}

/** A body that is right for the route, so that what is refused is refused for the role. */
const BODIES: Readonly<Record<string, unknown>> = {
  "POST /kill": { scope: "firm", reason: "drill" },
  "POST /rearm": { scope: "firm", reason: "drill" },
  "PUT /password": { current: "not this one, surely", next: PASSWORD },
  "POST /keys": { label: "k", actions: ["rearm"], days: 1 },
  "POST /limits/tightenings": { scope: "nowhere", limit: "x", value: 1, reason: "drill" },
  "POST /limits/proposals": { scope: "nowhere", limit: "x", value: 1, reason: "drill" },
  "POST /limits/proposals/{id}/approval": { digest: "0123456789abcdef" },
  "POST /limits/proposals/{id}/withdrawal": { reason: "drill" },
  "POST /alerts/{id}/acknowledgement": { text: "drill" },
  "POST /alerts/{id}/action": { text: "drill" },
  "POST /reconciliations": {},
  "POST /people": { person: "NOBODY", roles: ["viewer"] },
  "PUT /people/{id}/roles": { roles: ["viewer"] },
  "POST /people/{id}/invitation": {},
  "PUT /people/{id}/disabled": { disabled: true },
};

Deno.test("every cell of the role table, over REST", () =>
  withConsole(async (client) => {
    const tokens = await staff(client);
    const open = ROUTES.filter(({ need }) => need !== "anyone");
    let cells = 0;
    for (const { method, path, need } of open) {
      const key = `${method} ${path}`;
      // Log-out would end the session that the other cells need; it has a test of its own.
      if (key === "DELETE /session") continue;
      const id = /^\/(limits|crashes|alerts)/.test(path) ? "77" : "nobody-there";
      const at = `/api/v1${path.replace("{symbol}", "ALPHA").replace("{id}", id)}`;
      for (const role of ROLES) {
        const headers = bearer(tokens[role]);
        const answer = path.endsWith("/events")
          ? await stream(client.url + at, headers)
          : await client.send(method, at, headers, BODIES[key]);
        const allowed = need === "identified" || need !== "anyone" && mayAct([role], need);
        const refused = answer.status === 403 && answer.body.code === "ROLE_FORBIDDEN";
        assert.equal(!refused, allowed, `${role} ${key}: ${answer.status} ${answer.body.code}`);
        assert.ok(![401, 500].includes(answer.status) || answer.body.code === "LOGIN_FAILED", `${role} ${key}`);
        cells++;
      }
      const anonymous = path.endsWith("/events")
        ? await stream(client.url + at, {})
        : await client.send(method, at, {}, BODIES[key]);
      assert.deepEqual([anonymous.status, anonymous.body.code], [401, "TOKEN_REQUIRED"], `nobody ${key}`);
    }
    assert.equal(cells, (open.length - 1) * ROLES.length);
  }));

/** Opens the stream and lets go of it. */
async function stream(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: { code: string } }> {
  const response = await fetch(url, { headers });
  if (!response.ok) return { status: response.status, body: await response.json() };
  await response.body?.cancel();
  return { status: response.status, body: { code: "" } };
}

Deno.test("log-in sets a cookie no script can read and no other site can send, and the cookie opens what the roles do", () =>
  withConsole(async (client) => {
    await enrol(client.desk, await enrolRoot(client.desk), "bob", ["trader"]);
    assert.equal((await client.get("/api/v1/node")).status, 401);
    const login = await client.post("/api/v1/session", { person: "bob", password: PASSWORD }, {});
    assert.equal(login.status, 200);
    assert.deepEqual([login.body.person, login.body.roles, login.body.token], ["bob", ["trader"], undefined]);
    const cookie = login.headers.get("set-cookie")!;
    assert.match(cookie, /^cwts_session=cwts_s_[\w-]{43};.*HttpOnly/);
    assert.match(cookie, /SameSite=Strict/);
    const headers = { cookie: cookie.split(";")[0] };
    assert.equal((await client.get("/api/v1/node", headers)).status, 200);
    assert.deepEqual((await client.get("/api/v1/session", headers)).body.roles, ["trader"]);
    const killed = await client.post("/api/v1/kill", { scope: "firm", reason: "drill" }, headers);
    assert.equal(killed.status, 200);
    assert.equal(client.model.commands[0].who, "bob@127.0.0.1");
    const foreign = { ...headers, origin: "http://evil.example" };
    assert.equal(
      (await client.post("/api/v1/kill", { scope: "firm", reason: "x" }, foreign)).body.code,
      "FOREIGN_ORIGIN",
    );
    assert.equal((await client.send("DELETE", "/api/v1/session", headers)).status, 200);
    assert.equal((await client.get("/api/v1/node", headers)).body.code, "TOKEN_WRONG");
    assert.equal(client.desk.told("log-out").length, 1);
  }));

Deno.test("a person who is locked out is told until when, and kills with the password all the same", () =>
  withConsole(async (client) => {
    await enrol(client.desk, await enrolRoot(client.desk), "bob", ["trader"]);
    const logIn = (password: string) => client.post("/api/v1/session", { person: "bob", password }, {});
    for (let i = 0; i < 5; i++) assert.equal((await logIn("not the password")).body.code, "LOGIN_FAILED");
    const locked = await logIn(PASSWORD);
    assert.deepEqual([locked.status, locked.body.code], [429, "LOCKED_OUT"]);
    assert.match(locked.body.detail, /opens again in \d+ s; a kill needs no log-in/);
    const kill = { scope: "firm", reason: "drill" };
    const wrong = await client.post("/api/v1/kill", kill, basic("bob", "not the password"));
    assert.deepEqual([wrong.status, wrong.body.code], [401, "LOGIN_FAILED"]);
    assert.equal((await client.post("/api/v1/kill", kill, basic("bob", PASSWORD))).status, 200);
    assert.equal((await client.post("/api/v1/rearm", kill, basic("bob", PASSWORD))).body.code, "PASSWORD_ALONE");
    assert.deepEqual(client.model.commands.map(({ verb, who }) => [verb, who]), [["kill", "bob@127.0.0.1"]]);
  }));

Deno.test("a key opens what it was made for, and is told when it has expired", () =>
  withConsole(async (client) => {
    const bob = await enrol(client.desk, await enrolRoot(client.desk), "bob", ["operator"]);
    assert.ok(bob.session);
    const login = await client.post("/api/v1/session", { person: "bob", password: PASSWORD, bearer: true }, {});
    const wanted = { label: "dashboard", actions: ["view"], days: 1 };
    const { body } = await client.post("/api/v1/keys", wanted, bearer(login.body.token));
    assert.match(body.key, new RegExp(`^cwts_k_${body.id}_`));
    assert.equal((await client.get("/api/v1/gate", bearer(body.key))).status, 200);
    assert.equal((await client.get("/api/v1/orders", bearer(body.key))).body.code, "ROLE_FORBIDDEN");
    const listed = await client.get("/api/v1/keys", bearer(login.body.token));
    assert.deepEqual(listed.body.items.map((key: { id: string; key?: string }) => [key.id, key.key]), [[
      body.id,
      undefined,
    ]]);
    client.desk.now += 24 * 60 * 60_000;
    assert.equal((await client.get("/api/v1/gate", bearer(body.key))).body.code, "KEY_EXPIRED");
  }));

Deno.test("reading orders, crash records and people goes on record; a view of the market does not", () =>
  withConsole(async (client) => {
    const tokens = await staff(client);
    client.model.crash("Error: first");
    for (const path of ["node", "orders", "orders", "crashes/1", "people", "gate"]) {
      await client.get(`/api/v1/${path}`, bearer(tokens.auditor));
    }
    assert.deepEqual(client.desk.told("read").map(({ who, what }) => [who, what]), [
      ["auditor", "orders"],
      ["auditor", "crashes"],
      ["auditor", "people"],
    ]);
  }));

Deno.test("a stream ends when its session does", () =>
  withConsole(async (client) => {
    const root = await enrolRoot(client.desk);
    await enrol(client.desk, root, "bob", ["viewer"]);
    const { token } = await client.desk.access.login("bob", PASSWORD, "127.0.0.1");
    const response = await fetch(`${client.url}/api/v1/events`, { headers: bearer(token) });
    const reader = response.body!.getReader();
    await reader.read();
    client.desk.access.setDisabled(root, "bob", true, "127.0.0.1");
    client.model.touch();
    let frames = 0;
    while (!(await reader.read()).done) frames++;
    assert.ok(frames <= 2, `${frames} more frames`);
  }));

Deno.test("people are added, changed and enrolled over REST, and each step is on record with who and from where", () =>
  withConsole(async (client) => {
    await enrolRoot(client.desk);
    const { token } = await client.desk.access.login("root", PASSWORD, "127.0.0.1");
    const as = bearer(token);
    const { body } = await client.post("/api/v1/people", { person: "bob", roles: ["trader"] }, as);
    assert.equal((await client.post("/api/v1/people", { person: "bob", roles: ["trader"] }, as)).status, 409);
    const conflict = await client.post("/api/v1/people", { person: "cat", roles: ["trader", "risk-officer"] }, as);
    assert.deepEqual([conflict.status, conflict.body.code], [409, "ROLES_CONFLICT"]);
    const enrolment = { person: "bob", token: body.token, password: PASSWORD };
    assert.equal((await client.post("/api/v1/enrolment", enrolment, {})).status, 200);
    assert.equal((await client.post("/api/v1/enrolment", enrolment, {})).body.code, "ENROLMENT_WRONG");
    assert.equal((await client.send("PUT", "/api/v1/people/bob/roles", as, { roles: ["viewer"] })).status, 200);
    assert.deepEqual(client.desk.told("roles-changed"), [
      { action: "roles-changed", who: "root", from: "127.0.0.1", person: "bob", before: ["trader"], after: ["viewer"] },
    ]);
    const { items } = (await client.get("/api/v1/people", as)).body;
    assert.deepEqual(items.map(({ id, roles, state }: Record<string, unknown>) => [id, roles, state]), [
      ["root", ["security-admin"], "active"],
      ["bob", ["viewer"], "active"],
    ]);
    assert.ok(!JSON.stringify(items).includes("argon2"));
  }));

Deno.test("once people are enrolled the printed token kills and does nothing else", () =>
  withConsole(async (client) => {
    await enrolRoot(client.desk);
    const command = { scope: "firm", reason: "drill" };
    assert.equal((await client.post("/api/v1/rearm", command, AUTHORISED)).body.code, "TOKEN_RETIRED");
    assert.equal((await client.get("/api/v1/node", AUTHORISED)).body.code, "TOKEN_RETIRED");
    assert.equal((await client.post("/api/v1/kill", command, AUTHORISED)).status, 200);
  }));

Deno.test("the health of a node can be asked by anybody, whoever is enrolled", () =>
  withConsole(async (client) => {
    await enrolRoot(client.desk);
    for (const path of ["health/live", "health/ready"]) assert.equal((await client.get(`/api/v1/${path}`)).status, 200);
  }));

Deno.test("no other spelling of a path, and no other method, gets around the table", () =>
  withConsole(async (client) => {
    client.model.tick(3);
    const before = await client.get("/api/v1/actors/%2Fnode");
    assert.equal(before.status, 200);
    await enrolRoot(client.desk);
    // deno-fmt-ignore
    const spellings = [
      "/actors/%2Fnode", "/actors/%2fnode", "/actors/%252Fnode", "/orders/", "//orders", "/%6Frders", "/ORDERS", "/orders%2F",
      "/orders;x=1", "/./orders", "/organisms/..%2Forders", "/orders?limit=1&limit=1", "/orders%00", "/crashes/%31",
    ];
    for (const path of spellings) {
      for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST"]) {
        const response = await fetch(`${client.url}/api/v1${path}`, { method });
        const text = await response.text();
        assert.ok([400, 401, 404, 405].includes(response.status), `${method} ${path}: ${response.status}`);
        assert.doesNotMatch(text, /"items"|"children"|"record"/, `${method} ${path}`);
      }
    }
    for (const { path } of ROUTES.filter(({ need }) => need !== "anyone")) {
      const at = `${client.url}/api/v1${path.replace(/\{[^}]+\}/, "1")}`;
      const response = await fetch(at, { method: "HEAD" });
      assert.ok([401, 404, 405].includes(response.status), `HEAD ${path}: ${response.status}`);
    }
    assert.deepEqual(client.model.commands, []);
  }));
