/** The controls page over a real node: what its gate uses and refuses, and a scope killed with one click and one confirmation. */
import assert from "node:assert/strict";
import { gateChecks } from "../../ffi/mod.ts";
import type { ControlTree, Refusal, RejectSeries } from "../../actors/protocol/mod.ts";
import { browserTest, closeBrowser, withPage } from "./browser.ts";
import { startNode } from "./node.ts";

Deno.test.afterAll(closeBrowser);

browserTest(
  "limits and their use are watched on a real node, refusals show, and an organism that is killed there is still",
  async () => {
    const dataDir = await Deno.makeTempDir();
    const node = await startNode(dataDir);
    let code: number | null = null;
    const read = async <T>(path: string) => await (await fetch(`${node.url}/api/v1/controls/${path}`)).json() as T;
    try {
      await withPage(async ({ page, troubles, requests }) => {
        page.context().setDefaultTimeout(60_000);
        await page.goto(`${node.url}/#controls`);
        const limits = page.getByRole("table", { name: "Limits" });
        await limits.getByRole("meter").first().waitFor();
        // The market maker quotes: its position limit is used by what it has open.
        await page.getByRole("meter", { name: "position of organism:anglerfish-1" })
          .and(page.locator(":not([aria-valuenow='0'])")).waitFor();

        // On the restricted list with one word of one person: what it asks for is refused, and shows.
        const name = "organism:anglerfish-1";
        const restricted = await fetch(`${node.url}/api/v1/limits/tightenings`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${node.token}` },
          body: JSON.stringify({
            scope: "controls.restrictions",
            limit: `${name}/ALPHA`,
            value: '{"sides":"both"}',
            reason: "drill",
          }),
        });
        assert.equal(restricted.status, 200, await restricted.text());
        const refused = page.getByRole("table", { name: "Latest refusals" }).getByRole("row", {
          name: /restricted list/,
        });
        await refused.first().waitFor();
        await page.getByRole("list", { name: "Reasons" }).getByText("restricted", { exact: true }).waitFor();
        const series = await read<RejectSeries>("rejects");
        const listed = series.codes.find((one) => one.name === "Restricted")!;
        assert.equal(listed.counts.reduce((a, b) => a + b, 0), listed.total);
        const { items } = await read<{ items: Refusal[] }>("refusals");
        const [last] = items.filter((one) => one.codeName === "Restricted");
        assert.deepEqual([last.organism, last.scope, last.check], ["anglerfish-1", name, "restricted_list"]);
        assert.ok(items.every(({ check }) => gateChecks().includes(check)));

        await page.locator("#kill-states").getByLabel("Token").fill(node.token);
        await page.getByRole("button", { name: `Kill ${name}…` }).click();
        await page.getByRole("button", { name: `Kill ${name} now` }).click();
        await page.locator("#kill-states").getByText(/gate shut in/).waitFor();
        const { scopes } = await read<ControlTree>("tree");
        const states = new Map(scopes.map((scope) => [scope.name, [scope.state, scope.effective]]));
        assert.deepEqual(states.get(name), ["KILLED", "KILLED"]);
        assert.deepEqual(states.get("firm"), ["ACTIVE", "ACTIVE"]);

        // Told to be still, it asks for nothing more.
        const organism = await (await fetch(`${node.url}/api/v1/organisms/anglerfish-1`)).json();
        assert.deepEqual(organism.inspect.halted.map((one: { state: string }) => one.state), ["KILLED"]);
        for (const request of requests) assert.ok(request.startsWith(node.url), request);
        assert.deepEqual(troubles, []);
        code = await node.stop();
      });
      assert.equal(code, 0);
    } finally {
      if (code === null) await node.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
);
