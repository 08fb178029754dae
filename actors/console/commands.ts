/**
 * The REST API under `/api/v1`, write side: kill and re-arm. Who may: `guard.ts`.
 *
 * A kill goes to the node before anything is looked up: on the way to the shut gate there is no snapshot, no other
 * request and nothing that can fail.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { UserError } from "../../config/errors.ts";
import type { Context } from "hono";
import type { RearmCommand } from "../protocol/rearm.ts";
import type { NodeView } from "../protocol/view.ts";
import { newApp, problemContent } from "./api.ts";
import { jsonOnly, limited } from "./body.ts";
import { whoSent } from "./guard.ts";
import { messageOf, Problem, toProblem } from "./problem.ts";
import type { Sampler } from "./sampler.ts";
import * as s from "./schemas.ts";

const posting = <B extends z.ZodType, R extends z.ZodType, P extends z.ZodObject = z.ZodObject>(
  path: string,
  summary: string,
  body: B,
  answer: R,
  params: P = z.object({}) as P,
) =>
  createRoute({
    method: "post",
    path,
    tags: ["commands"],
    summary,
    request: { params, body: { required: true, content: { "application/json": { schema: body } } } },
    responses: {
      200: { description: summary, content: { "application/json": { schema: answer } } },
      default: problemContent,
    },
  });

const change = z.object({
  id: z.coerce.number().int().min(1).openapi({ param: { name: "id", in: "path" } }),
});

const routes = {
  kill: posting(
    "/kill",
    "Make a scope stricter at once; KILLED also cancels its resting orders",
    s.KillRequest,
    s.KillReport,
  ),
  waiting: createRoute({
    method: "get",
    path: "/rearm",
    tags: ["commands"],
    summary: "Scopes that wait for a second person to be opened",
    responses: {
      200: { description: "What waits", content: { "application/json": { schema: s.Rearms } } },
      default: problemContent,
    },
  }),
  rearm: posting("/rearm", "Ask for a scope to be opened one step", s.RearmRequest, s.Rearmed),
  approve: posting(
    "/rearm/{id}/approval",
    "Open a scope one step, as the second person",
    s.RearmApproval,
    s.Rearmed,
    change,
  ),
  withdraw: posting("/rearm/{id}/withdrawal", "Withdraw what waits", s.RearmWithdrawal, s.Rearmed, change),
};

export function commandApi(view: NodeView, sampler: Sampler): OpenAPIHono {
  const app = newApp();
  for (const path of ["/kill", "/rearm", "/rearm/:id/approval", "/rearm/:id/withdrawal"]) {
    app.post(path, jsonOnly, limited);
  }
  app.openapi(routes.kill, async (c) => {
    const { scope, reason, state } = c.req.valid("json");
    try {
      return c.json(await view.kill(scope, reason, whoSent(c), state), 200);
    } catch (error) {
      throw explain(error, sampler, scope, "KILL_FAILED");
    } finally {
      sampler.invalidate();
    }
  });
  const opened = async (c: Context, command: RearmCommand) => {
    try {
      return await view.rearm.request(c.get("principal"), command, c.get("from"));
    } catch (error) {
      throw explain(error, sampler, command.verb === "propose" ? command.scope : null, "REARM_FAILED");
    } finally {
      sampler.invalidate();
    }
  };
  app.openapi(routes.waiting, (c) => c.json(s.answering(s.Rearms, view.rearm.view()), 200));
  app.openapi(routes.rearm, async (c) => c.json(await opened(c, { verb: "propose", ...c.req.valid("json") }), 200));
  app.openapi(
    routes.approve,
    async (c) => c.json(await opened(c, { verb: "approve", id: c.req.valid("param").id, ...c.req.valid("json") }), 200),
  );
  app.openapi(
    routes.withdraw,
    async (c) =>
      c.json(await opened(c, { verb: "withdraw", id: c.req.valid("param").id, ...c.req.valid("json") }), 200),
  );
  return app;
}

type Failed = "KILL_FAILED" | "REARM_FAILED";

function explain(error: unknown, sampler: Sampler, scope: string | null, code: Failed): Problem {
  const known = scopeNames(sampler);
  if (scope !== null && known !== null && !known.includes(scope)) {
    return new Problem(404, "UNKNOWN_SCOPE", `there is no scope "${scope}"; there are: ${known.join(", ")}`);
  }
  // The node's own sentence already says what to do.
  if (error instanceof UserError) {
    const problem = toProblem(error);
    return problem.code === error.code ? problem : new Problem(500, error.code, error.message);
  }
  const fix = code === "KILL_FAILED" ? "; if orders may still pass, run the kill command in a terminal" : "";
  return new Problem(500, code, `the node refused: ${messageOf(error)}${fix}`);
}

/** Null when the node cannot answer, which must not hide why the command failed. */
function scopeNames(sampler: Sampler): readonly string[] | null {
  try {
    return sampler.snapshot().scopes.map((scope) => scope.name);
  } catch {
    return null;
  }
}
