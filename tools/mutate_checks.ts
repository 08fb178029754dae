/**
 * `deno task mutate-checks`: switches off each check of the gate in a copy of the core and runs the tests that try it at its
 * boundary. Exit code 1 when a check is not missed. `--only <check,…>` does some.
 */
import { fileURLToPath } from "node:url";
import { boundaryTests } from "./boundary_tests.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** In place of a check: it lets everything through. */
const OFF = "\nmod off {\n    pub fn off(_: &super::Case<'_>) -> super::Verdict {\n        Ok(())\n    }\n}\n";

/** The table of checks with one of them switched off. Throws when it has no such row. */
export function withoutCheck(table: string, check: string): string {
  const row = new RegExp(`^(    ${check}:\\s.*=> )checks::[\\w:]+,$`, "m");
  if (!row.test(table)) throw new Error(`the table has no row ${check}`);
  return table.replace(row, "$1off::off,") + OFF;
}

/** A check that is switched off leaves its function unused; and fifty builds are not made fast, but made. */
const BUILD = {
  RUSTFLAGS: "-A warnings",
  CARGO_PROFILE_TEST_OPT_LEVEL: "0",
  CARGO_PROFILE_TEST_DEBUG: "0",
  CARGO_INCREMENTAL: "1",
} as const;

/** Copies the sources of the core, without what was built. */
async function copyCore(to: string): Promise<void> {
  const files = await run("git", ["ls-files", "ffi/core"], ROOT);
  for (const file of files.output.trim().split("\n")) {
    const target = `${to}/${file}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(`${ROOT}${file}`, target);
  }
}

async function run(command: string, args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: BUILD,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, output: text(stdout) + text(stderr) };
}

/** Names of those of `tests` that fail; throws when they do not build or do not all run. */
async function failing(core: string, tests: readonly string[]): Promise<string[]> {
  const { output } = await run("cargo", ["test", "--locked", "--lib", "--", ...tests], core);
  const results = [...output.matchAll(/^test \S*?(\w+) \.\.\. (ok|FAILED)$/gm)];
  const seen = new Set(results.map(([, name]) => name));
  const lost = tests.filter((name) => !seen.has(name));
  if (lost.length > 0) throw new Error(`${lost.join(", ")} did not run:\n${output.slice(-2_000)}`);
  return results.filter(([, name, result]) => result === "FAILED" && tests.includes(name)).map(([, name]) => name);
}

async function main(args: readonly string[]): Promise<boolean> {
  const all = boundaryTests(await Deno.readTextFile(`${ROOT}docs/checks.md`));
  const only = args.includes("--only") ? args[args.indexOf("--only") + 1].split(",") : [...all.keys()];
  const directory = await Deno.makeTempDir({ prefix: "cwts-mutants-" });
  try {
    await copyCore(directory);
    const core = `${directory}/ffi/core`;
    const path = `${core}/src/gate/table.rs`;
    const table = await Deno.readTextFile(path);
    let missed = 0;
    for (const check of only) {
      const tests = all.get(check);
      if (tests === undefined) throw new Error(`docs/checks.md names no tests of ${check}`);
      await Deno.writeTextFile(path, withoutCheck(table, check));
      const failed = await failing(core, tests);
      if (failed.length > 0) missed++;
      console.log(
        `${check.padEnd(18)} ${failed.length > 0 ? `missed by ${failed.join(", ")}` : "NOT MISSED by its tests"}`,
      );
    }
    console.log(`${missed} of ${only.length} checks are missed when they are switched off`);
    return missed === only.length;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args) ? 0 : 1;
