/**
 * Builds the native core when it is absent or its sources have changed.
 *
 * `deno run -A ffi/build.ts`, or `ensureCore()` before the first native call. A stamp beside the library holds a hash of
 * the sources it was built from, so a fresh checkout, a changed branch or a copied tree are told apart by content and
 * not by dates. Up to date means silent.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { NativeError, NOT_FROM_CORE } from "./errors.ts";
import { BUILT_LIBRARY } from "./library.ts";

const CRATE = new URL("./core/", import.meta.url);
const TARGET = new URL("./target/", CRATE);
const STAMP = new URL("./release/.cwts-core.sources", TARGET);
const INSTALL = "install Rust 1.89 or newer, with rustup or your distribution's packages (cargo, rustc)";

/** Files the library is made from, sorted. */
function sources(folder = CRATE, found: URL[] = []): URL[] {
  for (const entry of Deno.readDirSync(folder)) {
    const url = new URL(encodeURIComponent(entry.name) + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory && (url.href.startsWith(new URL("./src/", CRATE).href))) sources(url, found);
    else if (entry.isFile && isSource(url)) found.push(url);
  }
  return found.sort((a, b) => a.href < b.href ? -1 : 1);
}

const isSource = (url: URL): boolean => /\/(Cargo\.toml|Cargo\.lock|build\.rs|[^/]+\.rs)$/.test(url.pathname);

/** Hash of the names and contents of all sources, and of the compiler's target. */
export function sourceStamp(): string {
  const hash = createHash("sha256").update(Deno.build.target);
  for (const url of sources()) {
    hash.update(url.href.slice(CRATE.href.length)).update("\0").update(Deno.readFileSync(url));
  }
  return hash.digest("hex");
}

function read(url: URL): string | null {
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whether the library is there and was built from the sources as they are. */
export function isCurrent(stamp = sourceStamp()): boolean {
  try {
    return Deno.statSync(BUILT_LIBRARY).isFile && read(STAMP) === stamp;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Builds the core unless it is current. Cargo's own progress goes to standard error, with one line before and one after.
 * Throws `NativeError` CORE_BUILD with a sentence that says what to do. A library named by `CWTS_CORE_LIB` is left alone.
 */
export function ensureCore(cargo = "cargo"): void {
  if (Deno.env.get("CWTS_CORE_LIB")) return;
  const stamp = sourceStamp();
  if (isCurrent(stamp)) return;
  const begun = performance.now();
  console.error("building the native core (once; some seconds to a minute) …");
  runCargo(cargo);
  Deno.writeTextFileSync(STAMP, stamp);
  console.error(`native core built in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}

function runCargo(cargo: string): void {
  const target = fileURLToPath(TARGET);
  let code: number;
  try {
    code = new Deno.Command(cargo, {
      args: ["build", "--release", "--locked", "--lib", "--target-dir", target],
      cwd: fileURLToPath(CRATE),
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).outputSync().code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new NativeError(
      NOT_FROM_CORE,
      "CORE_BUILD",
      `the native core needs cargo, which is not installed: ${INSTALL}`,
    );
  }
  if (code === 0) return;
  throw new NativeError(
    NOT_FROM_CORE,
    "CORE_BUILD",
    `cargo could not build the native core (see above); if it asks for a newer compiler, ${INSTALL}`,
  );
}

if (import.meta.main) {
  try {
    ensureCore();
  } catch (error) {
    if (!(error instanceof NativeError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
