/** `deno task check`: format, lint and types of both languages. Runs every step, then says which failed. */
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MANIFEST = ["--manifest-path", "ffi/core/Cargo.toml"];

const DENIED = ["bans", "licenses", "sources"];

const STEPS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["deno fmt", Deno.execPath(), "fmt", "--check"],
  ["deno lint", Deno.execPath(), "lint"],
  ["deno check", Deno.execPath(), "check"],
  ["cargo fmt", "cargo", "fmt", ...MANIFEST, "--check"],
  ["cargo fmt of the fuzz targets", "cargo", "fmt", "--manifest-path", "ffi/core/fuzz/Cargo.toml", "--check"],
  ["cargo clippy", "cargo", "clippy", ...MANIFEST, "--locked", "--all-targets", "--", "-D", "warnings"],
  // Licences, bans and sources; the advisory database is fetched from elsewhere and is not asked here.
  ["cargo deny", "cargo-deny", ...MANIFEST, "--locked", "--config", "ffi/core/deny.toml", "check", ...DENIED],
];

/** Exit code of a step; null when its program is not installed. */
function run(command: string, args: readonly string[]): number | null {
  try {
    return new Deno.Command(command, { args: [...args], cwd: ROOT, stdout: "inherit", stderr: "inherit" })
      .outputSync().code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const failed: string[] = [];
let skipped = 0;
for (const [name, command, ...args] of STEPS) {
  console.log(`== ${name}`);
  const code = run(command, args);
  if (code === null) {
    console.log(`not run: ${command} is not installed`);
    skipped++;
  } else if (code !== 0) failed.push(name);
}
const left = skipped === 0 ? "" : `, ${skipped} not run`;
console.log(failed.length === 0 ? `all checks passed${left}` : `failed: ${failed.join(", ")}${left}`);
Deno.exitCode = failed.length === 0 ? 0 : 1;
