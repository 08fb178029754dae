/**
 * The REST API under `/api/v1`, read side: routes, their contract, and the handlers, which only pick from a snapshot.
 *
 * Every route is declared with its schemas, so `/openapi.json` is what is really validated and answered.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { AccessPort } from "../protocol/access.ts";
import type { NodeView } from "../protocol/view.ts";
import { ACTOR_SORTS, actorTree, listActors } from "./actors_query.ts";
import type { EventStreams } from "./events.ts";
import { Problem } from "./problem.ts";
import type { Sampler } from "./sampler.ts";
import { Crash, CrashSummary } from "./crash_schemas.ts";
import * as s from "./schemas.ts";

export const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().describe("stable"),
  detail: z.string().describe("one sentence"),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
}).openapi("Problem");

export const problemContent = {
  description: "What went wrong, with a stable code",
  content: { "application/problem+json": { schema: ProblemSchema } },
};

/** Answers a request that does not fit its schema with one sentence naming the field. */
export function newApp(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.map((issue) => ({
        field: issue.path.join(".") || (issue.code === "unrecognized_keys" ? issue.keys.join(", ") : result.target),
        message: issue.message,
      }));
      throw new Problem(422, "INVALID_REQUEST", `"${errors[0].field}": ${errors[0].message}`, errors);
    },
  });
}

const ActorPage = z.object({
  items: z.array(s.Actor),
  total: z.int().describe("actors that match, on all pages"),
  nextCursor: z.string().nullable(),
}).openapi("ActorPage");
const ActorDetail = s.Actor.extend({ children: z.array(z.string()).describe("paths") }).openapi("ActorDetail");
const ActorTree = s.Actor.extend({
  get children() {
    return z.array(ActorTree);
  },
}).openapi("ActorTree");
const CrashPage = z.object({
  items: z.array(CrashSummary),
  total: z.int().describe("since the node started; only the latest are at hand"),
}).openapi("CrashPage");
const OrganismSummary = s.Organism.omit({ curve: true, inspect: true }).openapi("OrganismSummary");
const InstrumentSummary = s.Instrument.omit({ depth: true }).openapi("InstrumentSummary");
const Ready = z.object({ status: z.literal("ready"), mode: s.SystemMode }).openapi("Ready");
const Live = z.object({ status: z.literal("live") }).openapi("Live");

const itemsOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
const whole = (minimum: number, maximum: number, initial: number) =>
  z.coerce.number().int().min(minimum).max(maximum).default(initial);
const actorSorts = [...ACTOR_SORTS, ...ACTOR_SORTS.map((sort) => `-${sort}` as const)] as const;

const actorsQuery = z.strictObject({
  state: s.Actor.shape.state.optional(),
  type: z.string().optional(),
  prefix: z.string().optional().describe("start of the path"),
  sort: z.enum(actorSorts).default("path").describe('a leading "-" is largest first'),
  limit: whole(1, 1000, 100),
  cursor: z.string().optional().describe("nextCursor of the page before"),
});
const ordersQuery = z.strictObject({
  limit: whole(1, 1000, 100),
  organism: z.string().optional(),
  status: s.Order.shape.status.optional(),
});
const eventsQuery = z.strictObject({
  interval: whole(100, 60_000, 100).describe("shortest time between two snapshots, milliseconds"),
});

interface RouteSpec<R extends z.ZodType, Q extends z.ZodObject, P extends z.ZodObject> {
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly answer: R;
  readonly query?: Q;
  readonly params?: P;
}

/** A GET route that answers JSON or a problem. */
export function read<R extends z.ZodType, Q extends z.ZodObject = z.ZodObject, P extends z.ZodObject = z.ZodObject>(
  spec: RouteSpec<R, Q, P>,
) {
  return createRoute({
    method: "get",
    path: spec.path,
    tags: [spec.tag],
    summary: spec.summary,
    request: {
      query: (spec.query ?? z.strictObject({})) as Q,
      params: (spec.params ?? z.object({})) as P,
    },
    responses: {
      200: { description: spec.summary, content: { "application/json": { schema: spec.answer } } },
      default: problemContent,
    },
  });
}

const idParam = z.object({ id: z.string().min(1).openapi({ param: { name: "id", in: "path" } }) });
const crashParam = z.object({
  id: z.coerce.number().int().min(1).openapi({ param: { name: "id", in: "path" } }),
});
const symbolParam = z.object({ symbol: z.string().min(1).openapi({ param: { name: "symbol", in: "path" } }) });

