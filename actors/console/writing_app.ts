/** What every part of the API that takes commands has alike: small JSON bodies, and refusals as problems. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { newApp } from "./api.ts";
import { jsonOnly, limited } from "./body.ts";
import { toProblem } from "./problem.ts";

/** `bodiless`: methods whose requests bring no body. */
export function writingApp(bodiless: readonly string[] = ["GET"]): OpenAPIHono {
  const app = newApp();
  app.onError((error) => {
    throw toProblem(error);
  });
  app.use("*", async (c, next) => {
    if (bodiless.includes(c.req.method)) return await next();
    await jsonOnly(c, async () => void await limited(c, next));
  });
  return app;
}
