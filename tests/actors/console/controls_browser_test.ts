/** The controls page in a real browser, over a real gate: two persons change a limit, a bar moves, a scope is killed. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { enrol, enrolRoot, PASSWORD } from "../access/desk.ts";
import { browserTest, closeBrowser } from "../../e2e/browser.ts";
import { BOB } from "../controls/rig.ts";
import { TOKEN } from "./client.ts";
import { type Scene, scene } from "./scene.ts";

Deno.test.afterAll(closeBrowser);

const SECOND = 1_000_000;
const limitRow = (page: Page, key: string): Locator => page.locator(`[data-limit="${key}"]`);
const killRow = (page: Page, name: string): Locator => page.locator(`[data-kill="${name}"]`);
const share = async (page: Page, key: string): Promise<string | null> =>
  await limitRow(page, key).getByRole("meter").getAttribute("aria-valuetext");

async function open({ page }: Scene): Promise<void> {
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Controls" }).click();
  await page.getByRole("table", { name: "Limits" }).waitFor();
}

async function logIn(page: Page, person: string): Promise<void> {
  const form = page.getByRole("form", { name: "Log in" });
  await form.getByLabel("Name").fill(person);
  await form.getByLabel("Password").fill(PASSWORD);
  await form.getByRole("button", { name: "Log in" }).click();
  await page.getByText(`${person} (`).waitFor();
  await page.getByRole("table", { name: "Limits" }).waitFor();
}

async function logOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("form", { name: "Log in" }).waitFor();
}

/** Fills the window of a limit and presses one of its buttons. */
async function change(page: Page, name: string, value: string, button: string): Promise<Locator> {
  await page.getByRole("button", { name: `Change ${name}`, exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Change ${name}` });
  await dialog.getByLabel(/^New value/).fill(value);
  await dialog.getByLabel("Reason").fill("walk through");
  await dialog.getByRole("button", { name: button }).click();
  return dialog;
}

browserTest(
  "one person tightens, proposes a looser limit and cannot approve it; a second does, the bar moves, a scope is killed",
  () =>
    scene(async (all) => {
      const { page, model, desk, limits, troubles } = all;
      const root = await enrolRoot(desk);
      await enrol(desk, root, "bob", ["risk-officer"]);
      await enrol(desk, root, "cat", ["risk-approver"]);
      assert.equal(limits.order(200), 0);
      await page.goto(`${page.url()}#controls`);
      await page.reload();
      await logIn(page, "bob");
      assert.equal(await share(page, "account:main max_gross null"), "50 % used");

      const tightened = await change(page, "gross of account:main", "25,000", "Tighten now");
      await tightened.getByText("Tightened: it counts now.").waitFor();
      await tightened.getByRole("button", { name: "Close" }).click();
      await limitRow(page, "account:main max_gross null").getByText("80 %").waitFor();
      assert.equal(limits.valueOf({ scope: "account:main", limit: "max_gross", instrument: null }), "25000");

      const below = await change(page, "position of firm in ALPHA", "450", "Tighten now");
      await below.getByText("Tightened: it counts now. With it came down: position of organism:anglerfish").waitFor();
      await below.getByRole("button", { name: "Close" }).click();

      const wrong = await change(page, "gross of account:main", "30,000", "Tighten now");
      await wrong.getByText(/30000 is looser: propose it/).waitFor();
      await wrong.getByRole("button", { name: "Propose looser" }).click();
      await wrong.getByText(/^Proposed: a second person/).waitFor();
      await wrong.getByRole("button", { name: "Close" }).click();

      const card = page.getByRole("article", { name: /gross of account:main/ });
      const text = (await card.innerText()).replaceAll(/\s+/g, " ");
      for (const shown of ["25,000 → to 30,000 USD", "bob, risk-officer, 2026-01-05", "walk through", "20,000"]) {
        assert.ok(text.includes(shown), `${shown}: ${text}`);
      }
      await card.getByLabel(/^Reason for change/).fill("mine");
      assert.ok(await card.getByRole("button", { name: "Approve" }).isDisabled());
      await card.getByText("You proposed this, so somebody else of another role has to approve it.").waitFor();
      assert.ok(await card.getByRole("button", { name: "Withdraw" }).isEnabled());

      await logOut(page);
      await logIn(page, "cat");
      await card.waitFor();
      assert.equal(await card.locator(".why-not").count(), 0);
      await card.getByLabel(/^Reason for change/).fill("");
      assert.ok(await card.getByRole("button", { name: "Approve" }).isDisabled());
      await card.getByLabel(/^Reason for change/).fill("looked at the use");
      await card.getByRole("button", { name: "Approve" }).click();
      await page.locator("#awaiting").getByText(/^Change \d+ approved: it counts now.$/).waitFor();
      await card.waitFor({ state: "detached" });
      assert.equal(limits.events.at(-1)!.approvedBecause, "looked at the use");
      await limitRow(page, "account:main max_gross null").getByText("67 %").waitFor();

      assert.equal(limits.order(80), 0);
      limits.order(501);
      limits.look(SECOND);
      model.controlsChanged();
      await limitRow(page, "account:main max_gross null").getByText("93 %").waitFor();
      await page.getByRole("list", { name: "Changes and warnings of limits, newest first" }).getByText(
        "max_gross of account:main is used to 90 percent or more: 28000 of 30000 currency",
      ).waitFor();
      await page.getByRole("list", { name: "Reasons" }).getByText("max quantity").waitFor();
      await page.getByRole("img", { name: /^Rejects over market time since .*max quantity 1/ }).locator("canvas")
        .waitFor();
      const refusal = page.getByRole("table", { name: "Latest refusals" }).getByRole("row").nth(1);
      assert.deepEqual(
        (await refusal.locator("td, th").allInnerTexts()).slice(1, 5),
        ["max quantity", "501", "500", "organism:anglerfish"],
      );

      await killRow(page, "organism:platypus").getByRole("button", { name: "Kill organism:platypus…" }).click();
      const dialog = page.getByRole("dialog", { name: "Kill organism:platypus?" });
      await dialog.getByRole("button", { name: "Kill organism:platypus now" }).click();
      await page.locator("#kill-states").getByText(/gate shut in/).waitFor();
      assert.deepEqual(model.commands.map(({ verb, scope, reason, who }) => [verb, scope, reason, who]), [
        ["kill", "organism:platypus", "killed from the controls page", "cat@127.0.0.1"],
      ]);
      await killRow(page, "organism:platypus").getByText("killed").last().waitFor();
      assert.ok(
        await killRow(page, "organism:platypus").getByRole("button", { name: /^Kill/ }).isDisabled(),
      );
      assert.deepEqual(troubles.filter((one) => !one.includes("401") && !one.includes("409")), []);
    }, { ticks: 60 }),
);

