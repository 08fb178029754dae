/** The REST API of alerts: what waits for an answer, and the answers, one alert at a time. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import {
  type Alert as AlertShape,
  type AlertKind,
  ALERTS,
  type AlertsPort,
  type AlertsView,
} from "../protocol/alerts.ts";
import { ROLES } from "../protocol/roles.ts";
import { newApp, problemContent, read } from "./api.ts";
import { jsonOnly, limited } from "./body.ts";
import { toProblem } from "./problem.ts";
import { answering, type Plain } from "./schemas.ts";

const wall = z.number().describe("wall milliseconds since the Unix epoch");
const span = z.number().describe("milliseconds since it was raised");
const Answer = z.object({ person: z.string(), role: z.enum(ROLES), at: wall, afterMs: span, text: z.string() })
  .openapi("AlertAnswer");

export const Alert = z.object({
  id: z.int(),
  kind: z.enum(Object.keys(ALERTS) as [AlertKind, ...AlertKind[]]),
  severity: z.enum(["critical", "warning"]),
  subject: z.string().describe("what it is about; empty for the node as a whole"),
  text: z.string(),
  evidence: z.record(z.string(), z.unknown()),
  state: z.enum(["raised", "acknowledged", "closed"]),
  raised: wall,
  since: wall.describe("since when its cause is there without a break"),
  time: z.number().describe("microseconds since the Unix epoch, node clock"),
  count: z.int().describe("times it was raised while it waited"),
  escalated: z.array(z.object({ to: z.enum([...ROLES, "trigger"]), at: wall, afterMs: span })),
  acknowledged: Answer.nullable(),
  acted: Answer.nullable().describe("what was done about it"),
  ended: wall.nullable().describe("when its cause ended by itself"),
}).openapi("Alert");

const Times = z.object({ count: z.int(), medianMs: z.number().nullable(), longestMs: z.number().nullable() });
const Alerts = z.object({
  attended: z.boolean().describe("whether critical alerts escalate here"),
  acknowledgeMs: z.number().describe("time each role in turn has"),
  roles: z.array(z.enum(ROLES)),
  now: wall,
  waiting: z.int(),
  acknowledgement: Times,
  action: Times,
  alerts: z.array(Alert).describe("newest first"),
}).openapi("Alerts");

type Agrees = Plain<z.output<typeof Alerts>> extends AlertsView
  ? AlertsView extends Plain<z.output<typeof Alerts>> ? true
  : false
  : false;
const agrees: Agrees = true;
void agrees;

const Text = z.strictObject({ text: z.string().trim().min(1).max(200).describe("in words; goes on record") });
const one = z.object({ id: z.coerce.number().int().min(1).openapi({ param: { name: "id", in: "path" } }) });

const answer = (path: string, summary: string) =>
  createRoute({
    method: "post",
    path,
    tags: ["alerts"],
    summary,
    request: { params: one, body: { required: true, content: { "application/json": { schema: Text } } } },
    responses: {
      200: { description: summary, content: { "application/json": { schema: Alert } } },
      default: problemContent,
    },
  });

const routes = {
  alerts: read({ path: "/alerts", tag: "alerts", summary: "Alerts with their answers, newest first", answer: Alerts }),
  acknowledge: answer("/alerts/{id}/acknowledgement", "Acknowledge an alert: somebody looks after it"),
  close: answer("/alerts/{id}/action", "Say what was done about an alert, which closes it"),
};

export function alertsApi(alerts: AlertsPort): OpenAPIHono {
  const app = newApp();
  app.onError((error) => {
    throw toProblem(error);
  });
  app.post("/alerts/:id/acknowledgement", jsonOnly, limited);
  app.post("/alerts/:id/action", jsonOnly, limited);
  app.openapi(routes.alerts, (c) => c.json(answering(Alerts, alerts.view(c.get("principal"))), 200));
  app.openapi(routes.acknowledge, (c) => {
    const { text } = c.req.valid("json");
    const done: AlertShape = alerts.acknowledge(c.get("principal"), c.req.valid("param").id, text, c.get("from"));
    return c.json(answering(Alert, done), 200);
  });
  app.openapi(routes.close, (c) => {
    const { text } = c.req.valid("json");
    const done: AlertShape = alerts.close(c.get("principal"), c.req.valid("param").id, text, c.get("from"));
    return c.json(answering(Alert, done), 200);
  });
  return app;
}
