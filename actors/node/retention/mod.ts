/** How long logs are kept, what holds them longer, and how they go. */
export { type Hold, type Removed, RetentionBook, type RetentionEvent } from "./book.ts";
export { type KeptRun, planRetention } from "./plan.ts";
export { finishRemovals, removeRun, RUN_REMOVED } from "./remove.ts";
