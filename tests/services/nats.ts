/** nats-server with JetStream. */
import { join } from "node:path";
import type { Security } from "./security.ts";
import { findProgram, listens, Service } from "./service.ts";

export const natsProgram: string | null = findProgram("nats-server");

export interface NatsServerOptions {
  readonly port?: number;
  readonly security?: Security;
}

export function startNats({ port, security }: NatsServerOptions = {}): Promise<Service> {
  return Service.start({
    name: "nats",
    command: natsProgram ?? "nats-server",
    port,
    args: (directory) => ["-c", join(directory, "nats.conf")],
    prepare: (directory, port) =>
      Deno.writeTextFile(join(directory, "nats.conf"), configuration(directory, port, security)),
    ready: async (port, log) => await listens(port) && /Server is ready/.test(await Deno.readTextFile(log)),
  });
}

function configuration(directory: string, port: number, security: Security | undefined): string {
  const lines = ["host: 127.0.0.1", `port: ${port}`, `jetstream { store_dir: "${join(directory, "data")}" }`];
  if (security === undefined) return lines.join("\n");
  const { user, password, tls } = security;
  return [
    ...lines,
    `tls { cert_file: "${tls.certificate}", key_file: "${tls.key}" }`,
    `authorization { users = [ { user: "${user}", password: "${password}" } ] }`,
  ].join("\n");
}
