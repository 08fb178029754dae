/** Alerts that somebody has to answer: how long each role has, and whether anybody is expected to. */
import { z } from "zod";
import { choice, key, positive } from "./kinds.ts";

/** Those who may acknowledge, by the table of roles. */
const role = choice("operator", "risk-officer", "risk-approver", "compliance");

export const alertsSchema = z.strictObject({
  attended: key(
    choice("real-time", "always", "never").default("real-time"),
    "",
    "when critical alerts escalate: in runs at the speed of the clock on the wall, in every run, or in none",
  ),
  acknowledgeS: key(
    positive().default(120),
    "s of the clock on the wall",
    "time each role in turn has to acknowledge a critical alert; after the last, kill.triggers.unacknowledged acts",
  ),
  roles: key(
    z.array(role, { error: "must be a list of roles" }).min(1, { error: "must name at least one role" })
      .default(["operator", "risk-officer", "compliance"]),
    "",
    "who is told first, and whom it goes on to",
  ),
});
