/** The kill switch: how a scope is opened again, and the rules that make one stricter by themselves. */
import { z } from "zod";
import { choice, decimal, key, real, U32_MAX, whole } from "./kinds.ts";

type State = "off" | "reduce-only" | "cancel-only" | "killed";

const state = (usual: State, what: string) =>
  key(choice("off", "reduce-only", "cancel-only", "killed").default(usual), "", what);
const windowMs = () => key(whole(1, U32_MAX).default(1_000), "ms of market time", "window in which they are counted");
const stepPercent = () =>
  key(real(1, 100).default(10), "% of the limit", "a re-arm lets a loss stand as it is; so much more stops again");

const triggers = z.strictObject({
  parentBreach: z.strictObject({
    state: state("killed", "what an organism becomes at its first child order beyond its parent"),
  }).prefault({}),
  rate: z.strictObject({
    state: state("cancel-only", "what an organism becomes that is refused for its message rate too often"),
    refusals: key(whole(1, U32_MAX).default(500), "refusals", "more than these, within the window"),
    windowMs: windowMs(),
  }).prefault({}),
  rejects: z.strictObject({
    state: state("cancel-only", "what an organism becomes that is refused too often, for whatever its orders are"),
    refusals: key(whole(1, U32_MAX).default(1_000), "refusals", "more than these, within the window"),
    windowMs: windowMs(),
  }).prefault({}),
  fills: z.strictObject({
    state: state(
      "killed",
      "what an organism becomes whose order was filled though nobody sent it, for more, or far away",
    ),
    awayBps: key(whole(1, U32_MAX).default(3_000), "bp", "furthest a fill may lie from the market"),
  }).prefault({}),
  loss: z.strictObject({
    state: state("reduce-only", "what an organism becomes that lost its limit, or whose account did"),
    organism: key(decimal().optional(), "currency", "most one organism may lose in a run; without it, no such rule"),
    account: key(decimal().optional(), "currency", "most the organisms of one account may lose together"),
    stepPercent: stepPercent(),
  }).prefault({}),
  drawdown: z.strictObject({
    state: state("reduce-only", "what an organism becomes that lost its limit from its best"),
    organism: key(
      decimal().optional(),
      "currency",
      "most one organism may lose from its best; without it, no such rule",
    ),
    stepPercent: stepPercent(),
  }).prefault({}),
  mismatch: z.strictObject({
    state: state("reduce-only", "what an organism becomes whose position differs between the books and the gate"),
    looks: key(whole(1, U32_MAX).default(3), "looks", "so many looks in a row, about one a second of market time"),
  }).prefault({}),
  market: z.strictObject({
    state: state("reduce-only", "what an instrument becomes whose price jumps as no market does"),
    jumpBps: key(whole(0, U32_MAX).default(5_000), "bp", "further than this from one message to the next; 0 for never"),
  }).prefault({}),
  clock: z.strictObject({
    state: state("reduce-only", "what the firm becomes when the wall clock jumps"),
    offsetMs: key(whole(1, U32_MAX).default(5_000), "ms", "further than this against a clock that nobody can set"),
  }).prefault({}),
  unacknowledged: z.strictObject({
    state: state(
      "cancel-only",
      "what the firm becomes when no role acknowledged a critical alert in its time: [alerts]",
    ),
  }).prefault({}),
});

export const killSchema = z.strictObject({
  rearmQuietMs: key(
    whole(0, U32_MAX).default(60_000),
    "ms",
    "how long a scope that was re-armed stays REDUCE_ONLY before it may become ACTIVE in a second step",
  ),
  triggers: triggers.prefault({}),
});
