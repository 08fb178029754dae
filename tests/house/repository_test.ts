/** Rules about files: what may be imported from outside, what may stand in them, how long they may get. */
import assert from "node:assert/strict";
import { readImportGraph, repositoryFiles } from "../../tools/import_graph.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (file: string): string => Deno.readTextFileSync(new URL(encodeURI(file), ROOT));
const manifest = JSON.parse(read("deno.json")) as { imports: Record<string, string>; version: string };

const TEXT = [".ts", ".tsx", ".rs", ".toml", ".json", ".md", ".html", ".css", ".svg", ".py", ".sh", "run", "LICENSE"];
/** Lines a file may have before it is too much to hold in the head; a test is read one case at a time. */
const LONGEST = 500;
const LONGEST_TEST = 800;
/** Generated files and lists of data. */
const EXEMPT_FROM_LENGTH = [
  "ffi/core/fuzz/src/calls.rs",
  "ffi/layout.gen.ts",
  "ffi/core/include/cwts.h",
  "ffi/core/src/layout.rs",
  "ffi/layout/records.ts",
  "ffi/python/cwts_layout.py",
  "deno.lock",
];

Deno.test("every npm import is pinned to one exact version", () => {
  for (const [name, target] of Object.entries(manifest.imports)) {
    assert.match(target, /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(-[\w.]+)?(\/[\w./-]+)?$/, name);
  }
});

Deno.test("nothing is fetched from anywhere but the npm registry", async () => {
  const { outside } = await readImportGraph();
  const strange = outside.filter(({ specifier }) => !/^(node:|npm:)/.test(specifier));
  assert.deepEqual(strange, []);
});

Deno.test("npm packages are imported by the names in deno.json, where their versions are", () => {
  const offenders = repositoryFiles(".ts", ".tsx").filter((file) =>
    /(?:from|import)\s*\(?\s*["'](?:npm|jsr|https?):/.test(read(file)) && file !== "tests/house/repository_test.ts"
  );
  assert.deepEqual(offenders, []);
});

Deno.test("no file names a machine's own path or a registry host", () => {
  // Assembled so that this file does not contain what it looks for.
  const forbidden = [["/wo", "rk/"], ["/ro", "ot/."], ["/ho", "me/"], ["registry.", "npmjs"], ["/Us", "ers/"], [
    decodeURIComponent(ROOT.pathname),
  ]]
    .map((parts) => parts.join(""));
  const found: string[] = [];
  for (const file of repositoryFiles(...TEXT)) {
    const text = read(file);
    for (const word of forbidden) if (text.includes(word)) found.push(`${file} contains ${word}`);
  }
  assert.deepEqual(found, []);
});

Deno.test("no file has grown past what one can hold in the head", () => {
  const long: string[] = [];
  for (const file of repositoryFiles(".ts", ".tsx", ".rs")) {
    const lines = read(file).split("\n").length;
    const most = /(^|\/)tests?[/.]|_test\.ts$/.test(file) ? LONGEST_TEST : LONGEST;
    if (lines > most && !EXEMPT_FROM_LENGTH.includes(file)) long.push(`${file}: ${lines} lines`);
  }
  assert.deepEqual(long, []);
});

Deno.test("every source file opens with what it is for", () => {
  const silent = repositoryFiles(".ts", ".tsx").filter((file) =>
    !file.startsWith("tests/") &&
    !/^(#!.*\n)?(\/\/ deno-lint-ignore-file[^\n]*\n)*(\/\*\*|\/\/)/.test(read(file))
  );
  assert.deepEqual(silent, []);
});

Deno.test("the version in deno.json has an entry in the changelog", () => {
  assert.ok(
    read("CHANGELOG.md").includes(`## ${manifest.version}`),
    `CHANGELOG.md has no entry for ${manifest.version}`,
  );
});

Deno.test("the licence is the Apache License 2.0 in full", () => {
  const text = read("LICENSE");
  assert.match(text, /Apache License\s+Version 2\.0, January 2004/);
  assert.match(text, /9\. Accepting Warranty or Additional Liability/);
  assert.match(text, /END OF TERMS AND CONDITIONS/);
});
