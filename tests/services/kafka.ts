/**
 * Apache Kafka as one process that is broker and controller (KRaft), from the jars of Maven Central, with a small heap.
 *
 * With security, clients come by SASL/SCRAM over TLS; the controller's own listener stays plain and on loopback.
 */
import { join } from "node:path";
import { classPath, type KafkaLine } from "./jars.ts";
import type { Security } from "./security.ts";
import { findProgram, freePort, listens, Service } from "./service.ts";

export const javaProgram: string | null = findProgram("java");

/** The line that is meant where nobody says which. */
export const DEFAULT_LINE: KafkaLine = "4.3";

export interface KafkaServerOptions {
  readonly line?: KafkaLine;
  readonly port?: number;
  /** The port that clients are told to come by, such as that of a proxy; default the server's own. */
  readonly advertisedPort?: number;
  /** More ways in, each on a port of its own and with the port that clients who come that way are told. */
  readonly doors?: readonly { readonly port: number; readonly advertisedPort: number }[];
  readonly security?: Security;
  /** Where it keeps its logs instead of its own directory. */
  readonly logs?: string;
  /** Whether the server makes topics that are asked for; default false, as it should be. */
  readonly autoCreate?: boolean;
}

/** Start-up counts more than peak speed, and two cores are all there may be. */
const JAVA = ["-Xms96m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];
const CLUSTER = "Q1dUUy10ZXN0cy0wMDAwMA";

export async function startKafka(options: KafkaServerOptions = {}): Promise<Service> {
  const { line = DEFAULT_LINE, port, security } = options;
  const classes = await classPath(line);
  const controllerPort = freePort();
  const at = (directory: string) => join(directory, "server.properties");
  const java = (...args: readonly string[]) => [...JAVA, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", ...args];
  return await Service.start({
    name: "kafka",
    command: javaProgram ?? "java",
    port,
    startMs: 90_000,
    args: (directory) => java("-cp", classes, "kafka.Kafka", at(directory)),
    async prepare(directory, port) {
      await Deno.writeTextFile(at(directory), properties(directory, port, controllerPort, options));
      const scram = security === undefined
        ? []
        : ["--add-scram", `SCRAM-SHA-256=[name=${security.user},password=${security.password}]`];
      const format = ["format", "-t", CLUSTER, "-c", at(directory), ...scram];
      const { success, stdout, stderr } = await new Deno.Command(javaProgram ?? "java", {
        args: java("-cp", classes, "kafka.tools.StorageTool", ...format),
        stdout: "piped",
        stderr: "piped",
      }).output();
      const words = new TextDecoder();
      if (!success) throw new Error(`formatting failed:\n${words.decode(stdout)}${words.decode(stderr)}`);
    },
    // It listens only when it has joined its controller and read its logs.
    ready: (port) => listens(port),
  });
}

function properties(
  directory: string,
  port: number,
  controllerPort: number,
  { security, autoCreate = false, advertisedPort = port, doors = [], logs }: KafkaServerOptions,
): string {
  const client = security === undefined ? "PLAINTEXT" : "SASL_SSL";
  const ways = [{ port, advertisedPort }, ...doors].map((door, i) => ({ ...door, name: `CLIENT${i === 0 ? "" : i}` }));
  const list = (each: (way: typeof ways[number]) => string) => ways.map(each).join(",");
  const lines = [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=${list(({ name, port }) => `${name}://127.0.0.1:${port}`)},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=${list(({ name, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort}`)}`,
    `listener.security.protocol.map=${list(({ name }) => `${name}:${client}`)},CONTROLLER:PLAINTEXT`,
    "inter.broker.listener.name=CLIENT",
    "controller.listener.names=CONTROLLER",
    `log.dirs=${logs ?? join(directory, "data")}`,
    `auto.create.topics.enable=${autoCreate}`,
    // One node: nothing to replicate to, and no reason to wait for members that may still come.
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=4",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "transaction.state.log.num.partitions=1",
    "group.initial.rebalance.delay.ms=0",
    // Tests kill consumers and do not wait for minutes.
    "group.min.session.timeout.ms=500",
    // After a kill its old registration must be over before it may come back.
    "broker.session.timeout.ms=1000",
    "broker.heartbeat.interval.ms=200",
    "controller.quorum.election.timeout.ms=200",
    "controller.quorum.fetch.timeout.ms=500",
    "num.network.threads=2",
    "num.io.threads=4",
  ];
  if (security !== undefined) {
    const { tls } = security;
    lines.push(
      "sasl.enabled.mechanisms=SCRAM-SHA-256",
      "sasl.mechanism.inter.broker.protocol=SCRAM-SHA-256",
      "listener.name.client.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required " +
        `username="${security.user}" password="${security.password}";`,
      "ssl.keystore.type=PEM",
      `ssl.keystore.location=${join(directory, "keystore.pem")}`,
      "ssl.truststore.type=PEM",
      `ssl.truststore.location=${tls.ca}`,
    );
    Deno.writeTextFileSync(
      join(directory, "keystore.pem"),
      Deno.readTextFileSync(tls.key) + Deno.readTextFileSync(tls.certificate) + Deno.readTextFileSync(tls.ca),
    );
  }
  return lines.join("\n");
}
