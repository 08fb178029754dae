/**
 * What the page knows of the controls: read while they are looked at, at once after a change and otherwise at most once
 * a second; and the changes that people ask for.
 */
import { effect, type Signal, signal } from "@preact/signals";
import type { ControlTree, FactsInForce, Refusal, RejectSeries } from "../../protocol/controls.ts";
import type { FlattenRun, FlattenView } from "../../protocol/flatten.ts";
import type { LimitRef, LimitsView } from "../../protocol/limits.ts";
import { authorised, problemText } from "./api.ts";
import { refName } from "./limit_text.ts";
import { controlsSeen, fresh, place, self, snapshot, token } from "./state.ts";
import { afterMillis, wallMillis } from "./wall.ts";

const EVERY_MS = 1_000;
const SHOWN_REFUSALS = 100;

export interface Read<T> {
  readonly value: T | null;
  /** Why it could not be read, in one sentence. */
  readonly problem: string | null;
}

const nothing = { value: null, problem: null };
export const tree = signal<Read<ControlTree>>(nothing);
export const limits = signal<Read<LimitsView>>(nothing);
export const rejects = signal<Read<RejectSeries>>(nothing);
export const refusals = signal<Read<{ readonly items: readonly Refusal[] }>>(nothing);
export const facts = signal<Read<FactsInForce>>(nothing);
export const flattens = signal<Read<FlattenView>>(nothing);

const reads: readonly (readonly [Signal<Read<unknown>>, string])[] = [
  [tree, "/controls/tree"],
  [limits, "/limits"],
  [rejects, "/controls/rejects"],
  [refusals, `/controls/refusals?limit=${SHOWN_REFUSALS}`],
  [facts, "/controls/facts"],
  [flattens, "/flattens"],
] as readonly (readonly [Signal<Read<unknown>>, string])[];

let busy = false;
let again = false;

/** Reads everything anew; asked while it reads, it reads once more. */
export async function readControls(): Promise<void> {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  do {
    again = false;
    const seen = snapshot.peek()?.controls.changes ?? 0;
    await Promise.all(reads.map(async ([into, path]) => {
      try {
        into.value = { value: await get(path), problem: null };
      } catch (error) {
        into.value = { value: null, problem: sentenceOf(error) };
      }
    }));
    if (place.peek() === "controls") controlsSeen.value = seen;
  } while (again);
  busy = false;
}

export function startControls(): void {
  let askedAt = -Infinity;
  let changes = -1;
  let waiting = false;
  effect(() => {
    const now = snapshot.value;
    // Who looks decides what may be seen; a quiet node that is heard again sends no snapshot that is known already.
    void [self.value, token.value, fresh.value];
    if (now === null || place.value !== "controls" || waiting) return;
    const due = now.controls.changes === changes ? askedAt + EVERY_MS - wallMillis() : 0;
    waiting = true;
    afterMillis(Math.max(0, due), () => {
      waiting = false;
      if (place.peek() !== "controls" || !fresh.peek()) return;
      askedAt = wallMillis();
      changes = snapshot.peek()?.controls.changes ?? -1;
      readControls();
    });
  });
}

async function get(path: string): Promise<unknown> {
  const response = await fetch(`/api/v1${path}`, { headers: authorised({}) });
  if (!response.ok) throw new Error(await problemText(response));
  return await response.json();
}

function sentenceOf(error: unknown): string {
  if (error instanceof TypeError) return "the node cannot be reached";
  return error instanceof Error ? error.message : String(error);
}

export interface Outcome {
  readonly ok: boolean;
  readonly text: string;
}

async function post<T>(
  path: string,
  body: unknown,
  doneText: (answer: T) => string,
  unknown: string,
): Promise<Outcome> {
  let outcome: Outcome;
  try {
    const response = await fetch(`/api/v1${path}`, {
      method: "POST",
      headers: authorised({ "content-type": "application/json" }),
      body: JSON.stringify(body),
    });
    if (response.ok) outcome = { ok: true, text: doneText(await response.json() as T) };
    else outcome = { ok: false, text: await problemText(response) };
  } catch {
    outcome = {
      ok: false,
      text: `the node cannot be reached, so it is not known whether ${unknown}: look before asking again`,
    };
  }
  readControls();
  return outcome;
}

function change(path: string, body: unknown, done: string): Promise<Outcome> {
  const text = ({ lowered }: { readonly lowered: readonly LimitRef[] }) =>
    done + (lowered.length === 0 ? "" : ` With it came down: ${lowered.map(refName).join(", ")}.`);
  return post(`/limits/${path}`, body, text, "the limit changed");
}

/** Never reject: what went wrong is the outcome. */
export const tighten = (ref: LimitRef, value: number | string, reason: string): Promise<Outcome> =>
  change("tightenings", { ...refOf(ref), value, reason }, "Tightened: it counts now.");
/** `expires`: when it would go back by itself, as a date in ISO format; null: it stays. */
export const propose = (ref: LimitRef, value: number | string, reason: string, expires: string | null) =>
  change("proposals", { ...refOf(ref), value, reason, expires }, "Proposed: a second person of another role decides.");
export const approve = (id: number, digest: string, reason: string): Promise<Outcome> =>
  change(`proposals/${id}/approval`, { digest, reason }, `Change ${id} approved: it counts now.`);
export const withdraw = (id: number, reason: string): Promise<Outcome> =>
  change(`proposals/${id}/withdrawal`, { reason }, `Change ${id} withdrawn.`);

const refOf = ({ scope, limit, instrument }: LimitRef): LimitRef => ({ scope, limit, instrument });

export const beginFlatten = (scope: string, reason: string): Promise<Outcome> =>
  post<FlattenRun>(
    "/flattens",
    { scope, reason },
    ({ id, lines }) => `Closing ${id} has begun: ${lines.length} position${lines.length === 1 ? "" : "s"}.`,
    "closing has begun",
  );
export const stopFlatten = (id: number, reason: string): Promise<Outcome> =>
  post<FlattenRun>(`/flattens/${id}/stop`, { reason }, () => `Closing ${id} is stopped.`, "closing has stopped");
