import assert from "node:assert/strict";
import { UserError } from "../../../config/errors.ts";
import { AUTHORISED, TOKEN, withConsole } from "./client.ts";

const KILL = { scope: "firm", reason: "fat finger in ALPHA" };

Deno.test("kill with the token reaches the node with scope, reason and who, and answers its report", () =>
  withConsole(async ({ post, get, model }) => {
    model.tick(30);
    const { status, body } = await post("/api/v1/kill", KILL);
    assert.equal(status, 200);
    assert.equal(body.state, "KILLED");
    assert.ok(body.cancelled > 0);
    assert.deepEqual(model.commands, [
      { verb: "kill", scope: "firm", reason: "fat finger in ALPHA", who: "owner@127.0.0.1" },
    ]);
    const scopes = (await get("/api/v1/scopes")).body.items;
    assert.deepEqual(scopes[0], { name: "firm", state: "KILLED" });
  }));

Deno.test("re-arm opens a killed scope one step, to REDUCE_ONLY, and says so", () =>
  withConsole(async ({ post, model }) => {
    await post("/api/v1/kill", { scope: "organism:platypus", reason: "drill" });
    const { status, body } = await post("/api/v1/rearm", { scope: "organism:platypus", reason: "drill over" });
    assert.equal(status, 200);
    assert.deepEqual(body, { scope: "organism:platypus", state: "REDUCE_ONLY", proposal: null });
    assert.equal(model.commands[1].verb, "rearm");
  }));

Deno.test("kill works while the node cannot give a snapshot", () =>
  withConsole(async ({ post, model }) => {
    model.broken = "no snapshot today";
    const { status, body } = await post("/api/v1/kill", KILL);
    assert.equal(status, 200);
    assert.equal(body.scope, "firm");
  }));

Deno.test("an unknown scope is told with the scopes there are", () =>
  withConsole(async ({ post }) => {
    const { status, body } = await post("/api/v1/kill", { scope: "organism:unicorn", reason: "drill" });
    assert.equal(status, 404);
    assert.equal(body.code, "UNKNOWN_SCOPE");
    assert.match(body.detail, /organism:anglerfish/);
  }));

Deno.test("a kill the node fails to carry out says why and what else to do", () =>
  withConsole(async ({ post, model }) => {
    model.kill = () => Promise.reject(new Error("the guardian did not answer"));
    const { status, body } = await post("/api/v1/kill", KILL);
    assert.equal(status, 500);
    assert.equal(body.code, "KILL_FAILED");
    assert.match(body.detail, /guardian did not answer.*kill command in a terminal/);
  }));

Deno.test("what the node itself says of a command that went wrong is passed on with its code", () =>
  withConsole(async ({ post, model }) => {
    model.kill = () =>
      Promise.reject(new UserError("KILL_UNCONFIRMED", "the gate is shut, the cancels are not confirmed"));
    const { status, body } = await post("/api/v1/kill", KILL);
    assert.equal(status, 500);
    assert.equal(body.code, "KILL_UNCONFIRMED");
    assert.equal(body.detail, "the gate is shut, the cancels are not confirmed");
  }));

for (const verb of ["kill", "rearm"]) {
  Deno.test(`${verb} without the token, or with a wrong one, is refused and reaches nobody`, () =>
    withConsole(async ({ post, model }) => {
      const wrong = [
        [{}, "TOKEN_REQUIRED"],
        [{ authorization: TOKEN }, "TOKEN_REQUIRED"],
        [{ authorization: "Digest dXNlcjpwYXNz" }, "TOKEN_REQUIRED"],
        [{ authorization: "Basic ???" }, "TOKEN_REQUIRED"],
        [{ authorization: "Bearer " }, "TOKEN_REQUIRED"],
        [{ authorization: `Bearer ${TOKEN}x` }, "TOKEN_WRONG"],
        [{ authorization: `Bearer ${TOKEN.slice(0, -1)}` }, "TOKEN_WRONG"],
        [{ authorization: `Bearer ${TOKEN.toUpperCase()}` }, "TOKEN_WRONG"],
      ] as const;
      for (const [headers, code] of wrong) {
        const answer = await post(`/api/v1/${verb}`, KILL, headers);
        assert.equal(answer.status, 401);
        assert.equal(answer.body.code, code);
        assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/);
      }
      assert.equal(model.commands.length, 0);
    }));

  Deno.test(`${verb} with a body that is no command is refused and reaches nobody`, () =>
    withConsole(async ({ post, model }) => {
      const wrong = [
        ["{", 400, "MALFORMED_JSON"],
        [{}, 422, "INVALID_REQUEST"],
        [{ scope: "firm" }, 422, "INVALID_REQUEST"],
        [{ scope: "firm", reason: "   " }, 422, "INVALID_REQUEST"],
        [{ scope: "", reason: "x" }, 422, "INVALID_REQUEST"],
        [{ scope: 7, reason: "x" }, 422, "INVALID_REQUEST"],
        [{ scope: "firm", reason: "line\nbreak" }, 422, "INVALID_REQUEST"],
        [{ scope: "firm", reason: "x", force: true }, 422, "INVALID_REQUEST"],
        [{ scope: "firm", reason: "x".repeat(201) }, 422, "INVALID_REQUEST"],
        [{ scope: "firm", reason: "x".repeat(5000) }, 413, "BODY_TOO_LARGE"],
      ] as const;
      for (const [body, status, code] of wrong) {
        const answer = await post(`/api/v1/${verb}`, body);
        assert.equal(answer.body.code, code, JSON.stringify(body));
        assert.equal(answer.status, status);
      }
      assert.equal(model.commands.length, 0);
    }));

  Deno.test(`${verb} sent as a form, which a foreign page could do without asking, is refused`, () =>
    withConsole(async ({ post, model }) => {
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
        const answer = await post(`/api/v1/${verb}`, JSON.stringify(KILL), { ...AUTHORISED, "content-type": type });
        assert.equal(answer.body.code, "UNSUPPORTED_MEDIA_TYPE");
      }
      assert.equal(model.commands.length, 0);
    }));
}
