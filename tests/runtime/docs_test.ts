import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

Deno.test("the samples of docs/runtime.md compile and their tests pass", async () => {
  const page = await Deno.readTextFile(new URL("docs/runtime.md", root));
  const samples = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]);
  assert.equal(samples.length, 5);
  const folder = await Deno.makeTempDir({ prefix: "cwts-samples-" });
  try {
    // The page's imports are relative to docs/.
    const names = ["average.ts", "main.ts", "reporter.ts", "average_test.ts", "careful.ts"];
    for (const [i, sample] of samples.entries()) {
      await Deno.writeTextFile(`${folder}/${names[i]}`, sample.replaceAll('"../', `"${root.href}`));
    }
    const deno = async (...args: string[]) => {
      const command = new Deno.Command(Deno.execPath(), { args, cwd: folder, env: { NO_COLOR: "1" } });
      const { code, stdout, stderr } = await command.output();
      assert.equal(code, 0, new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout));
      return new TextDecoder().decode(stdout);
    };
    await deno("check", "--no-config", ...names);
    assert.match(await deno("run", "--no-config", "main.ts"), /unexplained: 0/);
    assert.match(
      await deno("run", "--no-config", "careful.ts"),
      /a price of 0 \{ kind: "SetPrice", price: 0 \} \{ last: 5 \}/,
    );
    assert.match(await deno("test", "--no-config", "average_test.ts"), /1 passed/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
