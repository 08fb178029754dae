/**
 * Generates every view of `records.ts` and of the exported functions: Rust, TypeScript, Python and C.
 *
 * `deno task layout` rewrites the generated files; `--check` only compares and exits 1 on drift.
 */
import { header } from "./c_header.ts";
import { symbols } from "./exports.ts";
import { fuzzCalls } from "./fuzz_calls.ts";
import { python } from "./python.ts";
import { records } from "./records.ts";
import { rust } from "./rust.ts";
import { checkRecord } from "./shape.ts";
import { typescript } from "./typescript.ts";

export { type Description, layoutHash } from "./shape.ts";

/** As `deno fmt` would write it. */
async function formatted(source: string): Promise<string> {
  const args = ["fmt", "--line-width", "120", "--ext", "ts", "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno fmt refused the generated source: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** The generated files and their contents. */
export async function outputs(): Promise<Array<readonly [file: URL, source: string]>> {
  records.forEach(checkRecord);
  return [
    [new URL("../core/src/layout.rs", import.meta.url), rust()],
    [new URL("../core/include/cwts.h", import.meta.url), await header()],
    [new URL("../core/fuzz/src/calls.rs", import.meta.url), await fuzzCalls()],
    [new URL("../layout.gen.ts", import.meta.url), await formatted(typescript())],
    [new URL("../symbols.gen.ts", import.meta.url), await formatted(await symbols())],
    [new URL("../python/cwts_layout.py", import.meta.url), python()],
  ];
}

if (import.meta.main) {
  let drifted = false;
  for (const [file, source] of await outputs()) {
    const current = await Deno.readTextFile(file).catch(() => "");
    if (current === source) continue;
    if (Deno.args.includes("--check")) {
      console.error(`${file.pathname} is out of date: run \`deno task layout\``);
      drifted = true;
    } else {
      await Deno.writeTextFile(file, source);
    }
  }
  if (drifted) Deno.exit(1);
}
