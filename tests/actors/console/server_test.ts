import assert from "node:assert/strict";
import { startConsole } from "../../../actors/console/mod.ts";
import { UserError } from "../../../config/errors.ts";
import { openDesk } from "../access/desk.ts";
import { openRig } from "../controls/rig.ts";
import { ASSETS, TOKEN, withConsole } from "./client.ts";
import { openAlerts } from "../alerts/rig.ts";
import { createModelFeed } from "./feed.ts";
import { createModelNode } from "./model.ts";

const options = {
  host: "127.0.0.1",
  port: 0,
  access: openDesk({ ownerToken: TOKEN }).access,
  controls: openRig().controls,
  postTrade: createModelFeed(),
  alerts: openAlerts().desk,
  assets: ASSETS,
};

Deno.test("a port in use is one sentence with the fix, and leaves nothing behind", () =>
  withConsole(async ({ url }) => {
    const view = createModelNode();
    await assert.rejects(startConsole({ ...options, view, port: Number(new URL(url).port) }), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.code, "PORT_IN_USE");
      assert.match(error.message, /--console-port 0 picks a free one/);
      return true;
    });
    assert.equal(view.listeners, 0);
  }));

Deno.test("a host that is not this machine's is a UserError", async () => {
  await assert.rejects(
    startConsole({ ...options, view: createModelNode(), host: "203.0.113.9" }),
    (error) => error instanceof UserError && error.code === "CONSOLE_ADDRESS",
  );
});

Deno.test("a token too short to be one is refused", () => {
  assert.throws(
    () => openDesk({ ownerToken: "secret" }),
    (error) => error instanceof UserError && error.code === "CONSOLE_TOKEN",
  );
});

Deno.test("on loopback there is nothing to warn of; beyond it the notice says what it means", async () => {
  const local = await startConsole({ ...options, view: createModelNode() });
  assert.equal(local.notice, null);
  assert.match(local.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  await local.close();
  const open = await startConsole({ ...options, view: createModelNode(), host: "0.0.0.0" });
  assert.match(open.notice ?? "", /reached from the network, unencrypted/);
  await open.close();
});

Deno.test("the page and its files are served, and not sent again when unchanged", () =>
  withConsole(async ({ get }) => {
    const types = {
      "/": "text/html",
      "/console.js": "text/javascript",
      "/console.css": "text/css",
      "/icon.svg": "image/svg+xml",
    };
    for (const [path, type] of Object.entries(types)) {
      const first = await get(path);
      assert.equal(first.status, 200);
      assert.equal(first.type, type);
      const again = await get(path, { "if-none-match": first.headers.get("etag") ?? "" });
      assert.equal(again.status, 304);
    }
  }));

Deno.test("close frees the port, stops listening to the node, and may be called twice", async () => {
  const view = createModelNode();
  const server = await startConsole({ ...options, view });
  assert.equal(view.listeners, 1);
  await Promise.all([server.close(), server.close()]);
  assert.equal(view.listeners, 0);
  const again = await startConsole({ ...options, view, port: Number(new URL(server.url).port) });
  await again.close();
});
