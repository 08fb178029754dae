/**
 * The console's server: one page, a REST API, and a stream of snapshots of one node.
 *
 * It reads the node through `NodeView` alone and has no other way in. Bound to loopback unless the caller says
 * otherwise; see `docs/console.md` for who may do what.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import { UserError } from "../../config/errors.ts";
import type { NodeView } from "../protocol/view.ts";
import { readApi } from "./api.ts";
import { assetRoutes, type ConsoleAssets } from "./assets.ts";
import { commandApi } from "./commands.ts";
import { createEventStreams, type EventStreams } from "./events.ts";
import { messageOf, Problem, problemResponse, toProblem } from "./problem.ts";
import { Sampler } from "./sampler.ts";
import { bracketed, hostCheck, isLoopback, originCheck, securityHeaders, tokenCheck } from "./security.ts";
import { afterMillis } from "./wall.ts";

export interface ConsoleOptions {
  readonly view: NodeView;
  /** "127.0.0.1" unless the operator asked for more. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Operator token, at least 16 characters. */
  readonly token: string;
  readonly assets: ConsoleAssets;
}

export interface ConsoleServer {
  readonly url: string;
  /** What to tell the operator about a bind beyond loopback; null on loopback. */
  readonly notice: string | null;
  close(): Promise<void>;
}

/** Requests still running this long after `close` are cut off, milliseconds. */
const CLOSE_GRACE_MS = 1_000;
const MIN_TOKEN_LENGTH = 16;

/**
 * Starts the console. Throws UserError: PORT_IN_USE, CONSOLE_ADDRESS (the host cannot be bound), CONSOLE_TOKEN (too
 * short to be one).
 */
export function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  // A rejection, not a throw, whatever goes wrong: callers await one promise.
  return Promise.try(() => listen(options));
}

function listen(options: ConsoleOptions): ConsoleServer {
  const { host, port, token } = options;
  if (token.length < MIN_TOKEN_LENGTH) {
    throw new UserError("CONSOLE_TOKEN", `the operator token needs at least ${MIN_TOKEN_LENGTH} characters`);
  }
  const sampler = new Sampler(options.view);
  const streams = createEventStreams(sampler);
  const app = consoleApp(options, sampler, streams);
  const cut = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname: host,
      port,
      signal: cut.signal,
      onListen: () => {},
      onError: (error) => problemResponse(toProblem(error)),
    }, (request, info) => app.fetch(request, info));
  } catch (error) {
    sampler.close();
    throw bindError(error, host, port);
  }
  const url = `http://${bracketed(host)}:${server.addr.port}`;
  let closing: Promise<void> | null = null;
  const close = async () => {
    streams.close();
    sampler.close();
    const cancel = afterMillis(CLOSE_GRACE_MS, () => cut.abort());
    await server.shutdown();
    cancel();
  };
  return { url, notice: exposureNotice(host, url), close: () => closing ??= close() };
}

/** The whole application, without a socket: for tests and for the server above. */
export function consoleApp(
  options: Pick<ConsoleOptions, "view" | "host" | "token" | "assets">,
  sampler: Sampler,
  streams: EventStreams,
): OpenAPIHono {
  const { view, host, token, assets } = options;
  const app = new OpenAPIHono();
  app.onError((error) => problemResponse(toProblem(error)));
  app.notFound((c) => {
    throw new Problem(404, "NOT_FOUND", `there is no ${c.req.path}; /openapi.json lists what there is`);
  });
  app.use(securityHeaders);
  app.use(hostCheck(host));
  app.use("/api/*", originCheck);
  if (!isLoopback(host)) app.get("/api/*", tokenCheck(token));
  app.route("/api/v1", readApi(view, sampler, streams));
  app.route("/api/v1", commandApi(view, sampler, token));
  app.all("/api/v1/:command{kill|rearm}", (c) => {
    throw new Problem(405, "METHOD_NOT_ALLOWED", `${c.req.path} takes POST`);
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "operatorToken", { type: "http", scheme: "bearer" });
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "CWTS console",
      version: "1",
      description:
        "Reads one node and can shut its gate. Money is in units of 1e-8, prices in ticks, quantities in lots.",
    },
  });
  app.route("/", assetRoutes(assets));
  return app;
}

function bindError(error: unknown, host: string, port: number): unknown {
  if (error instanceof Deno.errors.AddrInUse) {
    return new UserError("PORT_IN_USE", `port ${port} is in use by another program: --console-port 0 picks a free one`);
  }
  if (error instanceof Deno.errors.NotCapable) return error;
  return new UserError("CONSOLE_ADDRESS", `the console cannot listen on ${host}:${port}: ${messageOf(error)}`);
}

/** One sentence on what a bind beyond loopback means; null on loopback. */
function exposureNotice(host: string, url: string): string | null {
  if (isLoopback(host)) return null;
  return `the console at ${url} can be reached from the network, unencrypted: whoever has or overhears the token can ` +
    "read everything and kill or re-arm; prefer 127.0.0.1 with an SSH tunnel";
}
