/**
 * Builds the native part of the measurements with cargo, and runs it.
 *
 * It is a crate of its own beside the core, because opponents are dependencies here that the product must not have.
 * Cargo decides what is out of date; the result lies in the core's build folder, which git ignores.
 */
import { fileURLToPath } from "node:url";
import { UserError } from "../../config/mod.ts";

const CRATE = fileURLToPath(new URL("./", import.meta.url));
/** Everything that measurements make for themselves. */
export const BUILD_FOLDER = fileURLToPath(new URL("../../ffi/core/target/bench/", import.meta.url));
const PROGRAM = `${BUILD_FOLDER}release/cwts-bench${Deno.build.os === "windows" ? ".exe" : ""}`;

/** One line of a native measurement. */
export type Line = Readonly<Record<string, number | string | readonly number[]>>;

/** Builds unless it is up to date. Throws UserError BENCH_BUILD with what to do. */
export function ensureNativeBench(cargo = "cargo"): void {
  try {
    Deno.statSync(PROGRAM);
  } catch {
    console.error("building the native part of the measurements (once; a minute or two) …");
  }
  const code = status(cargo, ["build", "--release", "--locked", "--quiet", "--target-dir", BUILD_FOLDER]);
  if (code === null) {
    throw new UserError(
      "BENCH_BUILD",
      "this measurement needs cargo, which is not installed: install Rust 1.89 or newer, with rustup or your distribution's packages",
    );
  }
  if (code !== 0) {
    throw new UserError("BENCH_BUILD", "cargo could not build the native part of the measurements (see above)");
  }
}

function status(program: string, args: string[]): number | null {
  try {
    const options = { args, cwd: CRATE, stdin: "null", stdout: "inherit", stderr: "inherit" } as const;
    return new Deno.Command(program, options).outputSync().code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Runs a command of the native program and returns its lines. Throws when it fails. */
export function native(...args: string[]): Promise<Line[]> {
  return measured(PROGRAM, args);
}

/** Runs a program that prints JSON, one object per line. */
export async function measured(program: string, args: readonly string[]): Promise<Line[]> {
  const child = new Deno.Command(program, { args: [...args], stdin: "null", stdout: "piped", stderr: "piped" });
  const { code, stdout, stderr } = await child.output();
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  }
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Line);
}
