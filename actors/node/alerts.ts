/** The desk of alerts of a node, and what rings it: concerns of the mode, triggers, kills, and what was found after trade. */
import { RecordType } from "../../ffi/layout.gen.ts";
import type { ActorSystem } from "../../runtime/mod.ts";
import type { ConcernReport } from "../../supervision/mod.ts";
import { AlertsDesk } from "../alerts/mod.ts";
import { type Alert, type AlertKind, ALERTS, type AlertsBell, type KillReport } from "../protocol/mod.ts";
import type { Ground } from "./ground.ts";
import { type Journal, noteDurably } from "./journal.ts";
import { memoryFile } from "./rearm.ts";

const NANOS_PER_MILLI = 1e6;
const MILLIS_PER_SECOND = 1_000;

export interface NodeAlertsOptions {
  readonly ground: Ground;
  readonly journal: Journal;
  readonly system: ActorSystem;
  /** Pulls the kill switch for an alert that no role answered. */
  readonly unacknowledged: (detail: string, afterMs: number, limitMs: number) => void;
  readonly onChange: () => void;
}

/** Throws ALERTS_FILE. */
export function alertsDesk({ ground, journal, system, unacknowledged, onChange }: NodeAlertsOptions): AlertsDesk {
  const { config, audit, wall, err } = ground;
  const { attended, acknowledgeS, roles } = config.alerts;
  const rule = { roles, acknowledgeMs: acknowledgeS * MILLIS_PER_SECOND };
  return new AlertsDesk({
    file: ground.alertsFile ?? memoryFile(),
    rule,
    attended: attended === "always" || attended === "real-time" && config.node.speed === 1,
    wall: () => wall.nanos() / NANOS_PER_MILLI,
    monotonic: () => system.stopwatch.now() / NANOS_PER_MILLI,
    now: () => system.clock.now(),
    note: (event) => void quietly(() => journal.note(RecordType.Note, event)),
    record: (event) => noteDurably(journal, audit, RecordType.OperatorAction, event),
    tell: err,
    unacknowledged: ({ id, text }: Alert, afterMs) =>
      unacknowledged(`nobody acknowledged alert ${id}: ${text}`, afterMs, roles.length * rule.acknowledgeMs),
    onChange,
  });
}

/** A log that cannot record has shut the gate; whoever rings must not stumble over it as well. */
function quietly(note: () => unknown): void {
  try {
    note();
  } catch { /* The failure of the log is a concern of its own, told by whoever commits it. */ }
}

/** Rings for a concern that is new, and says when it is over. */
export function ringForConcern(bell: AlertsBell, { id, active, detail }: ConcernReport): void {
  const [kind, ...subject] = id.split(":");
  const about = subject.join(":");
  if (active) bell.raise(kind as AlertKind, about, detail);
  else bell.end(kind as AlertKind, about);
}

/** Rings when a rule of the kill switch fired; other notes are none of its business. */
export function ringForTrigger(bell: AlertsBell, note: unknown): void {
  const { trigger, scope, state, detail } = note as Readonly<Record<string, string | undefined>>;
  if (trigger === undefined) return;
  const { measured, limit } = note as { readonly measured: number; readonly limit: number };
  bell.raise("trigger", `${trigger}:${scope}`, `${scope} is ${state}: ${detail}`, { measured, limit });
}

/** Rings for orders that a kill could not account for. */
export function ringForKill(bell: AlertsBell, { scope, unknown, epoch }: KillReport): void {
  if (unknown === 0) return;
  const text = `${unknown} orders of ${scope || "firm"} have no known end after its kill: ask the venue`;
  bell.raise("orders-unknown", scope || "firm", text, { unknown, epoch });
}

/** Rings for what was found after trade, where a concern does not ring for it already. */
export function ringForPostTrade(bell: AlertsBell, alert: string, text: string, facts: object): boolean {
  if (!Object.hasOwn(ALERTS, alert) || alert.endsWith("-mismatch")) return false;
  const { scope = "" } = facts as { readonly scope?: string };
  bell.raise(alert as AlertKind, scope, text, { ...facts });
  return true;
}
