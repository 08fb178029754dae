/**
 * The console of a cluster: one page with every node, and a kill that reaches all of them. It has no gate, no log and no orders;
 * who is let in, and what keeps other sites out, is as on a node's own console.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { AccessPort } from "../protocol/access.ts";
import type { NodesPort } from "../protocol/cluster_overview.ts";
import { accessApi } from "./access_api.ts";
import { assetRoutes, type ConsoleAssets } from "./assets.ts";
import { guard } from "./guard.ts";
import { NODES_ROUTES, nodesApi, NodeStreams } from "./nodes_api.ts";
import { Problem, problemResponse, toProblem } from "./problem.ts";
import { hostCheck, isLoopback, originCheck, securityHeaders } from "./security.ts";
import { type ConsoleServer, serveApp } from "./server.ts";

export interface NodesConsoleOptions {
  readonly nodes: NodesPort;
  readonly access: AccessPort;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly assets: ConsoleAssets;
}

/** Throws UserError: PORT_IN_USE, CONSOLE_ADDRESS. */
export function startNodesConsole(options: NodesConsoleOptions): Promise<ConsoleServer> {
  return Promise.try(() => {
    const streams = new NodeStreams(options.nodes);
    return serveApp(options, nodesApp(options, streams), [streams]);
  });
}

/** Without a socket. */
export function nodesApp(
  { nodes, access, host, assets }: Omit<NodesConsoleOptions, "port">,
  streams: NodeStreams,
): OpenAPIHono {
  const app = new OpenAPIHono();
  app.onError((error) => problemResponse(toProblem(error)));
  app.notFound((c) => {
    throw new Problem(404, "NOT_FOUND", `there is no ${c.req.path}; /openapi.json lists what there is`);
  });
  app.use(securityHeaders);
  app.use(hostCheck(host));
  app.use("/api/*", originCheck);
  app.use("/api/*", guard(access, isLoopback(host), NODES_ROUTES));
  app.route("/api/v1", nodesApi(nodes, access, streams));
  app.route("/api/v1", accessApi(access));
  const info = { title: "CWTS cluster console", version: "1", description: "Reads every node and can kill them all." };
  app.get("/openapi.json", (c) => c.json(app.getOpenAPI31Document({ openapi: "3.1.0", info })));
  app.route("/", assetRoutes(assets));
  return app;
}
