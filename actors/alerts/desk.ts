/**
 * The desk of alerts: raises them, tells them on while nobody answers, and takes the answers of people, each on record with
 * the time it took. Belongs to the node, so that no crash of an actor loses one.
 *
 * An alert that cannot be put on record, or kept in its file, is raised all the same. An answer that cannot be put on record
 * does not count.
 */
import { UserError } from "../../config/errors.ts";
import type { Micros } from "../../runtime/mod.ts";
import {
  ABOUT_TRADERS,
  type Alert,
  type AlertKind,
  ALERTS,
  type AlertsBell,
  type AlertsPort,
  type AlertsView,
  type AnswerTimes,
  type Escalation,
  MATRIX,
  mayAct,
  type Principal,
} from "../protocol/mod.ts";
import { ALERTS_FILE, parseAlertBook, pruned, textOf } from "./book.ts";
import { acknowledged, closed, due, ended, type EscalationRule, isOpen, raisedAgain } from "./rules.ts";

export { ALERTS_FILE };

export interface AlertsDeskOptions {
  readonly file: { read(): string | null; write(text: string): void };
  readonly rule: EscalationRule;
  /** Whether somebody is expected to answer: otherwise nothing escalates. */
  readonly attended: boolean;
  /** Wall milliseconds, and milliseconds of a clock that nobody can set. */
  readonly wall: () => number;
  readonly monotonic: () => number;
  /** Node clock. */
  readonly now: () => Micros;
  /** Appends what happened. */
  readonly note: (event: Readonly<Record<string, unknown>>) => void;
  /** Puts an answer on record; false when it cannot. */
  readonly record: (event: Readonly<Record<string, unknown>> & { readonly action: string }) => boolean;
  /** One line for people. */
  readonly tell: (line: string) => void;
  /** No role answered in its time. */
  readonly unacknowledged: (alert: Alert, afterMs: number) => void;
  readonly onChange: () => void;
}

export class AlertsDesk implements AlertsPort, AlertsBell {
  readonly #options: AlertsDeskOptions;
  readonly #anchor: { readonly wall: number; readonly monotonic: number };
  /** Oldest first. */
  #alerts: readonly Alert[];
  #next: number;
  #dirty = false;
  #complained = false;

  /** Throws ALERTS_FILE. */
  constructor(options: AlertsDeskOptions) {
    this.#options = options;
    const { next, seen, alerts } = parseAlertBook(options.file.read());
    this.#next = next;
    this.#alerts = alerts;
    this.#anchor = { wall: Math.max(seen, options.wall()), monotonic: options.monotonic() };
    const open = alerts.filter(isOpen);
    if (open.length === 0) return;
    options.note({
      alerts: "restored",
      open: open.map(({ id, kind, subject, state }) => ({ id, kind, subject, state })),
    });
    options.tell(`${open.length} alerts from before the start are open: alerts list shows them`);
  }

