/** The console of a cluster in a browser: every node is seen, and one button kills them all. */
import assert from "node:assert/strict";
import { ScopeState } from "../../ffi/layout.gen.ts";
import { ControlPage } from "../../ffi/mod.ts";
import { TestCluster } from "../cluster/processes.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { chromiumPath, closeBrowser, withPage } from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const absent = missing("redis");

Deno.test({
  name: `one page shows gateway, standby and organisms nodes, and its button kills all of them${need(absent)}${
    chromiumPath() === null ? " [needs chromium]" : ""
  }`,
  ignore: absent.length > 0 || chromiumPath() === null,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using redis = await startRedis();
    const cluster = await TestCluster.open(`redis://127.0.0.1:${redis.port}`);
    try {
      cluster.gateway("g1");
      const organisms = cluster.organisms("o1");
      await cluster.trading("o1");
      const standby = cluster.gateway("g2");
      await standby.said(/standby/);
      const own = ["--console-port", "0", "--data-dir", cluster.data("c1")];
      const console = cluster.start("console", "c1", ...own);
      await console.said(/^token: \S+/m);
      const url = /^console: (\S+)/m.exec(console.out)![1];
      const token = /^token: (\S+)/m.exec(console.out)![1];

      await withPage(async ({ page, troubles, requests }) => {
        page.context().setDefaultTimeout(60_000);
        await page.goto(url);
        await page.getByText("Live", { exact: true }).waitFor();
        const nodes = page.getByRole("table", { name: "Nodes" });
        const row = (name: string) =>
          nodes.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
        await row("g1").getByText("running", { exact: true }).waitFor();
        await row("g2").getByText("standby", { exact: true }).waitFor();
        await row("o1").getByText("anglerfish-1").waitFor();
        await row("c1").getByText("console", { exact: true }).waitFor();
        const shards = page.getByRole("table", { name: "Shards" });
        await shards.getByRole("row").filter({ hasText: "anglerfish-1" }).getByText("trading").waitFor();
        await page.getByText("gateway g1, epoch 1").waitFor();

        const kill = page.locator("#kill");
        await kill.getByLabel("Reason").fill("end-to-end test");
        const button = kill.getByRole("button", { name: "Kill firm everywhere" });
        assert.equal(await button.isDisabled(), true, "without a token nobody kills");
        await kill.getByLabel("Token").fill(token);
        await button.click();
        await page.getByRole("dialog", { name: "Kill firm on every node?" })
          .getByRole("button", { name: "Kill firm now" }).click();
        await kill.getByText(/^firm KILLED: obeyed by g1, g2, o1$/).waitFor();
        await page.getByRole("banner").getByText("Firm KILLED").waitFor();
        await row("o1").getByText("firm KILLED by c1").waitFor();
        for (const node of ["g1", "g2"]) {
          using words = ControlPage.openExisting(cluster.data(node));
          assert.equal(words.scope(0), ScopeState.Killed, node);
        }
        await organisms.said(/c1 kills firm: end-to-end test \(console:owner@127\.0\.0\.1\)/);

        // A node that dies is said to be silent, and is something to look at.
        organisms.kill("SIGKILL");
        await row("o1").getByText("silent", { exact: true }).waitFor();
        await page.getByRole("list", { name: "Concerns of all nodes" }).getByText("o1 is silent").waitFor();
        for (const request of requests) assert.ok(request.startsWith(url), request);
        assert.deepEqual(troubles, []);
      });

      const send = (path: string, init: RequestInit = {}) => fetch(`${url}/api/v1${path}`, init);
      const body = JSON.stringify({ reason: "x" });
      const headers = { "content-type": "application/json" };
      const strange = await send("/cluster/kill", { method: "POST", headers, body });
      assert.equal(strange.status, 401);
      await strange.body?.cancel();
      const wrong = { ...headers, authorization: `Bearer ${"x".repeat(32)}` };
      const refused = await send("/cluster/kill", { method: "POST", headers: wrong, body });
      assert.equal(refused.status, 401);
      await refused.body?.cancel();
      const elsewhere = await send("/cluster", { headers: { origin: "http://evil.example" } });
      assert.equal(elsewhere.status, 403);
      await elsewhere.body?.cancel();
      const right = { ...headers, authorization: `Bearer ${token}` };
      const reasonless = await send("/cluster/kill", { method: "POST", headers: right, body: "{}" });
      assert.equal(reasonless.status, 422);
      assert.match((await reasonless.json()).detail, /"reason"/);
      const none = await send("/orders");
      assert.equal(none.status, 404, "it has no orders to show");
      await none.body?.cancel();
      console.kill("SIGTERM");
      assert.equal(await console.ended, 0, console.out);
    } finally {
      await cluster.end();
    }
  },
});
