import assert from "node:assert/strict";
import { isLoopback } from "../../../actors/console/security.ts";
import { AUTHORISED, rawRequest, TOKEN, withConsole } from "./client.ts";

const status = (answer: string): number => Number(answer.split(" ")[1]);

Deno.test("a Host header that is not loopback is refused, page and API alike", () =>
  withConsole(async ({ url }) => {
    for (const path of ["/", "/api/v1/node", "/openapi.json"]) {
      for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "192.168.1.5", ""]) {
        const answer = await rawRequest(url, `GET ${path} HTTP/1.1\nHost: ${host}\nConnection: close`);
        assert.equal(status(answer), 403, `${path} as ${host}`);
        assert.match(answer, /FOREIGN_HOST/);
      }
    }
  }));

Deno.test("loopback names and any port in the Host header are the console's own", () =>
  withConsole(async ({ url }) => {
    for (const host of ["127.0.0.1", "localhost:9999", "LOCALHOST", "[::1]:80"]) {
      const answer = await rawRequest(url, `GET /api/v1/health/live HTTP/1.1\nHost: ${host}\nConnection: close`);
      assert.equal(status(answer), 200, host);
    }
  }));

Deno.test("a command from another origin is refused even with the token", () =>
  withConsole(async ({ url, post, model }) => {
    const command = { scope: "firm", reason: "drill" };
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1", url.replace("http:", "https:")]) {
      const answer = await post("/api/v1/kill", command, { ...AUTHORISED, origin });
      assert.equal(answer.status, 403, origin);
      assert.equal(answer.body.code, "FOREIGN_ORIGIN");
    }
    assert.equal(model.commands.length, 0);
    assert.equal((await post("/api/v1/kill", command, { ...AUTHORISED, origin: url })).status, 200);
  }));

Deno.test("another site's script cannot open the stream or read the API through the browser", () =>
  withConsole(async ({ url }) => {
    for (const site of ["cross-site", "same-site"]) {
      const head = `GET /api/v1/node HTTP/1.1\nHost: 127.0.0.1\nSec-Fetch-Site: ${site}\nConnection: close`;
      assert.equal(status(await rawRequest(url, head)), 403, site);
    }
    const own = "GET /api/v1/node HTTP/1.1\nHost: 127.0.0.1\nSec-Fetch-Site: same-origin\nConnection: close";
    assert.equal(status(await rawRequest(url, own)), 200);
  }));

Deno.test("every answer carries the security headers, errors too, and none allows another origin", () =>
  withConsole(async ({ get }) => {
    for (const path of ["/", "/console.js", "/api/v1/node", "/api/v1/teapot", "/api/v1/actors?limit=0"]) {
      const { headers } = await get(path, { origin: "http://127.0.0.1:1" });
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/, path);
      assert.match(policy, /script-src 'self'(;|$)/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("access-control-allow-origin"), null);
    }
  }));

Deno.test("a preflight of another origin gets no permission", () =>
  withConsole(async ({ url }) => {
    const head = "OPTIONS /api/v1/kill HTTP/1.1\nHost: 127.0.0.1\nOrigin: http://evil.example\n" +
      "Access-Control-Request-Method: POST\nAccess-Control-Request-Headers: authorization\nConnection: close";
    const answer = await rawRequest(url, head);
    assert.equal(status(answer), 403);
    assert.doesNotMatch(answer.toLowerCase(), /access-control-allow/);
  }));

Deno.test("bound beyond loopback, reading needs the token too, and foreign names stay refused", () =>
  withConsole(async ({ url }) => {
    const local = url.replace("0.0.0.0", "127.0.0.1");
    const live = (host: string, more = "") =>
      rawRequest(local, `GET /api/v1/node HTTP/1.1\nHost: ${host}${more}\nConnection: close`);
    assert.equal(status(await live("192.168.1.5:8080")), 401);
    assert.equal(status(await live("192.168.1.5:8080", `\nAuthorization: Bearer ${TOKEN}`)), 200);
    assert.equal(status(await live("evil.example", `\nAuthorization: Bearer ${TOKEN}`)), 403);
    const page = await rawRequest(local, "GET / HTTP/1.1\nHost: 192.168.1.5\nConnection: close");
    assert.equal(status(page), 200);
  }, { host: "0.0.0.0" }));

Deno.test("loopback is told from what only looks like it", () => {
  for (const host of ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"]) assert.ok(isLoopback(host), host);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "localhost.example"]) {
    assert.ok(!isLoopback(host), host);
  }
});
