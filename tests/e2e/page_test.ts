/** The page over a real node: started as a user starts it, watched and stopped as an operator would. */
import assert from "node:assert/strict";
import { browserTest, closeBrowser, withPage } from "./browser.ts";
import { startNode } from "./node.ts";

Deno.test.afterAll(closeBrowser);

browserTest("a node is watched in the page, killed by the button, re-armed, and ends well", async () => {
  const dataDir = await Deno.makeTempDir();
  const node = await startNode(dataDir);
  let code: number | null = null;
  try {
    await withPage(async ({ page, troubles, requests }) => {
      page.context().setDefaultTimeout(60_000);
      await page.goto(node.url);
      await page.getByText("Live", { exact: true }).waitFor();

      const tree = page.getByRole("table", { name: "Supervision tree" });
      await tree.getByRole("row").nth(5).waitFor();
      await page.getByRole("img", { name: /^Cumulative depth of \w+: best bid \d/ }).locator("canvas").waitFor();
      await page.getByRole("table", { name: "Organisms", exact: true }).getByRole("row").nth(1).waitFor();
      await page.getByRole("img", { name: /^Net profit over market time/ }).waitFor();
      const blotter = page.getByRole("table", { name: "Orders, newest first" });
      await blotter.getByRole("row").nth(1).waitFor();
      await page.getByRole("img", { name: /^Orders by latency/ }).waitFor();
      assert.match(await page.locator("#gate").innerText(), /[1-9]\d* decisions/);
      assert.match(await page.locator("#messages").innerText(), /[1-9][\d,]* enqueued = /);
      assert.match(await page.locator("#audit").innerText(), /[1-9][\d,]* records/);

      const panel = page.locator("#kill");
      await panel.getByLabel("Scope").selectOption("firm");
      await panel.getByLabel("Reason").fill("end-to-end test");
      await panel.getByLabel("Token").fill(node.token);
      await panel.getByRole("button", { name: "Kill firm" }).click();
      await page.getByRole("dialog", { name: "Kill firm?" }).getByRole("button", { name: "Kill firm now" }).click();
      await panel.getByText(/firm KILLED: gate shut in [\d.]+ ms; \d+ orders? cancelled and confirmed in [\d.]+ ms/)
        .waitFor();
      await page.getByRole("banner").getByText("Firm KILLED").waitFor();
      const shut = await (await fetch(`${node.url}/api/v1/orders?status=open`)).json();
      assert.deepEqual(shut.items, []);
      const { accepted } = await (await fetch(`${node.url}/api/v1/gate`)).json();

      // The market goes on for ten seconds of its own; nothing may be accepted meanwhile.
      const marketTime = async () => (await (await fetch(`${node.url}/api/v1/node`)).json()).time as number;
      const killedAt = await marketTime();
      for (let waits = 0; await marketTime() < killedAt + 10_000_000; waits++) {
        assert.ok(waits < 1_200, "the market stood still");
        await page.waitForTimeout(50);
      }
      assert.equal((await (await fetch(`${node.url}/api/v1/gate`)).json()).accepted, accepted);

      await panel.getByRole("button", { name: "Re-arm" }).click();
      await page.getByRole("dialog", { name: "Re-arm firm?" }).getByRole("button", { name: "Re-arm firm now" }).click();
      await panel.getByText("firm re-armed: now REDUCE_ONLY.").waitFor();
      await page.getByRole("banner").getByText("Firm KILLED").waitFor({ state: "detached" });

      for (const request of requests) assert.ok(request.startsWith(node.url), request);
      assert.deepEqual(troubles, []);
      code = await node.stop();
      await page.getByText("Connection lost").waitFor();
    });
    assert.equal(code, 0);
  } finally {
    if (code === null) await node.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
