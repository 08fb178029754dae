/** `config show|schema`: the values in force and where each came from; everything that can be configured. */
import type { Command } from "commander";
import { describeOrigin, type EffectiveValue, environmentName, loadConfig, SCALAR_KEYS } from "../config/mod.ts";
import { OK } from "./failure.ts";
import { type CliIo, columns, paint } from "./io.ts";
import { addNodeFlags, flagValues, type NodeFlags } from "./node_options.ts";

interface ShowFlags extends NodeFlags {
  readonly json?: boolean;
  readonly reasons?: boolean;
  readonly env?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts config show
  $ deno task cwts config show --feed bars --reasons
  $ CWTS_NODE_SEED=7 deno task cwts config show --json
  $ deno task cwts config show --env                  names of the environment variables
`;

export function addConfig(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const config = program.command("config").description("look at the configuration");
  addNodeFlags(config.command("show").description("print the values in force, their units and origins"))
    .option("--reasons", "say why each key exists")
    .option("--env", "print the environment variable of each key instead")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action((flags: ShowFlags) => {
      if (flags.env) {
        const rows = SCALAR_KEYS.map((key) => [environmentName(key.path), key.unit, key.description]);
        for (const line of flags.json ? [JSON.stringify(rows.map(([name]) => name))] : columns(rows)) io.out(line);
        finish(OK);
        return;
      }
      const loaded = loadConfig({ file: flags.config, flags: flagValues(flags) });
      if (flags.json) {
        const values = loaded.values.map((value) => ({ ...value, value: value.value ?? null }));
        io.out(JSON.stringify({ hash: loaded.hash, file: loaded.file, values }));
      } else {
        for (const line of valuesText(loaded.values, flags.reasons === true, io)) io.out(line);
        io.out(paint(io, "dim", `hash ${loaded.hash}`));
      }
      finish(OK);
    });
  config.command("schema").description("print everything that can be configured, as JSON Schema")
    .action(async () => {
      const { jsonSchema } = await import("../config/json_schema.ts");
      io.out(JSON.stringify(jsonSchema(), null, 2));
      finish(OK);
    });
}

export function valuesText(values: readonly EffectiveValue[], reasons: boolean, io: Pick<CliIo, "color">): string[] {
  const rows = values.map(({ key, value, unit, origin, reason }) => [
    key,
    valueText(value),
    unit,
    origin.kind === "default" ? "default" : describeOrigin(origin).replace(/^the /, ""),
    ...(reasons ? [reason] : []),
  ]);
  const lines = columns([["key", "value", "unit", "from", ...(reasons ? ["why"] : [])], ...rows]);
  return lines.map((line, i) => (i === 0 ? paint(io, "bold", line) : line));
}

function valueText(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
