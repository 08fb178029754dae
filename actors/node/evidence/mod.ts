/** Evidence from a configuration and from logs: the written description, the review pack. */
export { ADOPT, describeControls, type Described } from "./describe.ts";
export { buildReview, packBytes, type Period, type ReviewPack, sha256 } from "./review.ts";
export { reviewText } from "./review_text.ts";
export { configInForce, readRun, rehearse } from "./run_record.ts";
