/** The one entry of CWTS: `deno run main.ts <command>`, or `deno task start` and its sisters. */
import { processIo } from "./cli/io.ts";
import { run } from "./cli/program.ts";

if (import.meta.main) Deno.exit(await run(Deno.args, processIo()));
