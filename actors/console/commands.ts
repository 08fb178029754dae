/**
 * The REST API under `/api/v1`, write side: kill and re-arm. Who may: `guard.ts`.
 *
 * A kill goes to the node before anything is looked up: on the way to the shut gate there is no snapshot, no other
 * request and nothing that can fail.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { UserError } from "../../config/errors.ts";
import type { NodeView } from "../protocol/view.ts";
import { newApp, problemContent } from "./api.ts";
import { jsonOnly, limited } from "./body.ts";
import { whoSent } from "./guard.ts";
import { messageOf, Problem } from "./problem.ts";
import type { Sampler } from "./sampler.ts";
import * as s from "./schemas.ts";

const Rearmed = z.object({ scope: z.string(), state: s.ScopeState.nullable() }).openapi("Rearmed");

function command<R extends z.ZodType>(path: string, summary: string, answer: R) {
  return createRoute({
    method: "post",
    path,
    tags: ["commands"],
    summary,
    request: { body: { required: true, content: { "application/json": { schema: s.KillRequest } } } },
    responses: {
      200: { description: summary, content: { "application/json": { schema: answer } } },
      default: problemContent,
    },
  });
}

const kill = command("/kill", "Shut the gate for a scope and cancel its resting orders", s.KillReport);
const rearm = command("/rearm", "Let orders of a killed scope reach the gate's checks again", Rearmed);

export function commandApi(view: NodeView, sampler: Sampler): OpenAPIHono {
  const app = newApp();
  for (const path of ["/kill", "/rearm"]) {
    app.post(path, jsonOnly, limited);
  }
  app.openapi(kill, async (c) => {
    const { scope, reason } = c.req.valid("json");
    try {
      return c.json(await view.kill(scope, reason, whoSent(c)), 200);
    } catch (error) {
      throw explain(error, sampler, scope, "KILL_FAILED");
    } finally {
      sampler.invalidate();
    }
  });
  app.openapi(rearm, async (c) => {
    const { scope, reason } = c.req.valid("json");
    try {
      await view.rearm(scope, reason, whoSent(c));
    } catch (error) {
      throw explain(error, sampler, scope, "REARM_FAILED");
    } finally {
      sampler.invalidate();
    }
    return c.json({ scope, state: stateOf(sampler, scope) }, 200);
  });
  return app;
}

/** Null when the node does not list the scope. */
function stateOf(sampler: Sampler, scope: string): z.infer<typeof s.ScopeState> | null {
  return sampler.snapshot().scopes.find((known) => known.name === scope)?.state ?? null;
}

function explain(error: unknown, sampler: Sampler, scope: string, code: "KILL_FAILED" | "REARM_FAILED"): Problem {
  const known = scopeNames(sampler);
  if (known !== null && !known.includes(scope)) {
    return new Problem(404, "UNKNOWN_SCOPE", `there is no scope "${scope}"; there are: ${known.join(", ")}`);
  }
  // The node's own sentence already says what to do.
  if (error instanceof UserError) return new Problem(500, error.code, error.message);
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
