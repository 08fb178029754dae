/** The REST API after trade: what was found, the execution feed, and a comparison for whoever asks. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AccessPort } from "../protocol/access.ts";
import type { PostTradePort } from "../protocol/post_trade.ts";
import { newApp, problemContent } from "./api.ts";
import type { ExecutionStreams } from "./execution_stream.ts";
import { whoSent } from "./guard.ts";
import { ExecutionPage, PostTrade, Reconciliation } from "./post_trade_schemas.ts";
import { Problem } from "./problem.ts";
import { answering } from "./schemas.ts";

const after = z.coerce.number().int().min(0).default(0).describe("number of the last report that is known");
const answers = <S extends z.ZodType>(description: string, schema: S) => ({
  200: { description, content: { "application/json": { schema } } },
  default: problemContent,
});

const routes = {
  postTrade: createRoute({
    method: "get",
    path: "/post-trade",
    tags: ["post-trade"],
    summary: "Delivery of the feed, reconciliation, credit after trade, alerts",
    responses: answers("What is known after trade", PostTrade),
  }),
  executions: createRoute({
    method: "get",
    path: "/executions",
    tags: ["post-trade"],
    summary: "Execution reports, oldest first, after a number",
    request: { query: z.strictObject({ after, limit: z.coerce.number().int().min(1).max(1000).default(100) }) },
    responses: answers("A page of the feed", ExecutionPage),
  }),
  stream: createRoute({
    method: "get",
    path: "/executions/events",
    tags: ["post-trade"],
    summary: "Execution reports as server-sent events; Last-Event-ID, or after, resumes",
    request: {
      query: z.strictObject({ after: after.optional() }),
      headers: z.object({ "last-event-id": z.string().regex(/^\d{1,15}$/, "is a number of the feed").optional() }),
    },
    responses: {
      200: {
        description:
          "`execution` events whose data is an Execution and whose id is its number; `missed` events tell of " +
          "reports that are not at hand any more",
        content: { "text/event-stream": { schema: z.string() } },
      },
      default: problemContent,
    },
  }),
  reconcile: createRoute({
    method: "post",
    path: "/reconciliations",
    tags: ["post-trade"],
    summary: "Compare gate, books and drop copy now, and put the outcome on record",
    request: { body: { required: true, content: { "application/json": { schema: z.strictObject({}) } } } },
    responses: answers("What was found", Reconciliation),
  }),
};

export function postTradeApi(port: PostTradePort, streams: ExecutionStreams, access: AccessPort): OpenAPIHono {
  const app = newApp();
  app.openapi(routes.postTrade, (c) => c.json(answering(PostTrade, port.view()), 200));
  app.openapi(routes.executions, (c) => c.json(answering(ExecutionPage, port.executions(c.req.valid("query"))), 200));
  app.openapi(routes.stream, (c) => {
    const principal = c.get("principal");
    const resumed = c.req.valid("header")["last-event-id"] ?? c.req.valid("query").after ?? 0;
    const body = streams.open({ after: Number(resumed), allowed: () => access.stillHolds(principal) });
    if (body === null) {
      throw new Problem(
        503,
        "TOO_MANY_STREAMS",
        "too many read the feed: close one, or read /api/v1/executions instead",
      );
    }
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  });
  app.openapi(routes.reconcile, (c) => c.json(answering(Reconciliation, port.reconcile(whoSent(c))), 200));
  return app;
}
