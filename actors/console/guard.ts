/**
 * Who may take which route: one table from routes to actions, and the check in front of all of them.
 *
 * A route without a line in the table is answered to nobody. A kill is let in by whatever credential can be checked at
 * all; see `AccessPort.identify`.
 */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { UserError } from "../../config/errors.ts";
import type { AccessPort, Credential, Principal } from "../protocol/access.ts";
import { type Action, ACTIONS, mayAct, OWNER_ROLES } from "../protocol/roles.ts";
import { Problem, toProblem } from "./problem.ts";

export const SESSION_COOKIE = "cwts_session";

/** "anyone" is asked for nothing, "identified" for who it is. */
export type Need = Action | "anyone" | "identified";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /api/v1, as in the interface's own description. */
  readonly path: string;
  readonly need: Need;
  /** Reading it goes on record under this name. */
  readonly sensitive?: string;
}

// deno-fmt-ignore
export const ROUTES: readonly Route[] = [
  { method: "GET", path: "/health/live", need: "anyone" },
  { method: "GET", path: "/health/ready", need: "anyone" },
  { method: "GET", path: "/node", need: "view" },
  { method: "GET", path: "/actors", need: "view" },
  { method: "GET", path: "/actors/{id}", need: "view" },
  { method: "GET", path: "/supervisors/tree", need: "view" },
  { method: "GET", path: "/instruments", need: "view" },
  { method: "GET", path: "/instruments/{symbol}/depth", need: "view" },
  { method: "GET", path: "/organisms", need: "view" },
  { method: "GET", path: "/organisms/{id}", need: "view" },
  { method: "GET", path: "/orders", need: "view-orders", sensitive: "orders" },
  { method: "GET", path: "/crashes", need: "view" },
  { method: "GET", path: "/crashes/{id}", need: "view-orders", sensitive: "crashes" },
  { method: "GET", path: "/gate", need: "view" },
  { method: "GET", path: "/latency", need: "view" },
  { method: "GET", path: "/scopes", need: "view" },
  { method: "GET", path: "/audit", need: "view" },
  { method: "GET", path: "/events", need: "view" },
  { method: "POST", path: "/kill", need: "kill" },
  { method: "GET", path: "/rearm", need: "view-limits" },
  { method: "POST", path: "/rearm", need: "rearm" },
  { method: "POST", path: "/rearm/{id}/approval", need: "rearm" },
  { method: "POST", path: "/rearm/{id}/withdrawal", need: "rearm" },
  { method: "GET", path: "/controls/tree", need: "view-limits" },
  { method: "GET", path: "/controls/facts", need: "view-limits" },
  { method: "GET", path: "/controls/rejects", need: "view" },
  { method: "GET", path: "/controls/refusals", need: "view-orders", sensitive: "refusals" },
  { method: "GET", path: "/flattens", need: "view-limits" },
  { method: "POST", path: "/flattens", need: "flatten" },
  { method: "POST", path: "/flattens/{id}/stop", need: "flatten" },
  { method: "GET", path: "/limits", need: "view-limits" },
  { method: "POST", path: "/limits/tightenings", need: "tighten-limits" },
  { method: "POST", path: "/limits/proposals", need: "propose-limits" },
  { method: "POST", path: "/limits/proposals/{id}/approval", need: "approve-limits" },
  { method: "POST", path: "/limits/proposals/{id}/withdrawal", need: "withdraw-limits" },
  { method: "GET", path: "/alerts", need: "view-orders" },
  { method: "POST", path: "/alerts/{id}/acknowledgement", need: "answer-alerts" },
  { method: "POST", path: "/alerts/{id}/action", need: "answer-alerts" },
  { method: "GET", path: "/post-trade", need: "view-orders" },
  { method: "GET", path: "/executions", need: "view-executions", sensitive: "executions" },
  { method: "GET", path: "/executions/events", need: "view-executions", sensitive: "executions" },
  { method: "POST", path: "/reconciliations", need: "view-executions" },
  { method: "POST", path: "/session", need: "anyone" },
  { method: "GET", path: "/session", need: "identified" },
  { method: "DELETE", path: "/session", need: "manage-self" },
  { method: "POST", path: "/enrolment", need: "anyone" },
  { method: "PUT", path: "/password", need: "manage-self" },
  { method: "GET", path: "/keys", need: "manage-self", sensitive: "keys" },
  { method: "POST", path: "/keys", need: "manage-self" },
  { method: "DELETE", path: "/keys/{id}", need: "manage-self" },
  { method: "GET", path: "/people", need: "read-people", sensitive: "people" },
  { method: "POST", path: "/people", need: "manage-people" },
  { method: "PUT", path: "/people/{id}/roles", need: "manage-people" },
  { method: "POST", path: "/people/{id}/invitation", need: "manage-people" },
  { method: "PUT", path: "/people/{id}/disabled", need: "manage-people" },
  { method: "DELETE", path: "/people/{id}/sessions", need: "manage-people" },
];

