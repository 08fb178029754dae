/** The map from rule to control to test: whatever it names is there. */
import assert from "node:assert/strict";
import { gateChecks } from "../../ffi/mod.ts";
import { inside } from "../cli/run.ts";

const ROOT = new URL("../../", import.meta.url);

interface Row {
  readonly rule: string;
  readonly control: string;
  readonly tests: string;
}

function rowsOf(page: string): Row[] {
  const section = page.split("## From rule to test\n")[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => /^\| (15c3-5|RTS 6)/.test(line));
  return lines.map((line) => {
    const [rule, , control, tests] = line.split("|").slice(1, -1).map((cell) => cell.trim());
    return { rule, control, tests };
  });
}

/** What of a row is not there. */
function faults({ rule, control, tests }: Row, checks: ReadonlySet<string>, commands: string): string[] {
  const found: string[] = [];
  const exists = (path: string) => {
    try {
      Deno.statSync(new URL(path, ROOT));
      return true;
    } catch {
      found.push(`${rule}: there is no ${path}`);
      return false;
    }
  };
  for (const [, name] of control.matchAll(/`([^`]+)`/g)) {
    if (name.includes("/")) exists(name);
    else if (name.startsWith("controls ")) {
      if (!new RegExp(`^  ${name.slice("controls ".length)}\\b`, "m").test(commands)) found.push(`${rule}: ${name}`);
    } else if (!checks.has(name)) found.push(`${rule}: there is no check ${name}`);
  }
  if (control.startsWith("Not here")) {
    return tests === "–" ? found : [...found, `${rule}: what is not here has no tests`];
  }
  const named = tests.split("; ").map((one) => /^`([^`]+)` (?:_(.+)_|([A-Z]{2}-\d))$/.exec(one));
  for (const one of named) {
    if (one === null) found.push(`${rule}: a cell of tests is neither a test nor a scenario: ${tests}`);
    else if (exists(one[1])) {
      const source = Deno.readTextFileSync(new URL(one[1], ROOT));
      const [, path, test, scenario] = one;
      const wanted = scenario ?? (path.endsWith(".rs") ? `fn ${test}(` : test);
      if (!source.includes(scenario === undefined && path.endsWith(".ts") ? `"${wanted}"` : wanted)) {
        found.push(`${rule}: ${path} has no ${wanted}`);
      }
    }
  }
  return found;
}

const rows = rowsOf(Deno.readTextFileSync(new URL("docs/controls.md", ROOT)));
const help = async () => (await inside(["controls", "--help"])).out;

Deno.test("every check, command, file and test that the map of rules names is there", async () => {
  const checks = new Set(gateChecks());
  const commands = await help();
  assert.deepEqual(rows.flatMap((row) => faults(row, checks, commands)), []);
});

Deno.test("the map has every paragraph of the market-access rule and the articles on controls of RTS 6", () => {
  const rules = rows.map(({ rule }) => rule);
  const access = ["(a)(1)", "(a)(2)", "(b)", "(c)(1)(i)", "(c)(1)(ii)", "(c)(2)(i)", "(c)(2)(ii)", "(c)(2)(iii)"];
  for (const paragraph of [...access, "(c)(2)(iv)", "(d)", "(d)(1), (2)", "(e)(1)", "(e)(2)"]) {
    assert.ok(rules.includes(`15c3-5 ${paragraph}`), paragraph);
  }
  for (const article of ["12", "15(1)", "15(3)", "15(4)", "15(5)", "15(6)", "16", "17"]) {
    assert.ok(rules.includes(`RTS 6 art. ${article}`), article);
  }
});

Deno.test("a map that names what is not there is found out", async () => {
  const checks = new Set(gateChecks());
  const commands = await help();
  const row = {
    rule: "R",
    control: "`burst`",
    tests: "`tests/house/rule_map_test.ts` _a map that names what is not there is found out_",
  };
  assert.deepEqual(faults(row, checks, commands), []);
  const wrong: Partial<Row>[] = [
    { control: "`bursts`" },
    { control: "`config/nowhere/`" },
    { control: "`controls prescribe`" },
    { tests: "`tests/house/nowhere_test.ts` _a test_" },
    { tests: "`tests/house/floors_test.ts` _a test that is not in it_" },
    { tests: "`tests/scenarios/knight.ts` KC-9" },
    { tests: "by hand" },
    { control: "Not here" },
  ];
  for (const one of wrong) assert.equal(faults({ ...row, ...one }, checks, commands).length, 1, JSON.stringify(one));
});
