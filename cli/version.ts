/** `version`: what is running. */
import type { Command } from "commander";
import { VERSION } from "../config/mod.ts";
import { ABI_VERSION, LAYOUT_HASH } from "../ffi/layout.gen.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";

export function versions(): Record<string, string | number> {
  return {
    cwts: VERSION,
    abi: ABI_VERSION,
    layout: LAYOUT_HASH.toString(16),
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    typescript: Deno.version.typescript,
    platform: `${Deno.build.os}-${Deno.build.arch}`,
  };
}

export function addVersion(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("version").description("print versions")
    .option("--json", "as one JSON object")
    .action(({ json }: { json?: boolean }) => {
      const all = versions();
      if (json) io.out(JSON.stringify(all));
      else io.out(Object.entries(all).map(([name, value]) => `${name} ${value}`).join("\n"));
      finish(OK);
    });
}
