/** The composition root: everything that makes a node out of the families. */
export { type DataDirectory, listRuns, openDataDirectory, runDirectory } from "./data_dir.ts";
export { type NodeIo, runNode, type RunOutcome, type RunProgress } from "./run.ts";
export { type RunSummary, summaryText } from "./summary.ts";
