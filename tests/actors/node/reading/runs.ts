/** Whole runs to read from, each made once: a quiet one, and one whose limits refuse. */
import { runDirectory, type RunSummary } from "../../../../actors/node/mod.ts";
import { type AuditRecord, readAudit } from "../../../../ffi/mod.ts";
import { ensureCore } from "../../../../ffi/build.ts";
import { run } from "../run.ts";

ensureCore();

export interface Recorded {
  /** Of the node. */
  readonly dataDir: string;
  /** Of its log. */
  readonly log: string;
  readonly summary: RunSummary;
  readonly records: readonly AuditRecord[];
}

/** A run of its own, removed at the end. */
export async function recorded<T>(
  use: (run: Recorded) => T | Promise<T>,
  environment: Readonly<Record<string, string>> = {},
  config = "",
): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-reading-" });
  try {
    if (config !== "") await Deno.writeTextFile(`${directory}/cwts.toml`, config);
    const { summary } = await run(directory, { environment: { CWTS_NODE_DURATION: "60", ...environment } });
    const dataDir = `${directory}/data`;
    const log = runDirectory(dataDir);
    return await use({ dataDir, log, summary, records: [...readAudit(log)] });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A loss that stops the node for a while, again and again: concerns and alerts that come and go. */
export const LOSSY = `
[mode]
recover_ms = 1000
[mode.drawdown]
capital = "10"
enter_drawdown = 0.05
calm_seconds = 3
`;

/** Limits that refuse some of what an anglerfish wants. */
export const TIGHT = `
[[organisms]]
id = "anglerfish-1"
species = "anglerfish"
instruments = ["ALPHA"]
[organisms.limits]
max_position = 12
rate_per_second = 2
rate_burst = 2
`;
