/** A key that nothing reads is a promise that nobody keeps. */
import assert from "node:assert/strict";
import { dotted, KEYS } from "../../config/mod.ts";
import { repositoryFiles } from "../../tools/import_graph.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("every configuration key is read by the system", () => {
  const code = repositoryFiles(".ts", ".tsx")
    .filter((file) => file.startsWith("actors/") || file.startsWith("cli/"))
    .map((file) => Deno.readTextFileSync(new URL(encodeURI(file), ROOT)))
    // What stands in a comment is not read.
    .map((text) => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ""))
    .join("\n");
  const unread = KEYS.filter(({ path }) => !new RegExp(`\\b${path.at(-1)}\\b`).test(code));
  assert.deepEqual(unread.map(({ path }) => dotted(path)), []);
});

Deno.test("every configuration section is read by its name", () => {
  const code = repositoryFiles(".ts")
    .filter((file) => file.startsWith("actors/") || file.startsWith("cli/"))
    .map((file) => Deno.readTextFileSync(new URL(encodeURI(file), ROOT)))
    .join("\n");
  const sections = [...new Set(KEYS.map(({ path }) => path[0]))];
  assert.deepEqual(sections.filter((section) => !new RegExp(`\\b(config|console)\\.${section}\\b`).test(code)), []);
});
