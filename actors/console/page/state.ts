/**
 * What the page knows: the last snapshot received, the state of the connection, and what the operator has chosen.
 *
 * Components read signals and draw; only `stream.ts` and `api.ts` fill them with what the node sent.
 */
import { computed, signal } from "@preact/signals";
import type { CrashSummary } from "../../protocol/crashes.ts";
import type { NodeSnapshot, OrderView } from "../../protocol/view.ts";

export type Snapshot = NodeSnapshot & { readonly actorsTotal: number };

export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** Hidden pages do not read, so that watching costs nothing. */
  | { readonly kind: "paused" }
  /** `since` in page milliseconds. */
  | { readonly kind: "lost"; readonly since: number; readonly detail: string }
  /** Reading needs a log-in or the token: people are enrolled, or the console is bound beyond loopback. */
  | { readonly kind: "locked" };

export const snapshot = signal<Snapshot | null>(null);
export const link = signal<Link>({ kind: "connecting" });
/** Page milliseconds, once a second: for ages. */
export const now = signal(0);

export interface Self {
  readonly id: string;
  readonly roles: readonly string[];
  readonly actions: readonly string[];
}
/** Who is logged in; null when nobody is. */
export const self = signal<Self | null>(null);

/** In memory only: gone with the page. */
export const token = signal("");

export const orders = signal<readonly OrderView[] | null>(null);
export const orderProblem = signal<string | null>(null);
export const orderFilter = signal<{ readonly organism: string; readonly status: OrderView["status"] | "" }>({
  organism: "",
  status: "",
});

/** Newest first. */
export const crashes = signal<readonly CrashSummary[]>([]);
export const crashProblem = signal<string | null>(null);
/** The crash whose record is open. */
export const chosenCrash = signal<number | null>(null);
/** What stands in the place at the bottom. */
export const bottom = signal<"orders" | "crashes">("orders");
/** Which of the two pages is shown. */
export const place = signal<"desk" | "controls">("desk");
/** `controls.changes` when somebody last looked at the controls. */
export const controlsSeen = signal(0);
/** Crashes when the operator last looked at them. */
export const crashesSeen = signal(0);

export const chosenSymbol = signal<string | null>(null);
export const chosenOrganism = signal<string | null>(null);
export const chosenActor = signal<string | null>(null);
export const folded = signal<ReadonlySet<string>>(new Set());

/** The instrument whose book is shown: the chosen one, or the first. */
export const instrument = computed(() => {
  const all = snapshot.value?.instruments ?? [];
  return all.find((candidate) => candidate.symbol === chosenSymbol.value) ?? all[0] ?? null;
});

export const instrumentsBySymbol = computed(() =>
  new Map((snapshot.value?.instruments ?? []).map((known) => [known.symbol, known]))
);

/** The one currency of all instruments, or null when there are several and money cannot carry a name. */
export const currency = computed(() => {
  const all = new Set((snapshot.value?.instruments ?? []).map((known) => known.currency));
  return all.size === 1 ? [...all][0] : null;
});

/** Whether what is shown is the present. */
export const fresh = computed(() => link.value.kind === "live");

/** Messages handled per second by actor path, measured between two receipts RATE_WINDOW_MS or more apart. */
export const rates = signal<ReadonlyMap<string, number>>(new Map());
const RATE_WINDOW_MS = 2_000;
/** After a longer gap an average would say little about now. */
const RATE_GAP_MS = 10_000;

interface Receipt {
  readonly snapshot: Snapshot;
  /** Page milliseconds. */
  readonly at: number;
}
let base: Receipt | null = null;

/** Takes in a snapshot that arrived at `at`, page milliseconds. */
export function receive(next: Snapshot, at: number): void {
  const known = base !== null && base.snapshot.startedWall === next.startedWall && at - base.at < RATE_GAP_MS;
  if (base === null || !known) {
    base = { snapshot: next, at };
    rates.value = new Map();
  } else if (at - base.at >= RATE_WINDOW_MS) {
    rates.value = ratesBetween(base.snapshot, next, (at - base.at) / 1000);
    base = { snapshot: next, at };
  }
  snapshot.value = next;
}

/** Actors that are new, or whose count went back, have no rate yet. */
export function ratesBetween(
  before: Pick<Snapshot, "actors">,
  after: Pick<Snapshot, "actors">,
  seconds: number,
): Map<string, number> {
  const handled = new Map(before.actors.map((actor) => [actor.path, actor.handled]));
  const result = new Map<string, number>();
  for (const actor of after.actors) {
    const start = handled.get(actor.path);
    if (start !== undefined && actor.handled >= start) result.set(actor.path, (actor.handled - start) / seconds);
  }
  return result;
}
