/**
 * The roles that look on: the auditor, which verifies the gateway's log again and again, and the console, which shows all
 * nodes. Neither can change anything.
 */
import { type Config, configHash, UserError, VERSION } from "../../../config/mod.ts";
import { verifyAudit } from "../../../ffi/mod.ts";
import { listRuns, runDirectory } from "../data_dir.ts";
import { sleepWall } from "../wall.ts";
import { ClusterLink, type ClusterOptions } from "./cluster_link.ts";
import type { RoleIo } from "./organisms_node.ts";
import { type ClusterOverview, overviewOf } from "./overview.ts";
import { BEAT_MS } from "./seats.ts";

/** Wall milliseconds between two verifications, and between two looks of the console. */
const VERIFY_MS = 5_000;
const SHOW_MS = 1_000;

const SILENT = { version: VERSION, epoch: 0, shards: [], time: 0, speed: 0, mode: "", firm: "" } as const;

/** Throws UserError AUDIT_BROKEN when the log does not verify. */
export async function runAuditor(config: Config, options: ClusterOptions, io: RoleIo): Promise<void> {
  const path = config.node.dataDir;
  const link = await ClusterLink.join(options);
  const hash = configHash(config);
  let detail = `${path} holds no run yet`;
  try {
    for (let beat = 0; !io.signal.aborted; beat++) {
      if (beat % (VERIFY_MS / BEAT_MS) === 0) {
        const found = verified(path);
        if (found !== null && found.detail !== detail) io.out(found.detail);
        detail = found?.detail ?? detail;
        if (found !== null && !found.ok) throw new UserError("AUDIT_BROKEN", found.detail);
      }
      link.say({ ...SILENT, state: "running", config: hash, detail });
      await sleepWall(BEAT_MS, io.signal);
    }
    link.say({ ...SILENT, state: "stopping", config: hash, detail });
  } finally {
    await link.close();
  }
}

function verified(path: string): { readonly ok: boolean; readonly detail: string } | null {
  const run = listRuns(path).at(-1);
  if (run === undefined) return null;
  const verdict = verifyAudit(runDirectory(path, run));
  const detail = verdict.ok
    ? `run ${run}: ${verdict.records} records verified`
    : `run ${run} does not verify: see cwts audit verify --data-dir ${path}`;
  return { ok: verdict.ok, detail };
}

/** Shows the cluster to `show` whenever a second has passed, or once when `forMs` is given. */
export async function watchCluster(
  options: ClusterOptions,
  io: RoleIo,
  show: (overview: ClusterOverview) => void,
): Promise<void> {
  const link = await ClusterLink.join(options);
  try {
    while (!io.signal.aborted) {
      link.say({ ...SILENT, state: "running", config: "", detail: "" });
      await sleepWall(SHOW_MS, io.signal);
      show(overviewOf(options.cluster, link.board));
    }
  } finally {
    await link.close();
  }
}

/** What is heard within `ms`: some beats of everybody. */
export async function lookAtCluster(options: ClusterOptions, ms: number): Promise<ClusterOverview> {
  const link = await ClusterLink.join(options);
  try {
    await sleepWall(ms);
    return overviewOf(options.cluster, link.board);
  } finally {
    await link.close();
  }
}
