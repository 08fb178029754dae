/** Erlang/OTP: compiles the modules in `otp/` into a temporary folder, once per process. */
import { fileURLToPath } from "node:url";

/** Bare processes, or OTP's own behaviours. */
export type OtpStyle = "bare" | "gen_server";

const SOURCES = new URL("./otp/", import.meta.url);
let folder: string | null = null;

/** Null when it can run; else one clause that says what is missing and how to get it. */
export function whyAbsent(): string | null {
  for (const program of ["erl", "erlc"]) {
    try {
      const args = program === "erl" ? ["-version"] : ["-help"];
      new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return `${program} is not installed: apt-get install erlang-base`;
    }
  }
  return null;
}

/** The folder of the compiled modules. Throws what the compiler says. */
export function compiled(): string {
  if (folder !== null) return folder;
  const target = Deno.makeTempDirSync({ prefix: "cwts-otp-" });
  const sources = [...Deno.readDirSync(SOURCES)].filter(({ name }) => name.endsWith(".erl"))
    .map(({ name }) => fileURLToPath(new URL(name, SOURCES)));
  const args = ["-Werror", "-o", target, ...sources];
  const { success, stdout, stderr } = new Deno.Command("erlc", { args, stdout: "piped", stderr: "piped" }).outputSync();
  if (!success) {
    const words = new TextDecoder();
    throw new Error(`erlc: ${words.decode(stdout)}${words.decode(stderr)}`);
  }
  return folder = target;
}

/** Removes what `compiled` made. */
export function cleanUp(): void {
  if (folder !== null) Deno.removeSync(folder, { recursive: true });
  folder = null;
}
