/** The page's requests: orders, kill and re-arm. */
import { effect } from "@preact/signals";
import type { KillReport } from "../../protocol/control.ts";
import type { OrderView } from "../../protocol/view.ts";
import { fresh, orderFilter, orderProblem, orders, snapshot, token } from "./state.ts";
import { afterMillis, wallMillis } from "./wall.ts";

export const SHOWN_ORDERS = 200;
/** Shortest time between two requests for orders, milliseconds. */
const ORDERS_EVERY_MS = 1_000;

/** The headers, with the token when there is one. */
export function authorised(headers: Record<string, string>): Record<string, string> {
  return token.value === "" ? headers : { ...headers, authorization: `Bearer ${token.value}` };
}

/** What a failed answer says. */
export async function problemText(response: Response): Promise<string> {
  const body = await response.json().catch(() => null) as { detail?: string } | null;
  return body?.detail ?? `the console answered ${response.status}`;
}

export type Verb = "kill" | "rearm";
export type CommandResult =
  | { readonly ok: true; readonly verb: "kill"; readonly report: KillReport }
  | { readonly ok: true; readonly verb: "rearm"; readonly scope: string; readonly state: string | null }
  | { readonly ok: false; readonly verb: Verb; readonly scope: string; readonly detail: string };

/** Never rejects: what went wrong is part of the result. */
export async function sendCommand(verb: Verb, scope: string, reason: string): Promise<CommandResult> {
  try {
    const response = await fetch(`/api/v1/${verb}`, {
      method: "POST",
      headers: authorised({ "content-type": "application/json" }),
      body: JSON.stringify({ scope, reason }),
    });
    if (!response.ok) return { ok: false, verb, scope, detail: await problemText(response) };
    const body = await response.json();
    return verb === "kill" ? { ok: true, verb, report: body as KillReport } : { ok: true, verb, ...body };
  } catch {
    const detail = "the node cannot be reached from this page; use the kill command in a terminal";
    return { ok: false, verb, scope, detail };
  }
}

/** Asks for orders after a snapshot or a change of filter, at most once a second, one request at a time. */
export function startOrders(): void {
  let askedAt = -Infinity;
  let asked = "";
  let busy = false;
  let waiting = false;
  const ask = async () => {
    const query = ordersQuery();
    busy = true;
    askedAt = wallMillis();
    asked = query;
    try {
      const response = await fetch(`/api/v1/orders?${query}`, { headers: authorised({}) });
      if (!response.ok) throw new Error(await problemText(response));
      const { items } = await response.json() as { items: OrderView[] };
      if (query === ordersQuery()) orders.value = items;
      orderProblem.value = null;
    } catch (error) {
      orderProblem.value = error instanceof Error ? error.message : String(error);
    }
    busy = false;
    if (query !== ordersQuery()) schedule();
  };
  const schedule = () => {
    if (busy || waiting) return;
    waiting = true;
    const due = ordersQuery() === asked ? askedAt + ORDERS_EVERY_MS - wallMillis() : 0;
    afterMillis(Math.max(0, due), () => {
      waiting = false;
      if (fresh.peek()) ask();
    });
  };
  effect(() => {
    if (snapshot.value !== null && ordersQuery() !== "") schedule();
  });
}

function ordersQuery(): string {
  const { organism, status } = orderFilter.value;
  const query = new URLSearchParams({ limit: String(SHOWN_ORDERS) });
  if (organism !== "") query.set("organism", organism);
  if (status !== "") query.set("status", status);
  return query.toString();
}
