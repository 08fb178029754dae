/** The verifier as a page: opened from a file, as whoever was handed it would, with a real log, proof and checkpoint. */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { verifierPage } from "../../actors/auditors/page/page_file.ts";
import { bundleScript } from "../../actors/console/bundle.ts";
import { inside, outside, withDirectory } from "../cli/run.ts";
import { browserTest, closeBrowser, withPage } from "./browser.ts";

Deno.test.afterAll(closeBrowser);

/** A run that ended, its proof of an order, its keys, and the page, as files. */
async function withFiles(use: (directory: string, order: number) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const data = `${directory}/data`;
    const start = ["start", "--data-dir", data, "--speed", "max", "--duration", "30s", "--console-port", "off"];
    const { exit, err } = await outside([...start, "--durability", "memory", "--summary", "json"]);
    assert.equal(exit, 0, err);
    const from = ["--data-dir", data];
    const listed = await inside(["audit", "show", ...from, "--type", "Decision", "--limit", "1", "--json"]);
    const { index, content } = JSON.parse(listed.out);
    Deno.writeTextFileSync(`${directory}/proof.json`, (await inside(["audit", "prove", String(index), ...from])).out);
    Deno.writeTextFileSync(`${directory}/node.pub`, (await inside(["audit", "key", ...from])).out);
    await Deno.copyFile(`${data}/runs/000001/checkpoint`, `${directory}/checkpoint`);
    await Deno.copyFile(`${data}/runs/000001/audit-0000000000.log`, `${directory}/audit-0000000000.log`);
    Deno.writeTextFileSync(`${directory}/verifier.html`, await verifierPage({ bundle: bundleScript }));
    await use(directory, content.command.orderId);
  });
}

browserTest(
  "a person sees in a page whether an order is in the log, from proof, checkpoint and public key",
  async () => {
    await withFiles(async (directory, order) => {
      await withPage(async ({ page, troubles, requests }) => {
        const address = pathToFileURL(`${directory}/verifier.html`).href;
        await page.goto(address);
        const result = page.getByRole("region", { name: "Result" });
        const choose = (...names: string[]) =>
          page.getByLabel("Files to check").setInputFiles(names.map((name) => `${directory}/${name}`));
        const again = () => page.getByRole("button", { name: "Begin again" }).click();

        await choose("proof.json");
        await result.getByRole("heading", { name: "So far it holds." }).waitFor();
        await result.getByText("not checked: whether the checkpoint is genuine").waitFor();

        await choose("node.pub");
        await result.getByRole("heading", { name: "It holds." }).waitFor();
        await result.getByText(/✓ cwts\/[0-9a-f]{16}\/000001 signed a log of \d+ records, at 2/).waitFor();
        await result.getByText(/✓ record \d+ is in the log of \d+ records/).waitFor();
        assert.match(await result.innerText(), new RegExp(`Decision[^]*"orderId": ${order}\\b`));

        // One digit of the record.
        const proof = JSON.parse(Deno.readTextFileSync(`${directory}/proof.json`));
        const at = 2 * 60;
        const record = proof.record.slice(0, at) + (proof.record[at] === "0" ? "1" : "0") + proof.record.slice(at + 1);
        Deno.writeTextFileSync(`${directory}/changed.json`, JSON.stringify({ ...proof, record }));
        await again();
        await choose("changed.json", "node.pub");
        await result.getByRole("heading", { name: "IT DOES NOT HOLD." }).waitFor();
        await result.getByText(/✗ record \d+ .* the record is not the one that the proof is about/).waitFor();

        // One digit of the checkpoint's size.
        const note = Deno.readTextFileSync(`${directory}/checkpoint`);
        Deno.writeTextFileSync(`${directory}/forged`, note.replace(/^(\S+\n)\d/, (_, origin) => `${origin}9`));
        await again();
        await choose("proof.json", "forged", "node.pub");
        await result.getByText(/✗ cwts\S+ signed a log of 9\d* records.* it is not what was signed/).waitFor();

        await again();
        await choose("audit-0000000000.log", "checkpoint", "node.pub");
        await result.getByRole("heading", { name: "It holds." }).waitFor({ timeout: 60_000 });
        await result.getByText(/✓ the log is as it was written, \d+ records/).waitFor();

        const bytes = Deno.readFileSync(`${directory}/audit-0000000000.log`);
        bytes[bytes.length >> 1] ^= 1;
        Deno.writeFileSync(`${directory}/audit-0000000000.log`, bytes);
        await again();
        await choose("audit-0000000000.log", "checkpoint", "node.pub");
        await result.getByText(/✗ the log is as it was written.* segment 0, byte \d+, behind \d+ good records/)
          .waitFor();

        assert.deepEqual([troubles, requests], [[], [address]]);
      });
    });
  },
);

browserTest(
  "files that are nothing a verifier knows are named, and what is dropped is read like what is chosen",
  async () => {
    await withDirectory(async (directory) => {
      Deno.writeTextFileSync(`${directory}/verifier.html`, await verifierPage({ bundle: bundleScript }));
      await withPage(async ({ page, troubles }) => {
        await page.goto(pathToFileURL(`${directory}/verifier.html`).href);
        // As text, because it is the page's to run and knows what Deno does not.
        const dropped = await page.evaluateHandle(`(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["{"], "half.json"));
        transfer.items.add(new File(["hello"], "letter.txt"));
        transfer.items.add(new File([""], "empty"));
        return transfer;
      })()`);
        await page.dispatchEvent("#drop", "drop", { dataTransfer: dropped });
        const files = page.getByRole("list", { name: "Files" }).getByRole("listitem");
        await files.nth(2).waitFor();
        assert.deepEqual(await files.allInnerTexts(), [
          "half.json: not understood (it is not whole JSON)",
          'letter.txt: not understood ("hello" is no public key: write "ed25519", a space and 32 bytes in base 64)',
          "empty: not understood (it is empty)",
        ]);
        assert.deepEqual(troubles, []);
      });
    });
  },
);
