/** Starts the console over the model node for one test, and talks to it as a client would. */
import { type ConsoleOptions, startConsole } from "../../../actors/console/mod.ts";
import type { ConsoleAssets } from "../../../actors/console/mod.ts";
import { type Desk, openDesk } from "../access/desk.ts";
import { openRig, type Rig } from "../controls/rig.ts";
import { type AlertRig, openAlerts } from "../alerts/rig.ts";
import { createModelFeed, type ModelFeed } from "./feed.ts";
import { createModelNode, type ModelNode, type ModelOptions } from "./model.ts";

export const TOKEN = "test-token-0123456789abcdef";

export const ASSETS: ConsoleAssets = {
  html: "<!doctype html><title>page</title>",
  script: "/* script */",
  style: "/* style */",
  icon: "<svg/>",
};

export interface Client {
  readonly url: string;
  readonly model: ModelNode;
  readonly desk: Desk;
  readonly limits: Rig;
  readonly feed: ModelFeed;
  readonly alerts: AlertRig;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  send(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into JSON of many shapes
  readonly body: any;
}

export const AUTHORISED = { authorization: `Bearer ${TOKEN}` };

export async function withConsole(
  test: (client: Client) => Promise<void>,
  options: Partial<ConsoleOptions> & ModelOptions = {},
): Promise<void> {
  const model = createModelNode(options);
  const desk = openDesk({ ownerToken: TOKEN });
  using limits = openRig();
  const feed = createModelFeed();
  const alerts = openAlerts();
  const server = await startConsole({
    view: model,
    host: "127.0.0.1",
    port: 0,
    access: desk.access,
    controls: limits.controls,
    postTrade: feed,
    alerts: alerts.desk,
    assets: ASSETS,
    ...options,
  });
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(server.url + path, init);
    const text = await response.text();
    const type = (response.headers.get("content-type") ?? "").split(";")[0];
    return {
      status: response.status,
      type,
      headers: response.headers,
      body: type.endsWith("json") ? JSON.parse(text) : text,
    };
  };
  try {
    await test({
      url: server.url,
      model,
      desk,
      limits,
      feed,
      alerts,
      send: (method, path, headers, body) =>
        send(path, {
          method,
          headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
          body: body === undefined ? undefined : JSON.stringify(body),
        }),
      get: (path, headers = {}) => send(path, { headers }),
      post: (path, body, headers = AUTHORISED) =>
        send(path, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
      close: () => server.close(),
    });
  } finally {
    await server.close();
    desk.access.close();
  }
}

/** One HTTP/1.1 request over a bare socket: for headers that `fetch` does not let a client set. */
export async function rawRequest(url: string, head: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = await Deno.connect({ hostname, port: Number(port) });
  await socket.write(new TextEncoder().encode(head.replaceAll("\n", "\r\n") + "\r\n\r\n"));
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  for await (const chunk of socket.readable) chunks.push(decoder.decode(chunk, { stream: true }));
  return chunks.join("");
}