const patternsOf = (routes: readonly Route[]) =>
  routes.map((route) => ({
    ...route,
    pattern: new RegExp(`^/api/v1${route.path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`),
  }));

/** What the guard found out, for the handlers behind it. */
declare module "hono" {
  interface ContextVariableMap {
    readonly principal: Principal;
    readonly from: string;
  }
}

/** Whoever sits at the machine of a node without people reads without showing anything. */
const READER: Principal = {
  kind: "owner",
  id: "local",
  person: "owner",
  roles: OWNER_ROLES,
  actions: ACTIONS.filter((action) => action.startsWith("view") && mayAct(OWNER_ROLES, action)),
  session: null,
};

/** `openReading`: the console is bound to loopback. `routes`: the table of a console with others. */
export function guard(
  access: AccessPort,
  openReading: boolean,
  routes: readonly Route[] = ROUTES,
): MiddlewareHandler {
  const patterns = patternsOf(routes);
  return async (c, next) => {
    const { path } = c.req;
    // A HEAD is answered by the handler of GET.
    const method = c.req.method === "HEAD" ? "GET" : c.req.method;
    const here = patterns.filter((one) => one.pattern.test(path));
    const route = here.find((one) => one.method === method);
    const from = addressOf(c);
    c.set("from", from);
    // Behind a path without a line in the table there may be a handler all the same: nobody gets there.
    if (here.length === 0) {
      throw new Problem(404, "NOT_FOUND", `there is no ${path}; /openapi.json lists what there is`);
    }
    if (route === undefined) {
      throw new Problem(405, "METHOD_NOT_ALLOWED", `${path} takes ${here.map((one) => one.method).join(", ")}`);
    }
    if (route.need === "anyone") return await next();
    const credential = credentialOf(c);
    try {
      const principal = credential === null && openReading && !access.governed && method === "GET"
        ? READER
        : await access.identify(credential ?? missing(), from, route.need === "kill");
      if (route.need !== "identified") access.permit(principal, route.need, from);
      if (route.sensitive !== undefined && principal !== READER) access.noteRead(principal, route.sensitive, from);
      c.set("principal", principal);
    } catch (error) {
      throw toProblem(error);
    }
    await next();
  };
}

function missing(): never {
  throw new UserError(
    "TOKEN_REQUIRED",
    "log in, or send a key or the operator token printed at start as Authorization: Bearer <token>",
  );
}

/** Null when nothing was shown. A header goes before the cookie, which the browser sends unasked. */
function credentialOf(c: Context): Credential | null {
  const header = c.req.header("authorization") ?? "";
  const bearer = /^Bearer +(\S+) *$/i.exec(header);
  if (bearer !== null) return { kind: "token", token: bearer[1] };
  const basic = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header);
  if (basic !== null) return passwordOf(basic[1]);
  const token = getCookie(c, SESSION_COOKIE);
  return token === undefined ? null : { kind: "token", token };
}

function passwordOf(basic: string): Credential | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(basic));
    const colon = text.indexOf(":");
    return colon < 1 ? null : { kind: "password", person: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    throw new Problem(401, "TOKEN_REQUIRED", "the Authorization header is not Basic with base64 of name:password");
  }
}

/** Where a request came from, for the record. */
function addressOf(c: Context): string {
  const address = (c.env as { remoteAddr?: Deno.Addr } | undefined)?.remoteAddr;
  return address !== undefined && "hostname" in address ? address.hostname : "console";
}

/** Who is recorded for a command: who it was, and the address it came from. */
export function whoSent(c: Context): string {
  return `${c.get("principal").id}@${c.get("from")}`;
}
