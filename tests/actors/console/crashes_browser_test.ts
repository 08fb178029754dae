/** Crashes on the page in a real browser, over a node whose crashes are known. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { browserTest, closeBrowser } from "../../e2e/browser.ts";
import { scene } from "./scene.ts";

Deno.test.afterAll(closeBrowser);

const tab = (page: Page): Locator => page.getByRole("tab", { name: /Crashes/ });
const list = (page: Page): Locator => page.getByRole("table", { name: "Crashes, newest first" });
const record = (page: Page): Locator => page.locator("dialog.crash");

browserTest(
  "a crash is counted beside the orders, listed with what its supervisor did, and opened by a click",
  () =>
    scene(async ({ page, model, troubles }) => {
      await page.getByText("Live", { exact: true }).waitFor();
      await tab(page).getByText("0", { exact: true }).waitFor();
      model.crash("TypeError: no price");
      await tab(page).locator(".badge-warn", { hasText: "1" }).waitFor();
      await tab(page).click();
      assert.equal(await tab(page).locator(".badge-warn").count(), 0, "it has been seen");
      await list(page).getByText("restarted after 12.5 ms, life 2").waitFor();
      const cells = await list(page).locator("[data-crash='1']").getByRole("cell").allInnerTexts();
      assert.deepEqual([cells[1], cells[2], ...cells.slice(-3)], [
        "1",
        "organisms/anglerfish",
        "TypeError: no price",
        "20",
        "restarted after 12.5 ms, life 2",
      ]);

      await list(page).getByText("TypeError: no price").click();
      const window = record(page);
      await window.getByText("TypeError: no price").waitFor();
      const text = await window.innerText();
      for (
        const part of [
          "Crash 1 of /node/organisms/anglerfish",
          "caused by RangeError: tick below one",
          "organism-host in life 1, handling MarketData, in the native call cwts_gate_exposure",
          "restarted after 12.5 ms, life 2",
          "20 of 20 restarts in 10 s were left to /node/organisms (one_for_one), then safe-mode.",
          "permanent, 5 s to stop, delay 10 ms × 2 up to 1000 ms, 0 failed in a row, mailbox kept",
          "3 waiting: MarketData 2, ExecutionReport 1; 1 set aside",
          "quote in 25.00 ms",
          "at Quoter.quote (actors/organisms/anglerfish.ts:230:11)",
          "deno task start --seed 7 --speed max --duration 2.999999s --data-dir ./replay",
        ]
      ) assert.ok(text.replaceAll(/\s+/g, " ").includes(part), `"${part}" is not in\n${text}`);
      const chain = await window.getByRole("list", { name: "Causes, the first one first" }).getByRole("listitem")
        .allInnerTexts();
      assert.deepEqual(chain.map((step) => step.split(/\s/)[0]), ["Step", "FlowBatch", "MarketData"]);
      await page.keyboard.press("Escape");
      await window.waitFor({ state: "hidden" });
      assert.deepEqual(troubles, []);
    }, { ticks: 30 }),
);

browserTest(
  "a state is shown as what changed, before and after, and the rest below it",
  () =>
    scene(async ({ page, model }) => {
      model.crash("Error: on request");
      await tab(page).click();
      await list(page).locator("[data-crash='1']").click();
      const table = record(page).getByRole("table", { name: "State" });
      await table.getByText("3 of 5 changed").waitFor();
      const changed = await table.locator("tr.changed").allInnerTexts();
      assert.deepEqual(changed.map((row) => row.split(/\s+/)), [
        ["positions", "[0,0,0]", "[-5,0,0]"],
        ["quote.bid", "10000", "10004"],
        ["quote.ask", "10004", "10008"],
      ]);
      assert.deepEqual((await table.locator("tr.kept").allInnerTexts()).map((row) => row.split(/\s+/)), [
        ["species", '"anglerfish"'],
        ["notes", "[]"],
      ]);
    }, { ticks: 30 }),
);

browserTest(
  "an open record shows what the supervisor decides while one looks, and a give-up is an alarm",
  () =>
    scene(async ({ page, model, troubles }) => {
      model.crash("Error: first", { kind: "pending", time: null, detail: "not started again yet" });
      await tab(page).click();
      await list(page).locator("[data-crash='1']").click();
      await record(page).getByText("not started again yet").waitFor();
      const detail = "/node/organisms gave up (safe-mode): too many restarts";
      model.decide({ kind: "gave-up", time: model.snapshot().time, detail });
      await record(page).getByText(detail).waitFor();
      await record(page).getByRole("button", { name: "Close" }).click();
      await tab(page).locator(".badge-alarm", { hasText: "1" }).waitFor();
      assert.deepEqual(troubles, []);
    }, { ticks: 30 }),
);

browserTest(
  "from record to record by its buttons, from the tree to the latest crash, and one that is gone is told",
  () =>
    scene(async ({ page, model }) => {
      for (const reason of ["Error: first", "Error: second"]) model.crash(reason);
      const tree = page.getByRole("table", { name: "Supervision tree" });
      await tree.getByRole("button", { name: "anglerfish" }).click();
      await page.getByRole("button", { name: "crash 2", exact: true }).click();
      await record(page).getByText("Error: second").waitFor();
      assert.ok(await record(page).getByRole("button", { name: "The crash after" }).isDisabled());
      model.crashRecord = () => null;
      await record(page).getByRole("button", { name: "The crash before" }).click();
      await record(page).getByText(/The record could not be read: crash 1 is not at hand any more/).waitFor();
    }, { ticks: 30 }),
);

browserTest(
  "a node without a crash says so",
  () =>
    scene(async ({ page }) => {
      await page.getByText("Live", { exact: true }).waitFor();
      await tab(page).click();
      await page.getByText("No actor has crashed.").waitFor();
    }),
);

for (const width of [390, 768, 1280]) {
  browserTest(
    `at ${width} px the list of crashes and a record fit, and nothing is cut off sideways`,
    () =>
      scene(async ({ page, model }) => {
        for (let i = 0; i < 30; i++) model.crash(`Error: ${"a long reason that goes on ".repeat(4)}${i}`);
        await tab(page).click();
        await list(page).locator("[data-crash='30']").waitFor();
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
        const panel = (await page.locator("#crashes").boundingBox())!;
        assert.ok(panel.x >= 0 && panel.x + panel.width <= width && panel.height >= 120);
        await list(page).locator("[data-crash='30']").click();
        await record(page).getByRole("heading", { name: "Stack" }).waitFor();
        const over = await page.evaluate(`(() => {
          const body = document.querySelector(".crash-body");
          const parts = [...body.querySelectorAll(".part")];
          return [body.scrollWidth - body.clientWidth, ...parts.map((part) => part.scrollWidth - part.clientWidth)];
        })()`) as number[];
        assert.deepEqual(over.filter((pixels) => pixels > 0), []);
        const close = (await record(page).getByRole("button", { name: "Close" }).boundingBox())!;
        assert.ok(close.x + close.width <= width && close.y >= 0);
      }, { ticks: 30, viewport: { width, height: 844 } }),
  );
}
