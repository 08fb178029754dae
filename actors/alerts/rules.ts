/**
 * The life of an alert, as pure functions: raised, told on from role to role while nobody acknowledges it, acknowledged,
 * closed with what was done. Wall milliseconds throughout.
 *
 *   state        | raise again        | cause ends              | acknowledge       | close
 *   -------------|--------------------|-------------------------|-------------------|------------------------
 *   raised       | counted            | critical: stays raised, | acknowledged      | ALERT_UNACKNOWLEDGED
 *                |                    |   escalates no further  |                   |
 *                |                    | warning: closed         |                   |
 *   acknowledged | a new alert        | closed                  | ALERT_ANSWERED    | closed
 *   closed       | a new alert        | –                       | ALERT_ANSWERED    | ALERT_ANSWERED
 */
import { UserError } from "../../config/errors.ts";
import { type Alert, type AlertAnswer, type Escalation, mayAct, type Principal, type Role } from "../protocol/mod.ts";

export interface EscalationRule {
  /** Who is told first, and whom it goes on to. */
  readonly roles: readonly Role[];
  /** Time each of them has. */
  readonly acknowledgeMs: number;
}

export const isOpen = ({ state }: Alert): boolean => state !== "closed";

/** The alert once its cause is there again; one that had ended begins anew with the first role. */
export function raisedAgain(alert: Alert, text: string, evidence: Alert["evidence"], now: number): Alert {
  const again = { ...alert, text, evidence, count: alert.count + 1 };
  return alert.ended === null ? again : { ...again, since: now, ended: null, escalated: [] };
}

/** The alert once its cause is gone by itself. */
export function ended(alert: Alert, now: number): Alert {
  const over = alert.severity === "warning" || alert.state === "acknowledged";
  return { ...alert, ended: now, state: over ? "closed" : alert.state };
}

/** Steps that are due and were not taken, in their order. A clock that slept takes them all at once. */
export function due(alert: Alert, { roles, acknowledgeMs }: EscalationRule, now: number): readonly Escalation[] {
  if (alert.state !== "raised" || alert.severity !== "critical" || alert.ended !== null) return [];
  const steps = Math.min(roles.length, Math.floor((now - alert.since) / acknowledgeMs));
  return Array.from({ length: Math.max(0, steps - alert.escalated.length) }, (_, i) => ({
    to: roles[alert.escalated.length + i + 1] ?? "trigger",
    at: now,
    afterMs: now - alert.since,
  }));
}

/** Throws ALERT_ANSWERED. */
export function acknowledged(alert: Alert, by: Principal, text: string, now: number): Alert {
  if (alert.state === "raised") return { ...alert, state: "acknowledged", acknowledged: answer(alert, by, text, now) };
  throw answered(alert);
}

/** Throws ALERT_ANSWERED and ALERT_UNACKNOWLEDGED. */
export function closed(alert: Alert, by: Principal, text: string, now: number): Alert {
  if (alert.state === "closed") throw answered(alert);
  if (alert.state === "raised") {
    throw new UserError(
      "ALERT_UNACKNOWLEDGED",
      `nobody has acknowledged alert ${alert.id}: acknowledge it first, then say what was done`,
    );
  }
  return { ...alert, state: "closed", acted: answer(alert, by, text, now) };
}

function answer({ raised }: Alert, by: Principal, text: string, now: number): AlertAnswer {
  const role = by.roles.find((held) => mayAct([held], "answer-alerts"))!;
  return { person: by.id, role, at: now, afterMs: now - raised, text };
}

function answered({ id, state, acknowledged, acted }: Alert): UserError {
  const by = acted ?? acknowledged;
  const who = by === null ? "" : ` by ${by.person}`;
  return new UserError("ALERT_ANSWERED", `alert ${id} is ${state}${who} already: look at the list of alerts`);
}
