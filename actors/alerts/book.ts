/** `alerts.json` of the data directory: alerts that wait, and the latest that do not, so that a restart forgets nothing. */
import { z } from "zod";
import { type Alert, type AlertKind, ALERTS } from "../protocol/alerts.ts";
import { ROLES } from "../protocol/roles.ts";
import { parseStateText } from "../protocol/state_text.ts";
import { isOpen } from "./rules.ts";

export const ALERTS_FILE = "alerts.json";
/** Closed ones that are kept. */
const KEPT = 200;

const millis = z.number().min(0);
const answer = z.strictObject({
  person: z.string(),
  role: z.enum(ROLES),
  at: millis,
  afterMs: z.number(),
  text: z.string(),
}).nullable();

const BookSchema = z.strictObject({
  version: z.literal(1),
  next: z.int().min(1),
  /** Latest time known, so that a clock that was put back stops nobody's time. */
  seen: millis,
  /** Oldest first. */
  alerts: z.array(z.strictObject({
    id: z.int().min(1),
    kind: z.enum(Object.keys(ALERTS) as [AlertKind, ...AlertKind[]]),
    severity: z.enum(["critical", "warning"]),
    subject: z.string(),
    text: z.string(),
    evidence: z.record(z.string(), z.unknown()),
    state: z.enum(["raised", "acknowledged", "closed"]),
    raised: millis,
    since: millis,
    time: z.number(),
    count: z.int().min(1),
    escalated: z.array(z.strictObject({
      to: z.enum([...ROLES, "trigger"]),
      at: millis,
      afterMs: z.number(),
    })),
    acknowledged: answer,
    acted: answer,
    ended: millis.nullable(),
  })),
});

export interface AlertBook {
  readonly next: number;
  readonly seen: number;
  readonly alerts: readonly Alert[];
}

/** Throws ALERTS_FILE. */
export function parseAlertBook(text: string | null): AlertBook {
  if (text === null) return { next: 1, seen: 0, alerts: [] };
  return parseStateText(BookSchema, text, {
    code: "ALERTS_FILE",
    name: ALERTS_FILE,
    otherwise: "move it away: the audit log keeps what was raised and answered, and nothing waits any more",
  });
}

export const textOf = (book: AlertBook): string => `${JSON.stringify({ version: 1, ...book }, null, 1)}\n`;

/** Without the oldest of those that are closed. */
export function pruned(alerts: readonly Alert[]): Alert[] {
  const surplus = alerts.filter((alert) => !isOpen(alert)).length - KEPT;
  let left = Math.max(0, surplus);
  return left === 0 ? [...alerts] : alerts.filter((alert) => isOpen(alert) || left-- <= 0);
}
