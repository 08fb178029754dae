/** The REST API of limits: what is in force and in use, and how it is changed. The rule itself: `actors/controls`. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ControlsPort } from "../protocol/controls.ts";
import type { LimitsView } from "../protocol/limits.ts";
import { problemContent } from "./api.ts";
import { answering, type Plain } from "./schemas.ts";
import { writingApp } from "./writing_app.ts";

const figure = z.number().nullable();
const value = z.union([z.number(), z.string(), z.null()])
  .describe("as in a file: a whole number, or a decimal as text; of a fact its fields as JSON text; null is none");
const instrument = z.string().nullable();
const ref = { scope: z.string(), limit: z.string(), instrument };
const usage = {
  used: figure.describe("now; null where the gate counts no use"),
  peak: figure.describe("most seen since the node started"),
  volume: figure.describe("lots the market of the instrument traded since the node started"),
};
const millis = z.number().describe("wall milliseconds since 1970");

const Limit = z.object({ ...ref, value, unit: z.string(), ...usage }).openapi("Limit");
const Proposal = z.object({
  id: z.int(),
  ...ref,
  from: value,
  to: value,
  reason: z.string(),
  person: z.string(),
  role: z.string(),
  usage: z.object(usage),
  at: millis,
  expires: millis.nullable(),
  digest: z.string().describe("names exactly this proposal, for its approval"),
}).openapi("LimitProposal");
const Temporary = z.object({ id: z.int(), ...ref, value, back: value, until: millis }).openapi("TemporaryLimit");
const Limits = z.object({
  hash: z.string().describe("of the configuration in force"),
  limits: z.array(Limit),
  facts: z.array(z.object({ ...ref, value })).describe(
    "rows of [controls]: table, name of the row, its fields as JSON",
  ),
  pending: z.array(Proposal),
  temporary: z.array(Temporary),
  alerts: z.array(z.object({ at: millis, text: z.string() })).describe("newest first"),
}).openapi("Limits");
const Changed = z.object({
  id: z.int(),
  hash: z.string(),
  lowered: z.array(z.object(ref)).describe("limits below that came down with it"),
}).openapi("LimitChanged");

const reason = z.string().trim().min(1, "say why, in a few words").max(200)
  .regex(/^[^\p{Cc}]*$/u, "must not contain control characters");
const wanted = {
  scope: z.string().min(1).max(64).describe(
    "firm, customer:<id>, account:<id>, organism:<id> or instrument:<symbol>; controls.<table> for a fact",
  ),
  limit: z.string().min(1).max(64).describe("as in a file, for example max_position; of a fact the name of its row"),
  instrument: z.string().min(1).max(64).nullable().default(null),
  value,
  reason,
};
const Tightening = z.strictObject(wanted).openapi("Tightening");
const Loosening = z.strictObject({
  ...wanted,
  expires: z.iso.datetime().nullable().default(null).describe("when it goes back by itself; null: it stays"),
}).openapi("Loosening");
const Approval = z.strictObject({ digest: z.string().min(1).max(64), reason: reason.optional() }).openapi("Approval");
const Withdrawal = z.strictObject({ reason }).openapi("Withdrawal");
const change = z.object({
  id: z.coerce.number().int().min(1).openapi({ param: { name: "id", in: "path" } }),
});

function posting<B extends z.ZodType, P extends z.ZodObject = z.ZodObject>(
  path: string,
  summary: string,
  body: B,
  params: P = z.object({}) as P,
) {
  return createRoute({
    method: "post",
    path,
    tags: ["limits"],
    summary,
    request: { params, body: { required: true, content: { "application/json": { schema: body } } } },
    responses: {
      200: { description: summary, content: { "application/json": { schema: Changed } } },
      default: problemContent,
    },
  });
}

const routes = {
  limits: createRoute({
    method: "get",
    path: "/limits",
    tags: ["limits"],
    summary: "Limits with their use, changes that wait, limits that hold for a time",
    responses: {
      200: { description: "Limits", content: { "application/json": { schema: Limits } } },
      default: problemContent,
    },
  }),
  tighten: posting("/limits/tightenings", "Tighten a limit; counts at once", Tightening),
  propose: posting("/limits/proposals", "Propose a looser limit", Loosening),
  approve: posting("/limits/proposals/{id}/approval", "Approve a looser limit, as the second person", Approval, change),
  withdraw: posting(
    "/limits/proposals/{id}/withdrawal",
    "Withdraw a change, or end a temporary one",
    Withdrawal,
    change,
  ),
};

type Agrees = Plain<z.output<typeof Limits>> extends LimitsView
  ? LimitsView extends Plain<z.output<typeof Limits>> ? true : false
  : false;
const agrees: Agrees = true;
void agrees;

export function controlsApi(controls: ControlsPort): OpenAPIHono {
  const app = writingApp();
  app.openapi(routes.limits, (c) => c.json(answering(Limits, controls.view()), 200));
  app.openapi(routes.tighten, async (c) => {
    const { value, reason, ...ref } = c.req.valid("json");
    const command = { verb: "tighten", ref, value, reason } as const;
    return c.json(answering(Changed, await controls.request(c.get("principal"), command, c.get("from"))), 200);
  });
  app.openapi(routes.propose, async (c) => {
    const { value, reason, expires, ...ref } = c.req.valid("json");
    const command = {
      verb: "propose",
      ref,
      value,
      reason,
      expires: expires === null ? null : Date.parse(expires),
    } as const;
    return c.json(answering(Changed, await controls.request(c.get("principal"), command, c.get("from"))), 200);
  });
  app.openapi(routes.approve, async (c) => {
    const command = { verb: "approve", id: c.req.valid("param").id, ...c.req.valid("json") } as const;
    return c.json(answering(Changed, await controls.request(c.get("principal"), command, c.get("from"))), 200);
  });
  app.openapi(routes.withdraw, async (c) => {
    const command = { verb: "withdraw", id: c.req.valid("param").id, ...c.req.valid("json") } as const;
    return c.json(answering(Changed, await controls.request(c.get("principal"), command, c.get("from"))), 200);
  });
  return app;
}