  raise(kind: AlertKind, subject: string, text: string, evidence: Readonly<Record<string, unknown>> = {}): void {
    const { note, tell, rule, now: time, onChange } = this.#options;
    const now = this.#now();
    const severity = ALERTS[kind];
    // No number: equal runs have equal logs, and numbers go on from run to run.
    note({ alert: kind, severity, subject, text, ...evidence });
    const known = this.#of(kind, subject).find(({ state }) => state === "raised");
    if (known !== undefined) {
      this.#replace(raisedAgain(known, text, evidence, now));
      this.#dirty = true;
    } else {
      const alert: Alert = {
        ...{ id: this.#next++, kind, severity, subject, text, evidence, state: "raised", raised: now, since: now },
        ...{ time: time(), count: 1, escalated: [], acknowledged: null, acted: null, ended: null },
      };
      this.#alerts = pruned([...this.#alerts, alert]);
      this.#keep();
      if (severity === "critical") tell(`alert ${alert.id} for ${rule.roles[0]}: ${text}`);
    }
    onChange();
  }

  end(kind: AlertKind, subject: string): void {
    const going = this.#of(kind, subject).filter((alert) => alert.ended === null);
    if (going.length === 0) return;
    this.#options.note({ ended: kind, subject });
    for (const alert of going) this.#replace(ended(alert, this.#now()));
    this.#keep();
    this.#options.onChange();
  }

  /** Time has passed: tells on what nobody answered. Call it now and then. */
  look(): void {
    const { attended, rule } = this.#options;
    const now = this.#now();
    for (const alert of attended ? this.#alerts : []) {
      for (const step of due(alert, rule, now)) this.#escalate(alert.id, step);
    }
    if (this.#dirty) this.#keep();
  }

  acknowledge(by: Principal, id: number, text: string, from: string): Alert {
    return this.#answer(by, id, text, from, "alert-acknowledged", acknowledged);
  }

  close(by: Principal, id: number, text: string, from: string): Alert {
    return this.#answer(by, id, text, from, "alert-closed", closed);
  }

  view(by: Principal): AlertsView {
    const { attended, rule } = this.#options;
    const alerts = this.#alerts.filter(({ kind }) => maySee(by, kind)).toReversed();
    return {
      attended,
      acknowledgeMs: rule.acknowledgeMs,
      roles: rule.roles,
      now: this.#now(),
      waiting: alerts.filter(({ state }) => state === "raised").length,
      acknowledgement: timesOf(
        alerts.flatMap(({ acknowledged }) => acknowledged === null ? [] : [acknowledged.afterMs]),
      ),
      action: timesOf(alerts.flatMap(({ acted }) => acted === null ? [] : [acted.afterMs])),
      alerts,
    };
  }

  #escalate(id: number, step: Escalation): void {
    const { note, tell, unacknowledged, onChange } = this.#options;
    const alert = this.#alerts.find((one) => one.id === id)!;
    const { kind, subject, text } = alert;
    this.#replace({ ...alert, escalated: [...alert.escalated, step] });
    note({ escalated: kind, subject, to: step.to, afterMs: step.afterMs, alertId: id, text });
    this.#keep();
    const seconds = Math.round(step.afterMs / 1_000);
    if (step.to === "trigger") unacknowledged(alert, step.afterMs);
    else tell(`alert ${id} for ${step.to}, unacknowledged for ${seconds} s: ${text}`);
    onChange();
  }

  #answer(
    by: Principal,
    id: number,
    text: string,
    from: string,
    action: string,
    step: (alert: Alert, by: Principal, text: string, now: number) => Alert,
  ): Alert {
    const { record, onChange } = this.#options;
    const who = { who: by.id, from };
    try {
      permit(by);
      const alert = this.#alerts.find((one) => one.id === id);
      if (alert === undefined) throw unknown(id, this.#alerts);
      if (text.trim() === "") {
        throw new UserError("ALERT_TEXT", `say in words what you found or did about alert ${id}; it goes on record`);
      }
      const next = step(alert, by, text, this.#now());
      const answer = (next.acted ?? next.acknowledged)!;
      const { role, afterMs } = answer;
      const { kind, subject, time } = alert;
      if (!record({ action, ...who, role, alertId: id, alert: kind, subject, raisedAt: time, afterMs, reason: text })) {
        throw new UserError(
          "AUDIT_FAILED",
          "the audit log cannot record, so the answer does not count: kill, and mend it",
        );
      }
      this.#replace(next);
      this.#keep();
      onChange();
      return next;
    } catch (error) {
      if (error instanceof UserError && error.code !== "AUDIT_FAILED") {
        record({ action: "alert-refused", ...who, alertId: id, code: error.code, asked: action });
      }
      throw error;
    }
  }

  #of(kind: AlertKind, subject: string): Alert[] {
    return this.#alerts.filter((one) => one.kind === kind && one.subject === subject && isOpen(one));
  }

  #replace(alert: Alert): void {
    this.#alerts = this.#alerts.map((one) => one.id === alert.id ? alert : one);
  }

  /** The wall clock as it was at the start, and the time since by one that nobody can set. */
  #now(): number {
    const { wall, monotonic } = this.#anchor;
    return wall + this.#options.monotonic() - monotonic;
  }

  #keep(): void {
    const { file, tell } = this.#options;
    this.#dirty = false;
    try {
      file.write(textOf({ next: this.#next, seen: this.#now(), alerts: this.#alerts }));
      this.#complained = false;
    } catch (error) {
      if (!this.#complained) tell(`alerts are on record but not in ${ALERTS_FILE}: ${(error as Error).message}`);
      this.#complained = true;
    }
  }
}

function permit(by: Principal): void {
  if (by.actions.includes("answer-alerts") && mayAct(by.roles, "answer-alerts")) return;
  throw new UserError(
    "ROLE_FORBIDDEN",
    `${by.id} may not answer-alerts: that takes one of ${MATRIX["answer-alerts"].join(", ")}`,
  );
}

function maySee({ actions }: Principal, kind: AlertKind): boolean {
  return !ABOUT_TRADERS.includes(kind) || actions.includes("answer-alerts") || actions.includes("view-executions");
}

function unknown(id: number, alerts: readonly Alert[]): UserError {
  const open = alerts.filter(isOpen).map((one) => one.id);
  const there = open.length === 0 ? "none is open" : `open are ${open.join(", ")}`;
  return new UserError("UNKNOWN_ALERT", `there is no alert ${id}: ${there}`);
}

function timesOf(millis: number[]): AnswerTimes {
  const sorted = millis.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    medianMs: sorted[Math.floor((sorted.length - 1) / 2)] ?? null,
    longestMs: sorted.at(-1) ?? null,
  };
}
