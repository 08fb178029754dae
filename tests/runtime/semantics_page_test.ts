import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

async function testNames(): Promise<Set<string>> {
  const names = new Set<string>();
  for (const folder of ["tests/runtime/", "tests/supervision/", "tests/remote/"]) {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      if (!entry.name.endsWith("_test.ts")) continue;
      const source = await Deno.readTextFile(new URL(folder + entry.name, root));
      for (const match of source.matchAll(/Deno\.test\(\s*"((?:[^"\\]|\\.)*)"/g)) names.add(match[1]);
    }
  }
  return names;
}

Deno.test("every promise of SEMANTICS.md has a test of the same name", async () => {
  const page = await Deno.readTextFile(new URL("runtime/SEMANTICS.md", root));
  const promises = [...page.matchAll(/^- (.*)\.$/gm)].map((match) => match[1]);
  assert.ok(promises.length >= 80, `only ${promises.length} promises found: has the page changed its form?`);
  const names = await testNames();
  assert.deepEqual(promises.filter((promise) => !names.has(promise)), []);
});