// deno-fmt-ignore
const routes = {
  live: read({ path: "/health/live", tag: "health", summary: "The console answers", answer: Live }),
  ready: read({ path: "/health/ready", tag: "health", summary: "The node may trade", answer: Ready }),
  node: read({ path: "/node", tag: "node", summary: "Mode, clock, seed, feed, messages, audit", answer: s.Node }),
  actors: read({ path: "/actors", tag: "actors", summary: "Actors, a page at a time", answer: ActorPage, query: actorsQuery }),
  actor: read({ path: "/actors/{id}", tag: "actors", summary: "One actor; the id is its path, URL-encoded", answer: ActorDetail, params: idParam }),
  tree: read({ path: "/supervisors/tree", tag: "actors", summary: "The supervision tree", answer: itemsOf(ActorTree), query: z.strictObject({ depth: whole(1, 64, 64) }) }),
  instruments: read({ path: "/instruments", tag: "market", summary: "Instruments with last price and status", answer: itemsOf(InstrumentSummary) }),
  depth: read({ path: "/instruments/{symbol}/depth", tag: "market", summary: "Price levels, best first", answer: s.Depth, params: symbolParam, query: z.strictObject({ levels: whole(1, 1000, 20) }) }),
  organisms: read({ path: "/organisms", tag: "organisms", summary: "Organisms with profit, state and positions", answer: itemsOf(OrganismSummary) }),
  organism: read({ path: "/organisms/{id}", tag: "organisms", summary: "One organism with its profit curve", answer: s.Organism, params: idParam }),
  orders: read({ path: "/orders", tag: "orders", summary: "Orders, newest first", answer: itemsOf(s.Order), query: ordersQuery }),
  gate: read({ path: "/gate", tag: "gate", summary: "Decisions of the gate by result", answer: s.Gate }),
  latency: read({ path: "/latency", tag: "gate", summary: "From intent to report", answer: s.Latency }),
  scopes: read({ path: "/scopes", tag: "gate", summary: "What may be killed, and its state", answer: itemsOf(s.Scope) }),
  crashes: read({ path: "/crashes", tag: "crashes", summary: "Crashes of actors, newest first, and what became of them", answer: CrashPage, query: z.strictObject({ limit: whole(1, 1000, 100) }) }),
  crash: read({ path: "/crashes/{id}", tag: "crashes", summary: "Everything written down about one crash", answer: Crash, params: crashParam }),
  audit: read({ path: "/audit", tag: "audit", summary: "Records, durability and root of the audit log", answer: s.Audit }),
};

const events = createRoute({
  method: "get",
  path: "/events",
  tags: ["node"],
  summary: "Snapshots as server-sent events; a slow reader gets the newest only",
  request: {
    query: eventsQuery,
    headers: z.object({ "last-event-id": z.string().optional() }),
  },
  responses: {
    200: {
      description: "`snapshot` events whose data is a Snapshot, plus `actorsTotal`",
      content: {
        "text/event-stream": { schema: s.Snapshot.extend({ actorsTotal: z.int() }).openapi("SnapshotEvent") },
      },
    },
    default: problemContent,
  },
});

