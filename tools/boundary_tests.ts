/** Which tests of the core try each check of the gate at its boundary, as docs/checks.md has it. */

/** Names of tests by check, in the order of the page. */
export function boundaryTests(page: string): ReadonlyMap<string, readonly string[]> {
  const section = page.split("## What tests each check\n")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| `(\w+)`\s+\| (.+) \|$/gm)];
  return new Map(rows.map(([, check, tests]) => [check, [...tests.matchAll(/`(\w+)`/g)].map(([, name]) => name)]));
}
