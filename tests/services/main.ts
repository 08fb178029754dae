/**
 * `deno task services <redis|nats|kafka> [--line 4.3] [--port n] [--user u --password p]`: a server on loopback until Ctrl-C,
 * with everything it keeps in a directory that goes with it. With a user it speaks TLS, and the file of its authority is
 * printed.
 *
 * Exit codes: 0 ended by Ctrl-C, 1 did not start, 2 wrong usage.
 */
import { parseArgs } from "node:util";
import { UserError } from "../../config/mod.ts";
import { KAFKA_LINES, type KafkaLine, kafkaVersion } from "./jars.ts";
import { DEFAULT_LINE, startKafka } from "./kafka.ts";
import { startNats } from "./nats.ts";
import { startRedis } from "./redis.ts";
import { makeCertificates, type Security } from "./security.ts";
import type { Service } from "./service.ts";

const KINDS = ["redis", "nats", "kafka"];

async function main(args: readonly string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { line: text, port: text, user: text, password: text },
    allowPositionals: true,
  });
  const [kind, ...more] = positionals;
  if (!KINDS.includes(kind) || more.length > 0) throw new UserError("USAGE", `name one of ${KINDS.join(", ")}`);
  const line = (values.line ?? DEFAULT_LINE) as KafkaLine;
  if (!KAFKA_LINES.includes(line)) {
    throw new UserError("USAGE", `--line is one of ${KAFKA_LINES.join(", ")}, not ${line}`);
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new UserError("USAGE", `--port is a number from 1 to 65535, not ${values.port}`);
  }
  if ((values.user === undefined) !== (values.password === undefined)) {
    throw new UserError("USAGE", "--user and --password come together");
  }
  const directory = await Deno.makeTempDir({ prefix: "cwts-certificates-" });
  try {
    const security: Security | undefined = values.user === undefined
      ? undefined
      : { user: values.user, password: values.password!, tls: await makeCertificates(directory) };
    await using service = await start(kind, { line, port, security });
    const what = kind === "kafka" ? `kafka ${kafkaVersion(line)}` : kind;
    console.log(`${what}: ${service.address}${security === undefined ? "" : `  authority ${security.tls.ca}`}`);
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, resolve);
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function start(
  kind: string,
  options: { readonly line: KafkaLine; readonly port?: number; readonly security?: Security },
): Promise<Service> {
  if (kind === "redis") return startRedis(options);
  return kind === "nats" ? startNats(options) : startKafka(options);
}

if (import.meta.main) {
  try {
    await main(Deno.args);
    Deno.exit(0);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    Deno.exit(error instanceof UserError || error instanceof TypeError ? 2 : 1);
  }
}
