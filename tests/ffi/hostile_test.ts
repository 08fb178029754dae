/** No argument crashes the core: every function answers every call with a status. */
import assert from "node:assert/strict";
import { SYMBOLS } from "../../ffi/symbols.ts";
import { inDirectory, ROOT } from "./native.ts";

Deno.test("whatever arguments a function of the core is called with, it answers with a status", async () => {
  await inDirectory(async (directory) => {
    const walk = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-prompt", "--config", `${ROOT}deno.json`, `${ROOT}tests/ffi/hostile_walk.ts`],
      // Some calls make what their noise names, here and nowhere else.
      cwd: directory,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const { code, signal, stdout, stderr } = await walk.output();
    assert.equal(code, 0, `exit ${code} ${signal ?? ""}: ${new TextDecoder().decode(stderr).slice(-2_000)}`);
    const { wrong, seen } = JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) as {
      wrong: string[];
      seen: Record<string, Record<string, number>>;
    };
    assert.deepEqual(wrong, []);
    assert.deepEqual(Object.keys(seen).sort(), Object.keys(SYMBOLS).sort());
    for (const [name, { parameters }] of Object.entries(SYMBOLS) as [string, Deno.ForeignFunction][]) {
      const { BadHandle = 0, Panicked = 0, refused = 0 } = seen[name];
      const calls = Object.values(seen[name]).reduce((sum, count) => sum + count, 0);
      const told = `${name}: ${JSON.stringify(seen[name])}`;
      // Both sides of the handle check were walked, and nothing but the function that is for it panicked.
      if (parameters[0] === "u64") assert.ok(BadHandle > 0, told);
      assert.ok(calls > BadHandle + refused, told);
      if (name !== "cwts_test_panic") assert.equal(Panicked, 0, told);
    }
  });
});
