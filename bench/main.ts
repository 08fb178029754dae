/**
 * `deno task bench <name> [--json]`: finds the measurement of that name and runs it. One file per claim. A measurement may
 * take part of `--only NAME,…`, `--engines NAME,…`, `--records N`, `--runs N` and `--long`.
 */
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

/** What narrows a measurement; each says which of them it takes by its export `options`. */
export type Narrowing = Readonly<
  Partial<Record<"only" | "engines" | "records" | "runs", string> & { readonly long: boolean }>
>;

interface Measurement {
  readonly options?: readonly string[];
  readonly run: (json: boolean, narrowing: Narrowing) => Promise<void>;
}

/** Runs one measurement, or lists what there is. Throws UserError USAGE for an unknown name or an option it does not take. */
export async function runBench(name: string | undefined, json: boolean, narrowing: Narrowing = {}): Promise<void> {
  const names = benchNames();
  if (name === undefined) {
    console.log(json ? JSON.stringify(names) : `measurements: ${names.join(", ")}`);
    return;
  }
  if (!names.includes(name)) {
    throw new UserError("USAGE", `there is no measurement "${name}": ${suggestion(name, names)}`);
  }
  const { options = [], run } = await import(new URL(`${name}.ts`, HERE).href) as Measurement;
  for (const option of Object.keys(narrowing)) {
    if (!options.includes(option)) throw new UserError("USAGE", `the measurement "${name}" takes no --${option}`);
  }
  await run(json, narrowing);
}

if (import.meta.main) {
  try {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      options: {
        json: { type: "boolean", default: false },
        only: { type: "string" },
        engines: { type: "string" },
        records: { type: "string" },
        runs: { type: "string" },
        long: { type: "boolean" },
      },
      allowPositionals: true,
    });
    const { json, ...narrowing } = values;
    await runBench(positionals[0], json, narrowing);
  } catch (error) {
    if (!(error instanceof UserError || error instanceof TypeError)) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(2);
  }
}
