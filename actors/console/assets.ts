/** The page's files as the server hands them out. */
import { Hono } from "hono";
import { createHash } from "node:crypto";

/** Everything the page needs, bundled; see `bundle.ts`. */
export interface ConsoleAssets {
  readonly html: string;
  readonly script: string;
  readonly style: string;
  readonly icon: string;
}

/** Serves the page; a browser that has a file asks only whether it is still the same. */
export function assetRoutes(assets: ConsoleAssets): Hono {
  const app = new Hono();
  const files: readonly (readonly [path: string, type: string, body: string])[] = [
    ["/", "text/html; charset=utf-8", assets.html],
    ["/console.js", "text/javascript; charset=utf-8", assets.script],
    ["/console.css", "text/css; charset=utf-8", assets.style],
    ["/icon.svg", "image/svg+xml", assets.icon],
  ];
  for (const [path, type, body] of files) {
    const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    const headers = { "content-type": type, "cache-control": "no-cache", etag: tag };
    app.get(path, (c) => {
      if (c.req.header("if-none-match") === tag) return new Response(null, { status: 304, headers });
      return new Response(body, { headers });
    });
  }
  return app;
}
