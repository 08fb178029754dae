/**
 * `deno task sanitize [argument of cargo test …]`: the native core's own tests under AddressSanitizer.
 *
 * Works with a stable Rust: RUSTC_BOOTSTRAP lets it take the sanitizer. What is built lies in `ffi/core/target/sanitize/`,
 * beside and not among the ordinary builds. Tests that start processes or count allocations run as they are.
 */
import { fileURLToPath } from "node:url";

const CORE = fileURLToPath(new URL("../ffi/core/", import.meta.url));

/** The machine that tests are built for: a sanitizer must not reach the macros that run inside the compiler. */
function host(): string {
  const { stdout } = new Deno.Command("rustc", { args: ["-vV"], stderr: "inherit" }).outputSync();
  const line = new TextDecoder().decode(stdout).split("\n").find((line) => line.startsWith("host: "));
  if (line === undefined) throw new Error("rustc does not say which machine it builds for");
  return line.slice("host: ".length);
}

const target = host();
const { code } = new Deno.Command("cargo", {
  args: ["test", "--locked", "--lib", "--tests", "--target", target, ...Deno.args],
  cwd: CORE,
  env: { RUSTC_BOOTSTRAP: "1", RUSTFLAGS: "-Zsanitizer=address", CARGO_TARGET_DIR: `${CORE}target/sanitize` },
  stdout: "inherit",
  stderr: "inherit",
}).outputSync();
console.log(code === 0 ? `every test passed under AddressSanitizer, for ${target}` : "failed");
Deno.exitCode = code;
