/**
 * Those that look on and change nothing: the auditor, which verifies the gateway's log as it comes over a broker or again and again in
 * its directory, and whoever asks once how the cluster is.
 */
import { brokerCredentials, type Config, configHash, parseBroker, UserError, VERSION } from "../../../config/mod.ts";
import { verifyAudit } from "../../../ffi/mod.ts";
import { openBroker } from "../../../runtime/transport/open.ts";
import { LogWatch } from "../../auditors/replica/log_watch.ts";
import type { PublicKey } from "../../auditors/verifier/mod.ts";
import { listRuns, runDirectory } from "../data_dir.ts";
import { randomBytes, sleepWall, wallNanos } from "../wall.ts";
import { ClusterLink } from "./cluster_link.ts";
import type { ClusterOptions } from "./cluster_options.ts";
import type { RoleIo } from "./organisms_node.ts";
import type { ClusterOverview } from "../../protocol/mod.ts";
import { overviewOf } from "./overview.ts";
import { BEAT_MS } from "./seats.ts";

/** Wall milliseconds between two verifications. */
const VERIFY_MS = 5_000;
/** A log of which nothing comes for so long, while its gateway lives, is an alarm. */
const QUIET_MS = 30_000;

export const SILENT = { version: VERSION, epoch: 0, shards: [], time: 0, speed: 0, mode: "", firm: "" } as const;

/** What an auditor reads, beside the data directory of its configuration. */
export interface AuditorKeys {
  /** Public keys of the nodes, as `audit key` prints them; empty: signatures are not looked at. */
  readonly keys: readonly PublicKey[];
}

/**
 * Follows the log over its topic where `audit.broker` names one, and verifies the data directory that it can read otherwise.
 * Throws UserError AUDIT_BROKEN when a log in the directory does not verify.
 */
export async function runAuditor(
  config: Config,
  options: ClusterOptions,
  io: RoleIo,
  { keys }: AuditorKeys = { keys: [] },
): Promise<void> {
  const link = await ClusterLink.join(options);
  if (!link.signs) io.out("letters of this cluster are not signed; --cluster-secret <file> asks for a secret");
  try {
    if (config.audit.broker !== undefined) await followLog(config, link, io, keys);
    else await verifyAgain(config, link, io);
  } finally {
    await link.close();
  }
}

async function verifyAgain(config: Config, link: ClusterLink, io: RoleIo): Promise<void> {
  const path = config.node.dataDir;
  const hash = configHash(config);
  let detail = `${path} holds no run yet`;
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
}

/** The copy is the auditor's own: `<data directory>/<node>/runs/…`, which verifies as the node's does. */
async function followLog(config: Config, link: ClusterLink, io: RoleIo, keys: readonly PublicKey[]): Promise<void> {
  const { audit: { broker, topic }, node: { dataDir: out } } = config;
  const hash = configHash(config);
  const place = { ...parseBroker(broker!), ...brokerCredentials() };
  const watch = new LogWatch({
    ...{ topic, out, keys, err: io.err, sleep: sleepWall, random: randomBytes },
    open: (node) => openBroker(place, { node, partitions: 1 }),
  });
  io.out(`following ${topic} into ${out}`);
  if (keys.length === 0) io.err("signatures are not looked at: name the nodes' public keys with --audit-key");
  const following = watch.run(io.signal);
  let failed: unknown = null;
  following.catch((error) => failed = error);
  let [taken, at, shown] = [0, wallNanos(), ""];
  while (!io.signal.aborted && failed === null) {
    const { gateway } = link.board;
    if (watch.taken !== taken || gateway?.live !== true) [taken, at] = [watch.taken, wallNanos()];
    const quiet = (wallNanos() - at) / 1e6;
    const { alarm, detail } = watch;
    const alarms = alarm !== null ? [`${alarm.code}: ${alarm.sentence}`] : quiet > QUIET_MS
      ? [
        `nothing of the gateway's log has come by ${topic} for ${
          Math.round(quiet / 1_000)
        } s: does it send it (audit.broker)?`,
      ]
      : [];
    if (shown === "" && /verified/.test(detail)) io.out(shown = detail);
    link.say({ ...SILENT, state: "running", config: hash, detail, alarms: alarms.length === 0 ? undefined : alarms });
    await sleepWall(BEAT_MS, io.signal);
  }
  await following;
  io.out(watch.detail);
  link.say({ ...SILENT, state: "stopping", config: hash, detail: watch.detail });
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
