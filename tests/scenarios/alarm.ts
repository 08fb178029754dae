/** The desk of alerts on a floor: by the floor's own time, wired to the kill switch as a node wires it, and its records. */
import { AlertsDesk } from "../../actors/alerts/mod.ts";
import { GuardianBooks } from "../../actors/guardians/books.ts";
import { Triggers } from "../../actors/guardians/triggers.ts";
import { triggerRules } from "../../actors/node/triggers.ts";
import { loadConfig } from "../../config/mod.ts";
import { ACTIONS, mayAct, type Principal, type Role } from "../../actors/protocol/mod.ts";
import type { Floor } from "./floor.ts";

export interface Alarm {
  readonly desk: AlertsDesk;
  /** What people did, as it stands on record. */
  readonly answers: Readonly<Record<string, unknown>>[];
}

/** As configured where nobody configured anything: two minutes for each of three roles, then only cancels. */
export function alarmOn(floor: Floor): Alarm {
  const { config } = loadConfig({ environment: {}, directory: "." });
  const millis = () => floor.now / 1_000;
  const triggers = new Triggers({
    ...{ rules: triggerRules(config), control: floor.control, books: new GuardianBooks([]) },
    ...{ strategies: [], accounts: [], instruments: [], heldAtGate: () => 0 },
    ...{ wall: () => floor.now * 1_000, monotonic: () => floor.now * 1_000, note: () => {}, onRequest: () => {} },
  });
  const answers: Readonly<Record<string, unknown>>[] = [];
  const { acknowledgeS, roles } = config.alerts;
  const desk = new AlertsDesk({
    ...{ file: { read: () => null, write: () => {} }, attended: true, wall: millis, monotonic: millis },
    ...{ now: () => floor.now, note: () => {}, tell: () => {}, onChange: () => {} },
    rule: { roles, acknowledgeMs: acknowledgeS * 1_000 },
    record: (answer) => answers.push(answer) > 0,
    unacknowledged: ({ text }, afterMs) => triggers.unacknowledged(text, afterMs, acknowledgeS * 1_000 * roles.length),
  });
  return { desk, answers };
}

export function whoIs(role: Role): Principal {
  const actions = ACTIONS.filter((action) => mayAct([role], action));
  return { kind: "person", id: role, person: role, roles: [role], actions, session: null };
}