browserTest("killing the firm shows on every scope below it, and whose state it is", () =>
  scene(async (all) => {
    const { page, troubles } = all;
    await open(all);
    assert.ok(await page.getByRole("button", { name: "Kill firm…" }).isDisabled());
    await page.locator("#kill-states").getByLabel("Token").fill(TOKEN);
    await page.locator("#kill-states").getByLabel("Reason").fill("drill");
    await page.getByRole("button", { name: "Kill firm…" }).click();
    await page.getByRole("button", { name: "Kill firm now" }).click();
    await killRow(page, "account:main").getByText("by firm").waitFor();
    assert.match(await killRow(page, "account:main").innerText(), /no switch[^]*killed\s+by firm/i);
    assert.match(await killRow(page, "organism:anglerfish").innerText(), /active[^]*killed\s+by firm/i);
    await page.locator("#kill-states").getByText("9 of 9 not active").waitFor();
    assert.deepEqual(troubles, []);
  }, { ticks: 10 }));

browserTest(
  "what is empty says so, facts are listed, and limits without counted use are one click away",
  () =>
    scene(async (all) => {
      const { page, troubles } = all;
      await open(all);
      for (
        const sentence of [
          "No change waits, and no limit holds for a time only.",
          "No order was rejected.",
          "The gate has refused nothing.",
          "No alert since the node started.",
        ]
      ) await page.getByText(sentence).waitFor();
      await page.getByRole("tab", { name: "Facts in force" }).click();
      const mandates = page.getByRole("region", { name: "Mandates" });
      assert.match(await mandates.innerText(), /anglerfish, venue 0, until 2026-01-08 09:00, ends soon/);
      assert.match(
        await page.getByRole("region", { name: "Restrictions" }).innerText(),
        /GAMMA for firm: no sells, list 7/,
      );
      const size = limitRow(page, "organism:anglerfish max_quantity null");
      assert.equal(await size.count(), 0);
      await page.locator(`[data-scope="organism:anglerfish"] ~ .more-row`).first().getByRole("button").click();
      await size.getByText("not counted").waitFor();
      await page.getByRole("button", { name: "Close account:main" }).click();
      await size.waitFor({ state: "detached" });
      assert.match(await limitRow(page, "account:main credit null").innerText(), /fixed/);
      assert.deepEqual(troubles, []);
    }),
);

