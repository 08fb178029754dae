/** `deno task bench <name> [--json]`: finds the measurement of that name and runs it. One file per claim. */
import { parseArgs } from "node:util";
import { suggestion, UserError } from "../config/mod.ts";

const HERE = new URL("./", import.meta.url);
/** Files that are not measurements. */
const SUPPORT = ["main.ts", "harness.ts"];

export function benchNames(): string[] {
  return [...Deno.readDirSync(HERE)]
    .filter(({ isFile, name }) => isFile && name.endsWith(".ts") && !SUPPORT.includes(name))
    .map(({ name }) => name.slice(0, -".ts".length))
    .sort();
}

/** Runs one measurement, or lists what there is. Throws UserError USAGE for an unknown name. */
export async function runBench(name: string | undefined, json: boolean): Promise<void> {
  const names = benchNames();
  if (name === undefined) {
    console.log(json ? JSON.stringify(names) : `measurements: ${names.join(", ")}`);
    return;
  }
  if (!names.includes(name)) {
    throw new UserError("USAGE", `there is no measurement "${name}": ${suggestion(name, names)}`);
  }
  const { run } = await import(new URL(`${name}.ts`, HERE).href) as { run: (json: boolean) => Promise<void> };
  await run(json);
}

if (import.meta.main) {
  try {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      options: { json: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    await runBench(positionals[0], values.json);
  } catch (error) {
    if (!(error instanceof UserError || error instanceof TypeError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(2);
  }
}
