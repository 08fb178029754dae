/**
 * The console's server: one page, a REST API, and a stream of snapshots of one node.
 *
 * It reads the node through `NodeView` alone and has no other way in. Bound to loopback unless the caller says
 * otherwise; see `docs/console.md` for who may do what.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import { UserError } from "../../config/errors.ts";
import type { AccessPort } from "../protocol/access.ts";
import type { AlertsPort } from "../protocol/alerts.ts";
import type { ConfigurationPort } from "../protocol/configuration.ts";
import type { ControlsPort } from "../protocol/controls.ts";
import type { PostTradePort } from "../protocol/post_trade.ts";
import type { NodeView } from "../protocol/view.ts";
import { accessApi } from "./access_api.ts";
import { alertsApi } from "./alerts_api.ts";
import { readApi } from "./api.ts";
import { assetRoutes, type ConsoleAssets } from "./assets.ts";
import { commandApi } from "./commands.ts";
import { CONFIGURATION_ROUTES, configurationApi } from "./configuration_api.ts";
import { controlsApi } from "./controls_api.ts";
import { createEventStreams, type EventStreams } from "./events.ts";
import { createExecutionStreams, type ExecutionStreams } from "./execution_stream.ts";
import { flattenApi } from "./flatten_api.ts";
import { guard, ROUTES, SESSION_COOKIE } from "./guard.ts";
import { overviewApi } from "./overview_api.ts";
import { postTradeApi } from "./post_trade_api.ts";
import { messageOf, Problem, problemResponse, toProblem } from "./problem.ts";
import { Sampler } from "./sampler.ts";
import { bracketed, hostCheck, isLoopback, originCheck, securityHeaders } from "./security.ts";
import { afterMillis } from "./wall.ts";

export interface ConsoleOptions {
  readonly view: NodeView;
  /** "127.0.0.1" unless the operator asked for more. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Who is let in, and what each may do. */
  readonly access: AccessPort;
  readonly controls: ControlsPort;
  readonly postTrade: PostTradePort;
  readonly alerts: AlertsPort;
  /** Of the gateway of several nodes. */
  readonly configuration?: ConfigurationPort;
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

/**
 * Starts the console. Throws UserError: PORT_IN_USE, CONSOLE_ADDRESS (the host cannot be bound).
 */
export function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  // A rejection, not a throw, whatever goes wrong: callers await one promise.
  return Promise.try(() => listen(options));
}

function listen(options: ConsoleOptions): ConsoleServer {
  const sampler = new Sampler(options.view);
  const streams = createEventStreams(sampler);
  const executions = createExecutionStreams(options.postTrade);
  const app = consoleApp(options, sampler, streams, executions);
  return serveApp(options, app, [streams, executions, sampler]);
}

/** An application at an address. `open`: what ends with it, also when it cannot be bound. */
export function serveApp(
  { host, port }: Pick<ConsoleOptions, "host" | "port">,
  app: Pick<OpenAPIHono, "fetch">,
  open: readonly { close(): void }[],
): ConsoleServer {
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
    for (const one of open) one.close();
    throw bindError(error, host, port);
  }
  const url = `http://${bracketed(host)}:${server.addr.port}`;
  let closing: Promise<void> | null = null;
  const close = async () => {
    for (const one of open) one.close();
    const cancel = afterMillis(CLOSE_GRACE_MS, () => cut.abort());
    await server.shutdown();
    cancel();
  };
  return { url, notice: exposureNotice(host, url), close: () => closing ??= close() };
}

/** The whole application, without a socket: for tests and for the server above. */
export function consoleApp(
  options: Pick<
    ConsoleOptions,
    "view" | "host" | "access" | "controls" | "postTrade" | "alerts" | "configuration" | "assets"
  >,
  sampler: Sampler,
  streams: EventStreams,
  executions: ExecutionStreams,
): OpenAPIHono {
  const { view, host, access, controls, postTrade, alerts, configuration, assets } = options;
  const routes = configuration === undefined ? ROUTES : [...ROUTES, ...CONFIGURATION_ROUTES];
  const app = new OpenAPIHono();
  app.onError((error) => problemResponse(toProblem(error)));
  app.notFound((c) => {
    throw new Problem(404, "NOT_FOUND", `there is no ${c.req.path}; /openapi.json lists what there is`);
  });
  app.use(securityHeaders);
  app.use(hostCheck(host));
  app.use("/api/*", originCheck);
  app.use("/api/*", guard(access, isLoopback(host), routes));
  // First: a configuration is longer than the words of a command, to which the others hold what comes.
  if (configuration !== undefined) app.route("/api/v1", configurationApi(configuration));
  app.route("/api/v1", readApi(view, sampler, streams, access));
  app.route("/api/v1", commandApi(view, sampler));
  app.route("/api/v1", accessApi(access));
  app.route("/api/v1", controlsApi(controls));
  app.route("/api/v1", flattenApi(controls));
  app.route("/api/v1", alertsApi(alerts));
  app.route("/api/v1", overviewApi(controls));
  app.route("/api/v1", postTradeApi(postTrade, executions, access));
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerComponent("securitySchemes", "cookie", {
    type: "apiKey",
    in: "cookie",
    name: SESSION_COOKIE,
  });
  app.get("/openapi.json", (c) => c.json(described(app)));
  app.route("/", assetRoutes(assets));
  return app;
}

/** The interface's description, with what each route needs from the same table that guards it. */
function described(app: OpenAPIHono) {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "CWTS console",
      version: "1",
      description:
        "Reads one node and can shut its gate. Money is in units of 1e-8, prices in ticks, quantities in lots.",
    },
  });
  for (const { method, path, need } of ROUTES) {
    const operation = document.paths?.[`/api/v1${path}`]?.[method.toLowerCase() as "get"];
    if (operation === undefined) continue;
    Object.assign(operation, {
      security: need === "anyone" ? [] : [{ bearer: [] }, { cookie: [] }],
      "x-cwts-action": need,
    });
  }
  return document;
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
