/** A crash of a real node, followed on the page and in the terminal. */
import assert from "node:assert/strict";
import { outside } from "../cli/run.ts";
import { browserTest, closeBrowser, withPage } from "./browser.ts";
import { startNode } from "./node.ts";

Deno.test.afterAll(closeBrowser);

browserTest("a crash of a real node is opened on the page, and the terminal says the same", async () => {
  const dataDir = await Deno.makeTempDir();
  const node = await startNode(dataDir, ["--chaos", "1"]);
  let code: number | null = null;
  try {
    await withPage(async ({ page, troubles }) => {
      page.context().setDefaultTimeout(60_000);
      await page.goto(node.url);
      await page.getByRole("tab", { name: /Crashes [1-9]/ }).click();
      const list = page.getByRole("table", { name: "Crashes, newest first" });
      const decided = list.locator("[data-crash]").filter({ hasText: /restarted/ });
      await decided.first().waitFor();
      const id = Number(await decided.last().getAttribute("data-crash"));
      await list.locator(`[data-crash="${id}"]`).click();
      const record = page.locator("dialog.crash");
      await record.getByText(/^ChaosError: crashed on purpose/).waitFor();
      const text = (await record.innerText()).replaceAll(/\s+/g, " ");
      assert.match(text, /\d+ of 20 restarts in 10 s were left to \/node/);
      assert.match(text, /at \S*receive \(actors\/node\/chaos\.ts:\d+:\d+\)/);
      assert.match(text, /deno task start --seed 7 --chaos 1 --speed max --duration [\d.]+s/);

      const shown = await outside(["crash", "show", String(id), "--json", "--data-dir", dataDir]);
      assert.equal(shown.exit, 0, shown.err);
      const crash = JSON.parse(shown.out);
      assert.equal(crash.proof, "same");
      const { proof: _, ...kept } = crash;
      assert.deepEqual(await (await fetch(`${node.url}/api/v1/crashes/${id}`)).json(), kept);
      assert.ok(text.includes(crash.decision.detail) && text.includes(crash.path), text);
      assert.deepEqual(troubles, []);
      code = await node.stop();
    });
    assert.equal(code, 0);
  } finally {
    if (code === null) await node.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
