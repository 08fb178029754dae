/** Talks to the console of a running node, as a person, with a key, or, where nobody is enrolled, with the printed token. */
import { loadConfig, UserError } from "../config/mod.ts";
import { type AsFlags, askSecret } from "./host_access.ts";
import type { CliIo } from "./io.ts";

export interface ConsoleFlags extends AsFlags {
  readonly console?: string;
  readonly config?: string;
}

export interface ConsoleClient {
  // deno-lint-ignore no-explicit-any -- the console's own schemas have checked it
  send(method: "GET" | "POST", path: string, body?: unknown): Promise<any>;
}

/** A key, or the token that the node printed; a name and a password go before it. */
export const CREDENTIAL_VARIABLE = "CWTS_CREDENTIAL";

/** Logs in, hands over the client, and logs out again. Throws NO_CONSOLE, or what the console refused with its code. */
export async function withConsoleClient<T>(
  flags: ConsoleFlags,
  io: CliIo,
  use: (client: ConsoleClient) => Promise<T>,
): Promise<T> {
  const url = flags.console ?? addressOf(flags);
  if (flags.as === undefined) {
    return await use({
      send: (method, path, body) => request(url, method, path, Deno.env.get(CREDENTIAL_VARIABLE), body),
    });
  }
  const password = askSecret(io, `password of ${flags.as}`);
  const { token } = await request(url, "POST", "/session", undefined, { person: flags.as, password, bearer: true });
  try {
    return await use({ send: (method, path, body) => request(url, method, path, token, body) });
  } finally {
    await request(url, "DELETE", "/session", token).catch(() => {});
  }
}

function addressOf({ config }: ConsoleFlags): string {
  const { host, port } = loadConfig({ file: config }).config.console;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function request(url: string, method: string, path: string, token?: string, body?: unknown) {
  const headers: Record<string, string> = {};
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(new URL(`/api/v1${path}`, url), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UserError("NO_CONSOLE", `no node answers at ${url}: start one, or name its console with --console <url>`);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new UserError(answer?.code ?? "NO_CONSOLE", answer?.detail ?? `${url} answered ${response.status}`);
}
