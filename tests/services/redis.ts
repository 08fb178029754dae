/** redis-server, as it must be set up for nothing to be lost: every write is on the disk before it is confirmed. */
import { join } from "node:path";
import type { Security } from "./security.ts";
import { findProgram, listens, Service } from "./service.ts";

export const redisProgram: string | null = findProgram("redis-server");

export interface RedisServerOptions {
  readonly port?: number;
  /** Listens at this address as well as on loopback. */
  readonly host?: string;
  readonly security?: Security;
  /** Further lines of its configuration. */
  readonly more?: (directory: string) => readonly string[];
}

export function startRedis({ port, host, security, more }: RedisServerOptions = {}): Promise<Service> {
  return Service.start({
    name: "redis",
    command: redisProgram ?? "redis-server",
    port,
    args: (directory) => [join(directory, "redis.conf")],
    async prepare(directory, port) {
      await Deno.mkdir(join(directory, "data"));
      const lines = [configuration(directory, port, host, security), ...more?.(directory) ?? []];
      await Deno.writeTextFile(join(directory, "redis.conf"), lines.join("\n"));
    },
    ready: async (port, log) => await listens(port) && /Ready to accept connections/.test(await lastRun(log)),
  });
}

/** What the log says since the latest start: a restarted server listens before it has read its data. */
async function lastRun(log: string): Promise<string> {
  const text = await Deno.readTextFile(log);
  return text.slice(Math.max(0, text.lastIndexOf("oO0OoO0OoO0Oo")));
}

function configuration(
  directory: string,
  port: number,
  host: string | undefined,
  security: Security | undefined,
): string {
  const lines = [
    `bind 127.0.0.1${host === undefined ? "" : ` ${host}`}`,
    // Who comes from elsewhere comes by a cable of this machine's own.
    ...(host === undefined ? [] : ["protected-mode no"]),
    `dir ${join(directory, "data")}`,
    "appendonly yes",
    "appendfsync always",
    'save ""',
  ];
  if (security === undefined) return [`port ${port}`, ...lines].join("\n");
  const { user, password, tls } = security;
  return [
    "port 0",
    `tls-port ${port}`,
    `tls-cert-file ${tls.certificate}`,
    `tls-key-file ${tls.key}`,
    `tls-ca-cert-file ${tls.ca}`,
    "tls-auth-clients no",
    "user default off",
    `user ${user} on ${JSON.stringify(`>${password}`)} ~* &* +@all`,
    ...lines,
  ].join("\n");
}
