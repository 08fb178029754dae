/** What surveillance takes for a pattern. The usual figures are starting points: calibrate them and keep the reasons. */
import { z } from "zod";
import { flag, key, positive, real, U32_MAX, whole } from "./kinds.ts";

const layering = z.strictObject({
  enabled: key(flag().default(true), "", "look for layering and spoofing in the orders of each account"),
  levels: key(whole(1, 100).default(3), "prices", "fewest prices on one side at once; 1 finds single large orders too"),
  volumeRatio: key(
    real(1, 1_000).default(3),
    "×",
    "lots on that side against what was executed on the other, at least",
  ),
  depthShare: key(
    real(0, 1).default(0.2),
    "fraction",
    "their share of what is visible at the five best prices, at least",
  ),
  cancelRatio: key(real(0, 1).default(0.9), "fraction", "part of them that is cancelled after the execution, at least"),
  windowMs: key(positive().default(1_000), "ms of market time", "after the execution, in which they are cancelled"),
  lifeMs: key(positive().default(5_000), "ms of market time", "longest median life of what is cancelled"),
  habit: key(
    real(0, 1).default(0.5),
    "fraction",
    "of the times such orders stood when something was executed, the part that ended so: who makes a market comes back",
  ),
  episodes: key(whole(1, U32_MAX).default(3), "episodes a day", "so many in one instrument are a pattern"),
});

export const surveillanceSchema = z.strictObject({ layering: layering.prefault({}) });
