/**
 * `deno task scenarios`: plays the failures of the past against the gate and prints one table. `--json` prints it as JSON,
 * `--out <file>` writes that for `controls review --tests`. Exit code 1 when a control did not stop what it is there for.
 */
import { SCENARIOS } from "./mod.ts";
import { type Result, resultOf, tableText } from "./table.ts";

const { args } = Deno;
const file = args.includes("--out") ? args[args.indexOf("--out") + 1] : undefined;
const results: Result[] = [];
for (const scenario of SCENARIOS) results.push(await resultOf(scenario));
const json = JSON.stringify({ kind: "scenarios", results });
if (file !== undefined) Deno.writeTextFileSync(file, `${json}\n`);
if (args.includes("--json")) console.log(json);
else for (const line of tableText(results)) console.log(line);
Deno.exitCode = results.some(({ status }) => status === "failed") ? 1 : 0;