/** The read routes, bound to a node. */
export function readApi(view: NodeView, sampler: Sampler, streams: EventStreams, access: AccessPort): OpenAPIHono {
  const app = newApp();
  const snapshot = () => sampler.snapshot();

  app.openapi(routes.live, (c) => c.json({ status: "live" as const }, 200));
  app.openapi(routes.ready, (c) => {
    const { mode, scopes } = snapshot();
    const firm = scopes.find((scope) => scope.name === "firm");
    if (mode === "EmergencyShutdown" || firm?.state === "KILLED") {
      throw new Problem(503, "NOT_READY", `no order may pass: mode ${mode}, firm ${firm?.state ?? "unknown"}`);
    }
    return c.json({ status: "ready" as const, mode }, 200);
  });
  app.openapi(routes.node, (c) => {
    const { scopes: _, actors: _a, instruments: _i, organisms: _o, gate: _g, latency: _l, ...node } = snapshot();
    return c.json(s.answering(s.Node, node), 200);
  });

  app.openapi(
    routes.actors,
    (c) => c.json(s.answering(ActorPage, listActors(snapshot().actors, c.req.valid("query"))), 200),
  );
  app.openapi(routes.actor, (c) => {
    const { actors } = snapshot();
    const actor = found(actors, (a) => a.path, c.req.valid("param").id, "UNKNOWN_ACTOR", "actor");
    const children = actors.filter((a) => a.parent === actor.path).map((a) => a.path);
    return c.json({ ...actor, children }, 200);
  });
  app.openapi(routes.tree, (c) => {
    const items = actorTree(snapshot().actors, c.req.valid("query").depth);
    return c.json(s.answering(itemsOf(ActorTree), { items }), 200);
  });

  app.openapi(
    routes.instruments,
    (c) => c.json({ items: snapshot().instruments.map(({ depth: _, ...rest }) => rest) }, 200),
  );
  app.openapi(routes.depth, (c) => {
    const { instruments } = snapshot();
    const symbol = c.req.valid("param").symbol;
    const { depth } = found(instruments, (i) => i.symbol, symbol, "UNKNOWN_INSTRUMENT", "instrument");
    const { levels } = c.req.valid("query");
    const cut = { ...depth, bids: depth.bids.slice(0, levels), asks: depth.asks.slice(0, levels) };
    return c.json(s.answering(s.Depth, cut), 200);
  });

  app.openapi(routes.organisms, (c) => {
    const items = snapshot().organisms.map(({ curve: _, inspect: _i, ...rest }) => rest);
    return c.json(s.answering(itemsOf(OrganismSummary), { items }), 200);
  });
  app.openapi(routes.organism, (c) => {
    const { organisms } = snapshot();
    const organism = found(organisms, (o) => o.id, c.req.valid("param").id, "UNKNOWN_ORGANISM", "organism");
    return c.json(s.answering(s.Organism, organism), 200);
  });
  app.openapi(routes.orders, (c) => {
    const query = c.req.valid("query");
    if (query.organism !== undefined) {
      found(snapshot().organisms, (o) => o.id, query.organism, "UNKNOWN_ORGANISM", "organism");
    }
    return c.json({ items: [...view.orders(query)] }, 200);
  });

  app.openapi(routes.crashes, (c) => {
    const items = view.crashes(c.req.valid("query").limit);
    return c.json(s.answering(CrashPage, { items, total: latestCrash(view) }), 200);
  });
  app.openapi(routes.crash, (c) => {
    const { id } = c.req.valid("param");
    const crash = view.crashRecord(id);
    if (crash === null) throw new Problem(404, "UNKNOWN_CRASH", noCrash(id, latestCrash(view)));
    return c.json(s.answering(Crash, crash), 200);
  });

  app.openapi(routes.gate, (c) => c.json(snapshot().gate, 200));
  app.openapi(routes.latency, (c) => c.json(s.answering(s.Latency, snapshot().latency), 200));
  app.openapi(routes.scopes, (c) => c.json({ items: [...snapshot().scopes] }, 200));
  app.openapi(routes.audit, (c) => c.json(snapshot().audit, 200));

  app.openapi(events, (c) => {
    const { interval } = c.req.valid("query");
    const principal = c.get("principal");
    const body = streams.open({
      intervalMs: interval,
      lastEventId: c.req.header("last-event-id") ?? null,
      allowed: () => access.stillHolds(principal),
    });
    if (body === null) {
      throw new Problem(503, "TOO_MANY_STREAMS", "too many pages are open: close one, or read /api/v1/node instead");
    }
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  });
  return app;
}

/** Crashes are counted from 1, so it is also how many there were. */
function latestCrash(view: NodeView): number {
  return view.crashes(1).at(0)?.id ?? 0;
}

function noCrash(id: number, total: number): string {
  if (total === 0) return `there is no crash ${id}: no actor has crashed`;
  if (id > total) return `there is no crash ${id}: the latest is ${total}`;
  return `crash ${id} is not at hand any more: deno task cwts crash show ${id} reads it from the data directory`;
}

function found<T>(
  items: readonly T[],
  key: (item: T) => string,
  wanted: string,
  code: "UNKNOWN_ACTOR" | "UNKNOWN_INSTRUMENT" | "UNKNOWN_ORGANISM",
  what: string,
): T {
  const item = items.find((candidate) => key(candidate) === wanted);
  if (item !== undefined) return item;
  const names = items.slice(0, 8).map(key).join(", ");
  const more = items.length > 8 ? `, and ${items.length - 8} more` : "";
  throw new Problem(404, code, `there is no ${what} "${wanted}"; there are: ${names || "none"}${more}`);
}
