/**
 * Alerts that somebody has to answer: what kinds there are and which of them cannot wait, what is known of one, and what may
 * be asked. The rule of escalation: `actors/alerts/rules.ts`.
 */
import type { Micros } from "../../runtime/mod.ts";
import type { Principal } from "./access.ts";
import type { ConcernKind } from "./concerns.ts";
import type { Role } from "./roles.ts";

/** A critical alert waits for a person; a warning is shown, and is over when its cause is. */
export type Severity = "critical" | "warning";

/** How grave each concern is as an alert. What heals by itself when the outside world does is a warning. */
const OF_CONCERNS = {
  "stale-market": "warning",
  "portfolio-drawdown": "critical",
  "gave-up": "critical",
  "halted": "critical",
  "audit-failure": "critical",
  "audit-sink": "critical",
  "venue-breaker": "warning",
  "store-breaker": "warning",
  "position-mismatch": "critical",
  "order-mismatch": "critical",
  "fill-mismatch": "critical",
  "report-mismatch": "critical",
  "credit-mismatch": "critical",
  "surveillance-gap": "warning",
  "broker-down": "warning",
  "broker-fallback": "warning",
  "gateway-lease": "critical",
  "cluster-silence": "critical",
  "release-mismatch": "critical",
} as const satisfies Readonly<Record<ConcernKind, Severity>>;

/** Every kind of alert with its severity. */
export const ALERTS = {
  ...OF_CONCERNS,
  /** A rule of the kill switch made a scope stricter. */
  "trigger": "critical",
  /** A kill left orders whose end nobody knows. */
  "orders-unknown": "critical",
  /** Execution reports never reached the feed. */
  "surveillance-lost": "critical",
  "layering": "critical",
  "credit-warning": "warning",
} as const satisfies Readonly<Record<string, Severity>>;
export type AlertKind = keyof typeof ALERTS;

/** Kinds about who trades: shown to those who answer alerts and those who watch over trading, not to the desk. */
export const ABOUT_TRADERS: readonly AlertKind[] = ["layering"];

export interface AlertAnswer {
  readonly person: string;
  readonly role: Role;
  /** Wall milliseconds. */
  readonly at: number;
  /** Milliseconds since the alert was raised. */
  readonly afterMs: number;
  readonly text: string;
}

export interface Escalation {
  /** Who was told; "trigger": nobody answered, and the kill switch was pulled. */
  readonly to: Role | "trigger";
  readonly at: number;
  readonly afterMs: number;
}

export type AlertState = "raised" | "acknowledged" | "closed";

export interface Alert {
  /** From 1, for as long as the data directory lives. */
  readonly id: number;
  readonly kind: AlertKind;
  readonly severity: Severity;
  /** What it is about; "" for the node as a whole. */
  readonly subject: string;
  /** One sentence. */
  readonly text: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly state: AlertState;
  /** Wall milliseconds at which it was raised; and since when its cause has been there without a break. */
  readonly raised: number;
  readonly since: number;
  /** Node clock. */
  readonly time: Micros;
  /** Times it was raised while it was open. */
  readonly count: number;
  readonly escalated: readonly Escalation[];
  readonly acknowledged: AlertAnswer | null;
  /** What was done about it, which closes it; null also where its cause ended by itself. */
  readonly acted: AlertAnswer | null;
  /** When its cause ended by itself. */
  readonly ended: number | null;
}

/** How long people took, over the alerts that are at hand. */
export interface AnswerTimes {
  readonly count: number;
  readonly medianMs: number | null;
  readonly longestMs: number | null;
}

export interface AlertsView {
  /** Whether critical alerts escalate here. */
  readonly attended: boolean;
  /** Time each role in turn has to answer, and the roles. */
  readonly acknowledgeMs: number;
  readonly roles: readonly Role[];
  /** Wall milliseconds, to tell ages by. */
  readonly now: number;
  readonly waiting: number;
  readonly acknowledgement: AnswerTimes;
  readonly action: AnswerTimes;
  /** Newest first; closed ones as far as they are kept. */
  readonly alerts: readonly Alert[];
}

/** What people may ask. Throws UserError with the code of the refusal. */
export interface AlertsPort {
  view(by: Principal): AlertsView;
  acknowledge(by: Principal, id: number, text: string, from: string): Alert;
  /** Says what was done, which closes it. */
  close(by: Principal, id: number, text: string, from: string): Alert;
}

/** What actors and rules may do: an alert of a kind and subject that is open is raised once more, not anew. */
export interface AlertsBell {
  raise(kind: AlertKind, subject: string, text: string, evidence?: Readonly<Record<string, unknown>>): void;
  /** Its cause is gone. */
  end(kind: AlertKind, subject: string): void;
}

/** "45 s", "12 min", "3.5 h". */
export function ageText(millis: number): string {
  const seconds = Math.max(0, millis) / 1_000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
