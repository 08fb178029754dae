/** The REST API of closing positions: what is under way, and how it is begun and stopped. The rule: `actors/node/flatten`. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ControlsPort } from "../protocol/controls.ts";
import type { FlattenView } from "../protocol/flatten.ts";
import { problemContent } from "./api.ts";
import { answering, type Plain } from "./schemas.ts";
import { writingApp } from "./writing_app.ts";

const lots = z.int().describe("lots, signed");
const micros = z.number().describe("node clock, microseconds");
const Run = z.object({
  id: z.int(),
  scope: z.string(),
  reason: z.string(),
  who: z.string(),
  started: micros,
  ended: micros.nullable(),
  outcome: z.string().nullable().describe("one sentence when it ended"),
  lines: z.array(z.object({
    organism: z.string(),
    instrument: z.string(),
    from: lots,
    left: lots,
    state: z.enum(["working", "waiting", "done", "stalled", "stopped"]),
    sent: z.int(),
    refused: z.int(),
    last: z.string().nullable().describe("why the latest slice was refused"),
  })),
}).openapi("FlattenRun");
const Runs = z.object({ runs: z.array(Run) }).openapi("Flattens");

const reason = z.string().trim().min(1, "say why, in a few words").max(200)
  .regex(/^[^\p{Cc}]*$/u, "must not contain control characters");
const Request = z.strictObject({
  scope: z.string().min(1).max(64).describe("firm, customer:<id>, account:<id>, organism:<id> or instrument:<symbol>"),
  reason,
}).openapi("FlattenRequest");
const Stop = z.strictObject({ reason }).openapi("FlattenStop");
const run = z.object({
  id: z.coerce.number().int().min(1).openapi({ param: { name: "id", in: "path" } }),
});
const responses = {
  200: { description: "The closing", content: { "application/json": { schema: Run } } },
  default: problemContent,
};
const tags = ["commands"];

const routes = {
  list: createRoute({
    method: "get",
    path: "/flattens",
    tags,
    summary: "Closings of positions, newest first",
    responses: {
      200: { description: "Closings", content: { "application/json": { schema: Runs } } },
      default: problemContent,
    },
  }),
  begin: createRoute({
    method: "post",
    path: "/flattens",
    tags,
    summary: "Close the positions of a scope that may only reduce, with reducing orders",
    request: { body: { required: true, content: { "application/json": { schema: Request } } } },
    responses,
  }),
  stop: createRoute({
    method: "post",
    path: "/flattens/{id}/stop",
    tags,
    summary: "Stop closing; what is open stays open",
    request: { params: run, body: { required: true, content: { "application/json": { schema: Stop } } } },
    responses,
  }),
};

type Agrees = Plain<z.output<typeof Runs>> extends FlattenView
  ? FlattenView extends Plain<z.output<typeof Runs>> ? true : false
  : false;
const agrees: Agrees = true;
void agrees;

export function flattenApi(controls: ControlsPort): OpenAPIHono {
  const app = writingApp();
  app.openapi(routes.list, (c) => c.json(answering(Runs, controls.flattens()), 200));
  app.openapi(routes.begin, async (c) => {
    const command = { verb: "begin", ...c.req.valid("json") } as const;
    return c.json(answering(Run, await controls.flatten(c.get("principal"), command, c.get("from"))), 200);
  });
  app.openapi(routes.stop, async (c) => {
    const command = { verb: "stop", id: c.req.valid("param").id, ...c.req.valid("json") } as const;
    return c.json(answering(Run, await controls.flatten(c.get("principal"), command, c.get("from"))), 200);
  });
  return app;
}
