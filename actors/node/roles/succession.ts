/**
 * Which gateway wrote a run: a small file beside its log. From it a gateway knows whether the log of the one before it is
 * here. If it is, recovery says what was left open; if it is not, nobody here can know, and nothing enters unasked.
 */
import { join } from "node:path";
import { listRuns, runDirectory } from "../data_dir.ts";

const FILE = "gateway.json";

export interface Succession {
  readonly cluster: string;
  readonly node: string;
  /** Of the gateway's lease. */
  readonly epoch: number;
}

export function writeSuccession(runPath: string, one: Succession): void {
  Deno.writeTextFileSync(join(runPath, FILE), `${JSON.stringify(one)}\n`);
}

/** Of the latest run before `run`; null where there is none, or no gateway wrote it. */
export function readSuccession(path: string, run = Infinity): Succession | null {
  const last = listRuns(path).filter((one) => one < run).at(-1);
  if (last === undefined) return null;
  try {
    const { cluster, node, epoch } = JSON.parse(Deno.readTextFileSync(join(runDirectory(path, last), FILE)));
    return typeof cluster === "string" && typeof node === "string" && Number.isSafeInteger(epoch)
      ? { cluster, node, epoch }
      : null;
  } catch {
    return null;
  }
}

/** Why nothing may enter before a person has looked; null: the gateway before this one wrote here, or there was none. */
export function doubtOf(before: Succession | null, { cluster, epoch }: Succession): string | null {
  if (before?.cluster === cluster && before.epoch >= epoch) {
    return `the broker has forgotten this cluster: gateway ${before.epoch} wrote here, and this is gateway ${epoch} again; ` +
      "see that it keeps what it is given (docs/transport.md), look at what was left open, then re-arm";
  }
  if (epoch === 1 || (before?.cluster === cluster && before.epoch === epoch - 1)) return null;
  return `gateway ${epoch - 1} of the cluster kept its log elsewhere: look at what it left open, then re-arm`;
}
