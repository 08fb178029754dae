/** Runs whole nodes in this process, each in a directory of its own. */
import { loadConfig } from "../../../config/mod.ts";
import { decodeAudit, readAudit } from "../../../ffi/mod.ts";
import { runDirectory, runNode, type RunOutcome } from "../../../actors/node/mod.ts";

export interface RunOptions {
  /** As in the environment, for example { CWTS_NODE_SEED: "7" }. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Default: a new directory, removed by `using`. */
  readonly directory?: string;
}

export async function withDirectory<T>(body: (directory: string) => Promise<T>): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-node-" });
  try {
    return await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A simulated minute at full speed, without console, unless the environment says otherwise. */
export function run(directory: string, { environment = {}, signal }: RunOptions = {}): Promise<RunOutcome> {
  const { config } = loadConfig({
    directory,
    environment: {
      CWTS_NODE_DATA_DIR: `${directory}/data`,
      CWTS_NODE_SPEED: "max",
      CWTS_NODE_SEED: "7",
      CWTS_CONSOLE_ENABLED: "false",
      CWTS_AUDIT_DURABILITY: "memory",
      ...environment,
    },
  });
  return runNode(config, { out: () => {}, err: () => {}, signal: signal ?? new AbortController().signal });
}

export interface Told {
  readonly index: number;
  readonly typeName: string;
  // deno-lint-ignore no-explicit-any -- tests look into records of every kind
  readonly value: any;
}

/** Everything on record in the latest run. */
export function records(directory: string): Told[] {
  return [...readAudit(runDirectory(`${directory}/data`))].map((record) => ({
    index: record.index,
    typeName: record.typeName,
    value: decodeAudit(record),
  }));
}
