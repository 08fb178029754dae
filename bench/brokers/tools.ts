/**
 * The brokers' own measuring tools on the same server: how fast the server takes messages of the same size, of which a batch and
 * 500 in all are on their way. They only publish; nobody reads.
 */
import { join } from "node:path";
import { classPath, provide } from "../../tests/services/jars.ts";
import { DEFAULT_LINE, javaProgram } from "../../tests/services/kafka.ts";
import { findProgram, type Service } from "../../tests/services/service.ts";
import { openKafka } from "../../runtime/transport/kafka.ts";
import { PARTITIONS, rawText } from "./load.ts";

export type ToolKind = "redis" | "nats" | "kafka";

export const TOOLS: Readonly<Record<ToolKind, string>> = {
  redis: "redis-benchmark",
  nats: "nats-bench",
  kafka: "kafka-producer-perf-test",
};

/** The jar of the tool, which no server needs; of the line that is measured. */
const PERFORMANCE = {
  jar: "org/apache/kafka/kafka-tools/4.3.1/kafka-tools-4.3.1.jar",
  sha256: "62f3c5dd7aa3442d4c5bc6a95f86e2502178ea09de8e27f74d9563bf955e253c",
};

const UNDER_WAY = 500;
const BYTES = rawText(1).length;

/** What is missing for a tool; null: nothing. */
export function toolMissing(kind: ToolKind): string | null {
  const program = kind === "kafka" ? "java" : kind === "nats" ? "nats" : "redis-benchmark";
  return findProgram(program) === null ? `${program} is not installed` : null;
}

async function said(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  })
    .output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${command}: ${(err || out).trim().split("\n").slice(-3).join(" ")}`);
  return `${out}\n${err}`;
}

/** The last figure that a tool says, without its thousands' commas. */
function figure(text: string, pattern: RegExp): number {
  const found = [...text.matchAll(pattern)].at(-1)?.[1].replaceAll(",", "");
  if (found === undefined) throw new Error(`no figure in: ${text.trim().split("\n").slice(-3).join(" ")}`);
  return Number(found);
}

/** Messages a second. `size` go in one batch. */
export async function toolThroughput(
  kind: ToolKind,
  service: Service,
  messages: number,
  size: number,
): Promise<number> {
  const { port, directory } = service;
  switch (kind) {
    case "redis": {
      // What is on its way at once are the clients times what each sends without waiting.
      const clients = Math.max(1, Math.floor(UNDER_WAY / size));
      const xadd = ["XADD", "tool", "MAXLEN", "~", "1000000", "*", "f", rawText(1)];
      const load = ["-p", String(port), "-n", String(messages), "-c", String(clients), "-P", String(size), "-q"];
      return figure(await said("redis-benchmark", [...load, ...xadd]), /: ([\d.]+) requests per second/g);
    }
    case "nats": {
      const load = ["--js", "--pub", "1", "--msgs", String(messages), "--size", String(BYTES), "--no-progress"];
      const way = ["--server", `nats://127.0.0.1:${port}`, "bench", "tool", "--purge", "--pubbatch", String(UNDER_WAY)];
      return figure(await said("nats", [...way, ...load]), /Pub stats: ([\d,]+) msgs\/sec/g);
    }
    case "kafka": {
      const classes = `${await provide(PERFORMANCE.jar, PERFORMANCE.sha256)}:${await classPath(DEFAULT_LINE)}`;
      // The server makes no topics by itself.
      const broker = await openKafka({ node: "tool", port });
      await broker.createTopic("tool", PARTITIONS);
      await broker.close();
      const client = join(directory, "tool.properties");
      const batch = Math.max(1, size * (BYTES + 100));
      await Deno.writeTextFile(
        client,
        [`bootstrap.servers=127.0.0.1:${port}`, "acks=all", `batch.size=${batch}`, "linger.ms=0"].join("\n"),
      );
      const load = ["--topic", "tool", "--num-records", String(messages), "--record-size", String(BYTES)];
      const way = ["-cp", classes, "org.apache.kafka.tools.ProducerPerformance"];
      const text = await said(javaProgram!, [...way, ...load, "--throughput", "-1", "--producer.config", client]);
      return figure(text, /([\d.]+) records\/sec/g);
    }
  }
}
