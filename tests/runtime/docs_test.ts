import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

Deno.test("the samples of docs/runtime.md compile and their tests pass", async () => {
  const page = await Deno.readTextFile(new URL("docs/runtime.md", root));
  const samples = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]);
  assert.equal(samples.length, 9);
  const folder = await Deno.makeTempDir({ prefix: "cwts-samples-" });
  try {
    // The page's imports are relative to docs/.
    const names = [
      "average.ts",
      "main.ts",
      "sessions_test.ts",
      "reporter.ts",
      "archive.ts",
      "average_test.ts",
      "behaviour_test.ts",
      "replay.ts",
      "careful.ts",
    ];
    for (const [i, sample] of samples.entries()) {
      await Deno.writeTextFile(`${folder}/${names[i]}`, sample.replaceAll('"../', `"${root.href}`));
    }
    const deno = async (...args: string[]) => {
      const command = new Deno.Command(Deno.execPath(), { args, cwd: folder, env: { NO_COLOR: "1" } });
      const { code, stdout, stderr } = await command.output();
      assert.equal(code, 0, new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout));
      return new TextDecoder().decode(stdout);
    };
    // The versions of packages are those of the project.
    const config = `--config=${fileURLToPath(new URL("deno.json", root))}`;
    await deno("check", config, ...names);
    assert.match(await deno("run", config, "main.ts"), /unexplained: 0/);
    assert.match(
      await deno("run", config, "careful.ts"),
      /a price of 0 \{ kind: "SetPrice", price: 0 \} \{ last: 5 \}/,
    );
    assert.match(await deno("run", config, "replay.ts"), /true/);
    assert.match(await deno("test", config, "average_test.ts", "behaviour_test.ts", "sessions_test.ts"), /4 passed/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
