/** The REST API of a gateway's configurations: offered, acknowledged by nodes, and put in force by a second person. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { ConfigurationPort } from "../protocol/configuration.ts";
import { newApp, problemContent, read } from "./api.ts";
import { jsonOnly } from "./body.ts";
import type { Route } from "./guard.ts";
import { Problem, toProblem } from "./problem.ts";

const AT = "/cluster/configuration";
export const CONFIGURATION_ROUTES: readonly Route[] = [
  { method: "GET", path: AT, need: "view-limits" },
  { method: "POST", path: AT, need: "propose-limits" },
  { method: "POST", path: `${AT}/{epoch}/approval`, need: "approve-limits" },
  { method: "POST", path: `${AT}/{epoch}/withdrawal`, need: "withdraw-limits" },
];

/** Above what anybody writes. */
const MAX_BYTES = 1_000_000;

const reason = z.string().trim().min(1, "say why, in a few words").max(200);
const Offer = z.object({
  epoch: z.int(),
  hash: z.string(),
  person: z.string(),
  reason: z.string(),
  digest: z.string().describe("names exactly this offer"),
  state: z.enum(["waiting", "switched", "withdrawn"]),
  acknowledged: z.array(z.string()).describe("nodes that can run it"),
  refused: z.array(z.object({ node: z.string(), why: z.string() })),
  silent: z.array(z.string()),
}).openapi("ConfigurationOffer");
const Switched = z.object({
  epoch: z.int(),
  hash: z.string(),
  changed: z.int().describe("limits that changed at once"),
  later: z.array(z.string()).describe("what counts at the next start of the gateway"),
}).openapi("ConfigurationSwitch");
const Answer = z.object({ offer: Offer.nullable() }).openapi("Configuration");
const Wanted = z.strictObject({ shared: z.string().min(2).max(700_000), reason });
const Approval = z.strictObject({ digest: z.string().max(64), without: z.boolean().default(false) });
const Withdrawal = z.strictObject({ reason });
const Done = z.object({ done: z.literal(true) }).openapi("ConfigurationDone");
const epochParam = z.object({
  epoch: z.coerce.number().int().min(1).openapi({ param: { name: "epoch", in: "path" } }),
});
const posting = <B extends z.ZodType, A extends z.ZodType>(path: string, summary: string, body: B, answer: A) => ({
  method: "post" as const,
  path,
  tags: ["cluster"],
  summary,
  request: { body: { required: true, content: { "application/json": { schema: body } } } },
  responses: {
    200: { description: summary, content: { "application/json": { schema: answer } } },
    default: problemContent,
  },
});

const approving = posting(`${AT}/{epoch}/approval`, "Put it in force, as the second person", Approval, Switched);
const withdrawing = posting(`${AT}/{epoch}/withdrawal`, "Withdraw what waits", Withdrawal, Done);
const routes = {
  view: read({ path: AT, tag: "cluster", summary: "The latest configuration that was offered", answer: Answer }),
  offer: createRoute(posting(AT, "Offer a configuration to every node", Wanted, Offer)),
  approve: createRoute({ ...approving, request: { ...approving.request, params: epochParam } }),
  withdraw: createRoute({ ...withdrawing, request: { ...withdrawing.request, params: epochParam } }),
};

export function configurationApi(port: ConfigurationPort): OpenAPIHono {
  const app = newApp();
  app.onError((error) => {
    throw toProblem(error);
  });
  const most = bodyLimit({
    maxSize: MAX_BYTES,
    onError: () => {
      throw new Problem(413, "BODY_TOO_LARGE", `a configuration is at most ${MAX_BYTES} bytes`);
    },
  });
  for (const path of [AT, `${AT}/:epoch/approval`, `${AT}/:epoch/withdrawal`]) app.post(path, jsonOnly, most);
  app.openapi(routes.view, (c) => c.json(Answer.parse({ offer: port.view() }), 200));
  app.openapi(routes.offer, async (c) => {
    const { shared, reason } = c.req.valid("json");
    return c.json(Offer.parse(await port.offer(c.get("principal"), shared, reason, c.get("from"))), 200);
  });
  app.openapi(routes.approve, async (c) => {
    const asked = { ...c.req.valid("param"), ...c.req.valid("json") };
    return c.json(Switched.parse(await port.approve(c.get("principal"), asked, c.get("from"))), 200);
  });
  app.openapi(routes.withdraw, async (c) => {
    const { reason } = c.req.valid("json");
    await port.withdraw(c.get("principal"), c.req.valid("param").epoch, reason, c.get("from"));
    return c.json({ done: true as const }, 200);
  });
  return app;
}
