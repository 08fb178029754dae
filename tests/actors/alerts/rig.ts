/** A desk of alerts with clocks that tests move, a file in memory, and a record they can see. */
import { AlertsDesk, type AlertsDeskOptions } from "../../../actors/alerts/mod.ts";
import { ACTIONS, mayAct, type Principal, type Role } from "../../../actors/protocol/mod.ts";

export const START = Date.UTC(2026, 0, 5, 9);
export const MINUTE = 60_000;

export interface AlertRig {
  readonly desk: AlertsDesk;
  readonly file: { text: string | null };
  /** On record: what happened, and what people did. */
  readonly notes: Record<string, unknown>[];
  readonly answers: Record<string, unknown>[];
  readonly told: string[];
  /** Alerts that nobody answered, with the milliseconds that took. */
  readonly fired: (readonly [id: number, afterMs: number])[];
  logWorks: boolean;
  diskWorks: boolean;
  /** Time passes on both clocks, and the desk looks. */
  pass(millis: number): void;
  /** The wall clock is set. */
  jump(millis: number): void;
  /** As after a restart of the node that took `downMs`. */
  again(downMs: number, more?: Partial<AlertsDeskOptions>): AlertRig;
}

export interface RigStart {
  readonly file?: { text: string | null };
  readonly wall?: number;
  readonly more?: Partial<AlertsDeskOptions>;
}

/** Three roles, a minute each. */
export function openAlerts({ file = { text: null }, wall: start = START, more = {} }: RigStart = {}): AlertRig {
  let [wall, monotonic] = [start, 5];
  const rig = {
    file,
    notes: [] as Record<string, unknown>[],
    answers: [] as Record<string, unknown>[],
    told: [] as string[],
    fired: [] as (readonly [number, number])[],
    logWorks: true,
    diskWorks: true,
  };
  const desk = new AlertsDesk({
    file: {
      read: () => file.text,
      write(text) {
        if (!rig.diskWorks) throw new Error("no space left on device");
        file.text = text;
      },
    },
    rule: { roles: ["operator", "risk-officer", "compliance"], acknowledgeMs: MINUTE },
    attended: true,
    wall: () => wall,
    monotonic: () => monotonic,
    now: () => 7,
    note: (event) => void rig.notes.push(event),
    record(event) {
      if (rig.logWorks) rig.answers.push(event);
      return rig.logWorks;
    },
    tell: (line) => void rig.told.push(line),
    unacknowledged: ({ id }, afterMs) => void rig.fired.push([id, afterMs]),
    onChange: () => {},
    ...more,
  });
  return Object.assign(rig, {
    desk,
    pass(millis: number) {
      wall += millis;
      monotonic += millis;
      desk.look();
    },
    jump: (millis: number) => void (wall += millis),
    again: (downMs: number, more?: Partial<AlertsDeskOptions>) => openAlerts({ file, wall: wall + downMs, more }),
  });
}

export function person(id: string, ...roles: Role[]): Principal {
  const actions = ACTIONS.filter((action) => mayAct(roles, action));
  return { kind: "person", id, person: id, roles, actions, session: null };
}

export const OPS = person("ops", "operator");
export const BOB = person("bob", "risk-officer");
export const DAN = person("dan", "compliance");
export const TIM = person("tim", "trader");
export const ANN = person("ann", "auditor");
