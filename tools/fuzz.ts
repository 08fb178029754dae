/**
 * `deno task fuzz [target …] [--runs N]`: feeds the native core with inputs that coverage leads to, under AddressSanitizer.
 *
 * Targets are `ffi/core/fuzz/src/*.rs`; without a name, all of them, one after the other. Needs `cargo-fuzz` (`cargo
 * install cargo-fuzz`) and a C++ compiler. Works with a stable Rust: RUSTC_BOOTSTRAP lets it take the sanitizer. New inputs
 * lie in `ffi/core/fuzz/found/`, one that breaks something in `ffi/core/fuzz/artifacts/`; copy that to `corpus/<target>/`
 * when it is mended, and `cargo test` of the crate keeps it so.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

const CORE = fileURLToPath(new URL("../ffi/core/", import.meta.url));
const FUZZ = `${CORE}fuzz/`;
/** Inputs per target, unless told otherwise. */
const RUNS = 1_000_000;
/** Bytes of the longest input: a few dozen steps; a feed needs some for a snapshot. More is slower and finds no more. */
const LONGEST: Readonly<Record<string, number>> = { feeds: 1024 };
const LONGEST_OTHERWISE = 512;
/** Seconds of the slowest input, MiB of the hungriest. */
const LIMITS = ["-timeout=20", "-rss_limit_mb=3072"];
/** Freed memory that is kept poisoned, MiB: what an input frees is looked for during that input and some after it. */
const QUARANTINE = "quarantine_size_mb=16";

const TARGETS = [...Deno.readDirSync(`${FUZZ}fuzz_targets`)].map(({ name }) => name.replace(/\.rs$/, "")).sort();

function fail(sentence: string): never {
  console.error(`error: ${sentence}`);
  Deno.exit(2);
}

function runs(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) fail(`--runs ${text} is not a whole number above 0`);
  return count;
}

function installed(): boolean {
  try {
    return new Deno.Command("cargo", { args: ["fuzz", "--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether the target stood so many inputs. */
function fuzz(target: string, count: number): boolean {
  const [found, corpus] = [`${FUZZ}found/${target}`, `${FUZZ}corpus/${target}`];
  Deno.mkdirSync(found, { recursive: true });
  const length = `-max_len=${LONGEST[target] ?? LONGEST_OTHERWISE}`;
  const options = ["--target-dir", "target/fuzz", target, found, corpus, "--", `-runs=${count}`, length, ...LIMITS];
  const { success } = new Deno.Command("cargo", {
    args: ["fuzz", "run", ...options],
    cwd: CORE,
    env: { RUSTC_BOOTSTRAP: "1", ASAN_OPTIONS: QUARANTINE },
    stdout: "inherit",
    stderr: "inherit",
  }).outputSync();
  return success;
}

const { values, positionals } = parseArgs({
  args: Deno.args,
  options: { runs: { type: "string", default: String(RUNS) } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !TARGETS.includes(name));
if (unknown !== undefined) fail(`there is no target ${unknown}: there are ${TARGETS.join(", ")}`);
const count = runs(values.runs);
if (!installed()) fail("cargo-fuzz is not installed: run `cargo install cargo-fuzz`");
const broken = (positionals.length > 0 ? positionals : TARGETS).filter((target) => {
  console.log(`== ${target}: ${count.toLocaleString("en")} inputs`);
  return !fuzz(target, count);
});
console.log(broken.length === 0 ? "every input was harmless" : `broken: ${broken.join(", ")}`);
Deno.exitCode = broken.length === 0 ? 0 : 1;
