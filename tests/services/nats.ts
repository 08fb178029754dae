/** nats-server with JetStream. */
import { join } from "node:path";
import type { Security } from "./security.ts";
import { findProgram, listens, Service } from "./service.ts";

export const natsProgram: string | null = findProgram("nats-server");

export interface NatsServerOptions {
  readonly port?: number;
  readonly security?: Security;
  /** Bytes that its streams may take on the disk. */
  readonly maxStore?: number;
}

export function startNats({ port, security, maxStore }: NatsServerOptions = {}): Promise<Service> {
  return Service.start({
    name: "nats",
    command: natsProgram ?? "nats-server",
    port,
    args: (directory) => ["-c", join(directory, "nats.conf")],
    prepare: (directory, port) =>
      Deno.writeTextFile(join(directory, "nats.conf"), natsConfiguration(directory, port, security, maxStore)),
    ready: async (port, log) => await listens(port) && /Server is ready/.test(await Deno.readTextFile(log)),
  });
}

/** What stands in its file `nats.conf`, to be written again before another start. */
export function natsConfiguration(directory: string, port: number, security?: Security, maxStore?: number): string {
  const limit = maxStore === undefined ? "" : `, max_file_store: ${maxStore}`;
  const lines = ["host: 127.0.0.1", `port: ${port}`, `jetstream { store_dir: "${join(directory, "data")}"${limit} }`];
  if (security === undefined) return lines.join("\n");
  const { user, password, tls } = security;
  return [
    ...lines,
    `tls { cert_file: "${tls.certificate}", key_file: "${tls.key}" }`,
    `authorization { users = [ { user: "${user}", password: "${password}" } ] }`,
  ].join("\n");
}
