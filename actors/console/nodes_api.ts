/** The REST API of a cluster's console: the overview, as it is and as it changes, and the kill of every node. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AccessPort } from "../protocol/access.ts";
import type { NodesPort } from "../protocol/cluster_overview.ts";
import { SCOPE_STATES } from "../protocol/control.ts";
import { problemContent, read } from "./api.ts";
import { type Route, ROUTES, whoSent } from "./guard.ts";
import { Problem } from "./problem.ts";
import { afterMillis } from "./wall.ts";
import { writingApp } from "./writing_app.ts";

/** Beside those by which people log in. */
const ACCESS = /^\/(session|enrolment|password|keys|people)/;
export const NODES_ROUTES: readonly Route[] = [
  ...ROUTES.filter(({ path }) => ACCESS.test(path)),
  { method: "GET", path: "/health/live", need: "anyone" },
  { method: "GET", path: "/cluster", need: "view" },
  { method: "GET", path: "/cluster/events", need: "view" },
  { method: "POST", path: "/cluster/kill", need: "kill" },
];

/** Between two overviews of a stream, milliseconds. */
const EVERY_MS = 500;
const MOST_STREAMS = 64;

const carrier = z.object({ class: z.string(), broker: z.string(), first: z.boolean() });
const obeyed = z.object({
  id: z.string(),
  scope: z.string(),
  state: z.enum(SCOPE_STATES),
  from: z.string(),
  reason: z.string(),
});
const Overview = z.object({
  cluster: z.string(),
  gateway: z.object({
    node: z.string(),
    epoch: z.int().describe("0: none is heard"),
    mode: z.string(),
    firm: z.string(),
    config: z.string(),
  }),
  nodes: z.array(z.object({
    node: z.string(),
    role: z.string(),
    state: z.string(),
    heardMs: z.number(),
    version: z.string(),
    config: z.string(),
    epoch: z.int(),
    bad: z.int(),
    detail: z.string(),
    carriers: z.array(carrier),
    kept: z.int(),
    firm: z.string(),
    kills: z.array(obeyed).nullable(),
    offer: z.object({ epoch: z.int(), hash: z.string(), refused: z.string().nullable(), switched: z.boolean() })
      .nullable(),
  })),
  shards: z.array(z.object({
    shard: z.string(),
    holder: z.string(),
    epoch: z.int(),
    state: z.enum(["trading", "halted"]),
    reason: z.string(),
    lag: z.object({ orders: z.int(), reports: z.int() }),
    refused: z.int(),
  })),
  classes: z.array(carrier.extend({ nodes: z.array(z.string()) })),
  concerns: z.array(z.string()).describe("what somebody should look at, on any node"),
}).openapi("ClusterOverview");
const Kill = z.strictObject({
  scope: z.string().min(1).max(64).default("firm"),
  state: z.enum(["REDUCE_ONLY", "CANCEL_ONLY", "KILLED"]).default("KILLED"),
  reason: z.string().trim().min(1).max(200),
});
const Killed = z.object({
  scope: z.string(),
  acknowledged: z.array(z.string()).describe("nodes that have obeyed"),
  silent: z.array(z.string()).describe("nodes that have not said so in time"),
  failed: z.array(z.string()).describe("brokers that did not take it"),
}).openapi("ClusterKilled");
const Live = z.object({ status: z.literal("live") }).openapi("Live");

const routes = {
  live: read({ path: "/health/live", tag: "health", summary: "The console answers", answer: Live }),
  cluster: read({ path: "/cluster", tag: "cluster", summary: "Nodes, shards, brokers, concerns", answer: Overview }),
  kill: createRoute({
    method: "post",
    path: "/cluster/kill",
    tags: ["cluster"],
    summary: "Make a scope stricter on every node",
    request: { body: { required: true, content: { "application/json": { schema: Kill } } } },
    responses: {
      200: { description: "Who has obeyed", content: { "application/json": { schema: Killed } } },
      default: problemContent,
    },
  }),
};

export function nodesApi(nodes: NodesPort, access: AccessPort, streams: NodeStreams): OpenAPIHono {
  const app = writingApp();
  app.openapi(routes.live, (c) => c.json({ status: "live" as const }, 200));
  app.openapi(routes.cluster, (c) => c.json(Overview.parse(nodes.overview()), 200));
  app.openapi(routes.kill, async (c) => {
    const { scope, state, reason } = c.req.valid("json");
    const wanted = SCOPE_STATES.indexOf(state) as 1 | 2 | 3;
    const { acknowledged, silent, failed } = await nodes.kill(scope, wanted, reason, whoSent(c));
    return c.json({ scope, acknowledged: [...acknowledged], silent: [...silent], failed: [...failed] }, 200);
  });
  app.get("/cluster/events", (c) => {
    const principal = c.get("principal");
    const body = streams.open(() => access.stillHolds(principal));
    if (body === null) throw new Problem(503, "TOO_MANY_STREAMS", "too many pages are open: close one");
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  });
  return app;
}

/** The overview as server-sent events, pulled: a slow reader gets the newest only. */
export class NodeStreams {
  readonly #nodes: NodesPort;
  readonly #open = new Set<() => void>();
  #closed = false;

  constructor(nodes: NodesPort) {
    this.#nodes = nodes;
  }

  /** Null when too many are open. `allowed`: asked before everything that is sent. */
  open(allowed: () => boolean): ReadableStream<Uint8Array> | null {
    if (this.#closed || this.#open.size >= MOST_STREAMS) return null;
    const encoder = new TextEncoder();
    const over = Promise.withResolvers<void>();
    const end = () => over.resolve();
    this.#open.add(end);
    let [ended, id] = [false, 0];
    over.promise.then(() => {
      ended = true;
      this.#open.delete(end);
    });
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (id > 0) {
          let cancel = () => {};
          const waited = new Promise<void>((resolve) => cancel = afterMillis(EVERY_MS, resolve));
          await Promise.race([waited, over.promise]);
          cancel();
        }
        if (ended || !allowed()) {
          end();
          return controller.close();
        }
        const text = JSON.stringify(this.#nodes.overview());
        controller.enqueue(encoder.encode(`id: ${++id}\nevent: snapshot\ndata: ${text}\n\n`));
      },
      cancel: end,
    }, { highWaterMark: 0 });
  }

  close(): void {
    this.#closed = true;
    for (const end of [...this.#open]) end();
  }
}
