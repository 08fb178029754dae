/** The REST API of what is shown of the controls: the tree with its use, refusals, facts in force. Only reads. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ControlsPort } from "../protocol/controls.ts";
import { newApp, read } from "./api.ts";
import { ControlTree, FactsInForce, Refusal, RejectSeries } from "./overview_schemas.ts";
import { answering } from "./schemas.ts";

const Refusals = z.object({ items: z.array(Refusal) });
const MOST_REFUSALS = 256;

// deno-fmt-ignore
const routes = {
  tree: read({ path: "/controls/tree", tag: "controls", summary: "Scopes as a tree, with limits, their use and kill states", answer: ControlTree }),
  rejects: read({ path: "/controls/rejects", tag: "controls", summary: "Refusals by code over market time", answer: RejectSeries }),
  refusals: read({ path: "/controls/refusals", tag: "controls", summary: "The latest refusals, newest first, with the check that decided", answer: Refusals, query: z.strictObject({ limit: z.coerce.number().int().min(1).max(MOST_REFUSALS).default(50) }) }),
  facts: read({ path: "/controls/facts", tag: "controls", summary: "What the gate was told beside limits and prices, and what it latched", answer: FactsInForce }),
};

export function overviewApi(controls: ControlsPort): OpenAPIHono {
  const app = newApp();
  app.openapi(routes.tree, (c) => c.json(answering(ControlTree, controls.tree()), 200));
  app.openapi(routes.rejects, (c) => c.json(answering(RejectSeries, controls.rejects()), 200));
  app.openapi(routes.refusals, (c) => {
    const items = controls.refusals(c.req.valid("query").limit);
    return c.json(answering(Refusals, { items }), 200);
  });
  app.openapi(routes.facts, (c) => c.json(answering(FactsInForce, controls.facts()), 200));
  return app;
}
