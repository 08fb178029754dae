/** The page of checks and the tests it names: each check has some, and each of them is there. */
import assert from "node:assert/strict";
import { gateChecks } from "../../ffi/mod.ts";
import { boundaryTests } from "../../tools/boundary_tests.ts";
import { repositoryFiles } from "../../tools/import_graph.ts";
import { withoutCheck } from "../../tools/mutate_checks.ts";

const read = (file: string): string => Deno.readTextFileSync(new URL(`../../${file}`, import.meta.url));

/** Names of the tests in the sources of the gate. */
function nativeTests(): ReadonlySet<string> {
  const sources = repositoryFiles(".rs").filter((file) => file.startsWith("ffi/core/src/gate/"));
  const names = sources.flatMap((file) => [...read(file).matchAll(/#\[test\]\s*fn (\w+)\(/g)].map(([, name]) => name));
  return new Set(names);
}

Deno.test("every check names a test at its boundary, and the test is there", () => {
  const named = boundaryTests(read("docs/checks.md"));
  assert.deepEqual([...named.keys()], gateChecks());
  const there = nativeTests();
  assert.ok(there.size > 100);
  for (const [check, tests] of named) {
    assert.ok(tests.length > 0, check);
    for (const test of tests) assert.ok(there.has(test), `${check}: there is no test ${test}`);
  }
});

Deno.test("every check can be switched off in the table, and only that one", () => {
  const table = read("ffi/core/src/gate/table.rs");
  const rows = (text: string) => text.split("\n").filter((line) => / => (checks|off)::/.test(line));
  for (const check of gateChecks()) {
    const changed = rows(withoutCheck(table, check)).filter((line) => !rows(table).includes(line));
    assert.equal(changed.length, 1, check);
    assert.match(changed[0], new RegExp(`^    ${check}:.*=> off::off,$`));
  }
  assert.throws(() => withoutCheck(table, "no_such_check"), /no row no_such_check/);
});
