/** The page's requests for crashes: the list after every change, the open record when it is chosen or decided about. */
import { effect, signal } from "@preact/signals";
import type { CrashSummary, CrashView } from "../../protocol/crashes.ts";
import { authorised, problemText } from "./api.ts";
import { bottom, chosenCrash, crashes, crashesSeen, crashProblem, snapshot } from "./state.ts";
import { afterMillis, wallMillis } from "./wall.ts";

export const SHOWN_CRASHES = 200;
/** Shortest time between two requests for the list, milliseconds. */
const EVERY_MS = 1_000;

export type OpenRecord =
  | { readonly id: number; readonly kind: "loading" }
  | { readonly id: number; readonly kind: "failed"; readonly detail: string }
  | { readonly id: number; readonly kind: "here"; readonly crash: CrashView };

/** The record of the chosen crash; null when none is chosen. */
export const openRecord = signal<OpenRecord | null>(null);

export function startCrashes(): void {
  let asked = "";
  let askedAt = -Infinity;
  let due = false;
  effect(() => {
    const now = snapshot.value;
    const state = now === null ? "" : `${now.startedWall} ${now.crashes.changes}`;
    if (state === asked || due || now === null) return;
    due = true;
    afterMillis(Math.max(0, askedAt + EVERY_MS - wallMillis()), () => {
      due = false;
      askedAt = wallMillis();
      asked = state;
      askList();
    });
  });
  effect(() => {
    const id = chosenCrash.value;
    if (id === null) openRecord.value = null;
    else if (openRecord.peek()?.id !== id) {
      openRecord.value = { id, kind: "loading" };
      askRecord(id);
    }
  });
  // A record that was open when its supervisor decided shows what it decided.
  effect(() => {
    const known = crashes.value.find(({ id }) => id === chosenCrash.peek());
    const open = openRecord.peek();
    if (known !== undefined && open?.kind === "here" && open.crash.decision.kind !== known.decision.kind) {
      askRecord(known.id);
    }
  });
}

async function askList(): Promise<void> {
  try {
    const { items, total } = await get<{ items: CrashSummary[]; total: number }>(`/crashes?limit=${SHOWN_CRASHES}`);
    crashes.value = items;
    crashProblem.value = null;
    if (bottom.value === "crashes") crashesSeen.value = total;
  } catch (error) {
    crashProblem.value = messageOf(error);
  }
}

async function askRecord(id: number): Promise<void> {
  let answer: OpenRecord;
  try {
    answer = { id, kind: "here", crash: await get<CrashView>(`/crashes/${id}`) };
  } catch (error) {
    const detail = messageOf(error);
    const instead = `deno task cwts crash show ${id} reads it from the data directory`;
    answer = { id, kind: "failed", detail: error instanceof TypeError ? `${detail}; ${instead}` : detail };
  }
  if (chosenCrash.value === id) openRecord.value = answer;
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(`/api/v1${path}`, { headers: authorised({}) });
  if (!response.ok) throw new Error(await problemText(response));
  return await response.json();
}

function messageOf(error: unknown): string {
  if (error instanceof TypeError) return "the node cannot be reached";
  return error instanceof Error ? error.message : String(error);
}