browserTest(
  "a change made elsewhere shows on the page by itself, and marks the way there while the desk is looked at",
  () =>
    scene(async (all) => {
      const { page, limits, model } = all;
      await page.getByText("Live", { exact: true }).waitFor();
      limits.propose(BOB, { scope: "firm", limit: "max_gross", instrument: null }, "60000");
      model.controlsChanged();
      const link = page.getByRole("link", { name: "Controls , something changed" });
      await link.click();
      await page.getByRole("article", { name: /gross of firm/ }).waitFor();
      await page.getByRole("link", { name: "Desk" }).click();
      await page.getByRole("table", { name: "Supervision tree" }).waitFor();
      assert.equal(await link.count(), 0);
      await page.goBack();
      await page.getByText("1 waiting").waitFor();
      limits.withdraw(BOB, 1);
      model.controlsChanged();
      await page.getByText("nothing waits").waitFor();
    }, { ticks: 3 }),
);

browserTest(
  "the window of a limit opens and closes with the keyboard, and the bar is a meter with a name",
  () =>
    scene(async (all) => {
      const { page, limits } = all;
      limits.order(300);
      await open(all);
      const meter = page.getByRole("meter", { name: "position of firm in ALPHA" });
      assert.deepEqual([await meter.getAttribute("aria-valuenow"), await meter.getAttribute("aria-valuetext")], [
        "50",
        "50 % used",
      ]);
      await page.getByRole("button", { name: "Change gross of firm", exact: true }).press("Enter");
      const dialog = page.getByRole("dialog", { name: "Change gross of firm" });
      await dialog.waitFor();
      assert.ok(await dialog.getByRole("button", { name: "Tighten now" }).isDisabled());
      await dialog.getByText("Log in, or enter the token, first.").waitFor();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      await page.keyboard.press("Enter");
      await dialog.waitFor();
    }),
);

for (const width of [360, 768, 1280, 1920]) {
  browserTest(
    `at ${width} px the controls page is not cut off sideways and every panel can be seen`,
    () =>
      scene(async (all) => {
        const { page, limits } = all;
        for (let i = 0; i < 5; i++) limits.order(900 * (i % 2) + 10, { price: 10_000 - i });
        limits.look(SECOND);
        limits.propose(BOB, { scope: "firm", limit: "max_gross", instrument: null }, "60000");
        await open(all);
        await page.getByRole("article").first().waitFor();
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
        for (const id of ["limits", "awaiting", "kill-states", "rejects", "refusals", "alerts"]) {
          const box = await page.locator(`#${id}`).boundingBox();
          assert.ok(box !== null && box.x >= 0 && box.x + box.width <= width && box.height >= 120, id);
        }
        const bar = await page.getByRole("meter").first().boundingBox();
        assert.ok(bar !== null && bar.width >= 60, "bar");
      }, { ticks: 40, viewport: { width, height: 844 } }),
  );
}

browserTest(
  "an alert shows its age and who was told; whoever may answers it, in words, and whoever trades cannot",
  () =>
    scene(async (all) => {
      const { page, model, desk, alerts, troubles } = all;
      const root = await enrolRoot(desk);
      await enrol(desk, root, "tim", ["trader"]);
      await enrol(desk, root, "bob", ["risk-officer"]);
      alerts.desk.raise("position-mismatch", "1/0", "books and gate differ by 7 lots");
      alerts.pass(90_000);
      await page.goto(`${page.url()}#controls`);
      await page.reload();
      await logIn(page, "tim");
      await page.getByText("1 unanswered").waitFor();
      const card = page.getByRole("article", { name: "Alert 1" });
      await card.getByText("critical raised, 90 s old").waitFor();
      await card.getByText(/risk-officer told after 90 s/).waitFor();
      await card.getByLabel("Words about alert 1").fill("nothing to see");
      assert.ok(await card.getByRole("button", { name: "Acknowledge" }).isDisabled());
      await card.getByText(/^This takes a risk-officer or .*; you are trader\.$/).waitFor();

      await logOut(page);
      await logIn(page, "bob");
      const acknowledge = card.getByRole("button", { name: "Acknowledge" });
      await card.getByLabel("Words about alert 1").fill("");
      assert.ok(await acknowledge.isDisabled(), "without words nothing is answered");
      await card.getByLabel("Words about alert 1").fill("asking the venue");
      await acknowledge.click();
      await page.getByText("Alert 1 is acknowledged: it escalates no further.").waitFor();
      await card.getByText(/bob after \d+ s: asking the venue/).waitFor();
      await card.getByLabel("Words about alert 1").fill("venue restated the fill");
      await card.getByRole("button", { name: "Close" }).click();
      await page.getByText("No alert waits for anybody.").waitFor();
      assert.deepEqual(alerts.answers.map(({ action, who }) => [action, who]), [
        ["alert-acknowledged", "bob"],
        ["alert-closed", "bob"],
      ]);
      model.tick();
      // Before the log-in every read is refused, and the browser says so.
      assert.deepEqual(troubles.filter((trouble) => !/status of 401/.test(trouble)), []);
    }),
);
