/**
 * `deno task test`: builds the core, runs the Rust tests and the TypeScript tests, and ends with one line of totals.
 *
 * A test that cannot run on this machine is skipped, says why in its name ("[needs chromium]"), and is counted. Where
 * CI=true, a skip that the machine could have avoided is a failure. Exit code 1 when anything failed.
 */
import { fileURLToPath } from "node:url";
import { build } from "./build.ts";
import {
  parseCargoSkips,
  parseCargoTotals,
  parseDenoTotals,
  parseJunitSkips,
  type Totals,
  unexcused,
} from "./test_totals.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const JUNIT = await Deno.makeTempFile({ suffix: ".xml" });

/** Runs a program, passes its output on as it comes, and returns what it said. */
async function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(command, { args: [...args], cwd: ROOT, stdout: "piped", stderr: "inherit" }).spawn();
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await writeAll(chunk);
    chunks.push(decoder.decode(chunk, { stream: true }));
  }
  const { code } = await child.status;
  return { code, output: chunks.join("") };
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
}

/** A run whose totals cannot be read, or that ends badly without a failed test, is itself one failure. */
function settle(what: string, code: number, totals: Totals | null): Totals {
  if (totals === null || (code !== 0 && totals.failed === 0)) {
    console.error(`${what} ended with exit code ${code}${totals === null ? " and without results" : ""}`);
    return { passed: totals?.passed ?? 0, failed: 1, skipped: totals?.skipped ?? 0 };
  }
  return totals;
}

/** Rust tests that are left out by default, and when this machine can run them. */
const ON_DEMAND: readonly { readonly filter: string; readonly possible: () => boolean }[] = [
  { filter: "real_morning", possible: hasRecordings },
  { filter: "full_disk", possible: mayMount },
];

async function runRust(): Promise<Totals> {
  console.log("== native core");
  const cargo = ["test", "--locked", "--no-fail-fast", "--manifest-path", "ffi/core/Cargo.toml"];
  const { code, output } = await run("cargo", cargo);
  let { passed, failed, skipped } = settle("cargo test", code, parseCargoTotals(output));
  const names = parseCargoSkips(output);
  for (const { filter, possible } of ON_DEMAND) {
    const matching = names.filter((name) => name.split(":")[0].includes(filter)).length;
    if (matching === 0 || !possible()) continue;
    const extra = await run("cargo", [...cargo, "--quiet", "--", "--ignored", filter]);
    const totals = settle(`cargo test ${filter}`, extra.code, parseCargoTotals(extra.output));
    passed += totals.passed;
    failed += totals.failed;
    skipped -= matching;
  }
  return { passed, failed, skipped };
}

/** Whether this process may mount a file system: CAP_SYS_ADMIN, bit 21 of its effective capabilities. */
function mayMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1] ?? "0";
  return (BigInt(`0x${effective}`) >> 21n & 1n) === 1n;
}

async function runAll(filters: readonly string[]): Promise<boolean> {
  await build();
  const all: Totals[] = filters.length === 0 ? [await runRust()] : [];
  console.log("== TypeScript");
  const deno = await run(Deno.execPath(), [
    "test",
    "-A",
    "--sanitize-ops",
    "--sanitize-resources",
    "--preload=tests/preload.ts",
    `--junit-path=${JUNIT}`,
    ...(filters.length > 0 ? filters : ["tests/"]),
  ]);
  all.push(settle("deno test", deno.code, parseDenoTotals(deno.output)));

  const skips = parseJunitSkips(await Deno.readTextFile(JUNIT));
  if (skips.length > 0) console.log(`skipped:\n${skips.map((name) => `  ${name}`).join("\n")}`);
  const blamed = Deno.env.get("CI") === "true" ? unexcused(skips, hasRecordings()) : [];
  if (blamed.length > 0) {
    console.log(`this machine is to provide what these need:\n${blamed.map((name) => `  ${name}`).join("\n")}`);
  }

  const sum = (field: keyof Totals) => all.reduce((total, one) => total + one[field], 0);
  const failed = sum("failed") + blamed.length;
  console.log(`${sum("passed")} passed, ${failed} failed, ${sum("skipped")} skipped`);
  return failed === 0;
}

function hasRecordings(): boolean {
  try {
    return Deno.statSync(new URL("../../shared/data/", import.meta.url)).isDirectory;
  } catch {
    return false;
  }
}

try {
  Deno.exitCode = await runAll(Deno.args) ? 0 : 1;
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  console.log("0 passed, 1 failed, 0 skipped");
  Deno.exitCode = 1;
} finally {
  await Deno.remove(JUNIT);
}
