/** The composition root: everything that makes a node out of the families. */
export { hostDesk } from "./access.ts";
export { CHECKPOINT, readCheckpointFile } from "./checkpoint_file.ts";
export { crashFile } from "./crash_file.ts";
export { thisBuild } from "./build.ts";
export { type CrashPlaces, type CrashProof, proveCrash, readCrashes } from "./crash_reader.ts";
export { type DataDirectory, listRuns, openDataDirectory, runDirectory } from "./data_dir.ts";
export { NodeKeys } from "./node_keys.ts";
export { type NodeIo, runNode, type RunOutcome, type RunProgress } from "./run.ts";
export { compareRelease, type Manifest, manifestHolds, parseManifest, readManifest } from "./release.ts";
export { type RunSummary, summaryText } from "./summary.ts";
export { wallNanos } from "./wall.ts";
export { type OpenWitness, openWitness } from "./witness_file.ts";
export { answerHttp, askWitness, HttpWitness } from "../auditors/checkpoints/witness.ts";
export type { ClusterOptions } from "./roles/cluster_options.ts";
export { runGateway } from "./roles/gateway.ts";
export { lookAtCluster, runAuditor, watchCluster } from "./roles/observers.ts";
export { runOrganisms } from "./roles/organisms_node.ts";
export type { ClusterOverview } from "./roles/overview.ts";
