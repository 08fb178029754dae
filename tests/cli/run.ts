/** Runs a command line inside the test's process, or as a real process, and returns what it said. */
import { fileURLToPath } from "node:url";
import type { CliIo } from "../../cli/io.ts";
import { run } from "../../cli/program.ts";

export interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** In this process; for commands that only read. */
export async function inside(args: readonly string[], more: Partial<CliIo> = {}): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await run(args, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    errRaw: (text) => err.push(text),
    terminal: false,
    color: false,
    ...more,
  });
  return { exit, out: out.join("\n"), err: err.join("\n") };
}

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A process with the permissions a person's would have. */
export function cwts(args: readonly string[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=node", "main.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

export async function outside(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { code, stdout, stderr } = await cwts(args, env).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { exit: code, out: text(stdout), err: text(stderr) };
}

/** A directory of one's own, removed at the end. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-test-" });
  try {
    return await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
