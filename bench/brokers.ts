/**
 * How fast messages go from one node to another through each broker, by our port and by the client's library alone.
 *
 *     deno task bench brokers [--json] [--only throughput-64,latency-10k] [--engines cwts-redis,raw-redis] [--runs n]
 *
 * - `throughput-1`, `-64`, `-1000`: from the first call to the last message handled and committed, messages per second. They
 *   are sent one, 64 or 1 000 to a call, 500 on their way at once; `ratio` is the median beside that of the client alone.
 * - `latency-1k`, `latency-10k`: from the moment when a message was to be sent to its handler, nanoseconds, at 1 000 and 10 000
 *   messages a second whatever comes back (an open loop).
 *
 * Messages of 100 bytes with an envelope of about as many; the client alone sends ready text of the same size. One process sends
 * and receives. The servers run here, and confirm what is on the disk (Redis: appendfsync always) or written (NATS, Kafka).
 */
import { UserError } from "../config/mod.ts";
import { startKafka } from "../tests/services/kafka.ts";
import { missing } from "../tests/services/needs.ts";
import { startNats } from "../tests/services/nats.ts";
import { startRedis } from "../tests/services/redis.ts";
import type { Service } from "../tests/services/service.ts";
import type { Road } from "./brokers/load.ts";
import { openRoad, type RoadKind } from "./brokers/roads.ts";
import { Report, spread, tail } from "./harness.ts";
import type { Narrowing } from "./main.ts";

export const options = ["only", "engines", "runs"];

const KINDS: readonly RoadKind[] = ["memory", "redis", "nats", "kafka"];
const ENGINES = KINDS.flatMap((kind) => kind === "memory" ? ["cwts-memory"] : [`raw-${kind}`, `cwts-${kind}`]);
const SIZES = [1, 64, 1_000];
const RATES: Readonly<Record<string, number>> = { "latency-1k": 1_000, "latency-10k": 10_000 };
const CASES = [...SIZES.map((size) => `throughput-${size}`), ...Object.keys(RATES)];
const RUNS = 3;
const MESSAGES = 30_000;
const UNDER_WAY = 500;
const LATENCY_MS = 3_000;
/** What lies this long before the end of time has to have come. */
const PATIENCE_MS = 60_000;

/** Messages per second. */
export async function throughput(road: Road, messages: number, size: number): Promise<number> {
  let left = messages;
  const all = Promise.withResolvers<void>();
  await road.receive((numbers) => {
    left -= numbers.length;
    if (left <= 0) all.resolve();
  });
  const begun = performance.now();
  let next = 0;
  const sender = async () => {
    while (next < messages) {
      const first = next;
      const count = Math.min(size, messages - first);
      next += count;
      await road.send(first, count);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.floor(UNDER_WAY / size)) }, sender));
  await inTime(all.promise, "messages sent");
  return messages / (performance.now() - begun) * 1000;
}

/** Nanoseconds of each message. */
export async function latencies(road: Road, rate: number, forMs: number): Promise<Float64Array> {
  const messages = Math.floor(rate * forMs / 1000);
  const samples = new Float64Array(messages);
  let left = messages;
  const all = Promise.withResolvers<void>();
  let begun = 0;
  await road.receive((numbers) => {
    const now = performance.now();
    for (const n of numbers) samples[n] = (now - begun - n / rate * 1000) * 1e6;
    left -= numbers.length;
    if (left <= 0) all.resolve();
  });
  begun = performance.now();
  const sending: Promise<void>[] = [];
  for (let next = 0; next < messages;) {
    const due = Math.min(messages, Math.floor((performance.now() - begun) / 1000 * rate));
    for (; next < due; next++) sending.push(road.send(next, 1));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sending);
  await inTime(all.promise, "messages sent");
  return samples;
}

async function inTime(all: Promise<void>, what: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not all ${what} came within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  await Promise.race([all, late]).finally(() => clearTimeout(timer));
}

export async function run(json: boolean, narrowing: Narrowing): Promise<void> {
  const cases = chosen(narrowing.only, CASES, "only");
  const engines = chosen(narrowing.engines, ENGINES, "engines");
  const runs = Number(narrowing.runs ?? RUNS);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new UserError("USAGE", `--runs takes a whole number, not ${narrowing.runs}`);
  }
  const report = new Report("brokers", json);
  for (const kind of KINDS) {
    const ways = engines.filter((engine) => engine.endsWith(`-${kind}`));
    if (ways.length === 0) continue;
    const absent = missing(kind);
    if (absent.length > 0) {
      for (const name of cases) {
        for (const way of ways) report.absent(name, way, `${absent.join(", ")} is not installed`);
      }
      continue;
    }
    const service = await serverOf(kind);
    try {
      await measureKind(report, cases, ways, runs, service?.port ?? 0);
    } finally {
      await service?.stop();
    }
    report.flush();
  }
  report.end();
}

function serverOf(kind: RoadKind): Promise<Service> | null {
  if (kind === "redis") return startRedis();
  if (kind === "nats") return startNats();
  return kind === "kafka" ? startKafka() : null;
}

/** The ways take turns, so that a slow moment of the machine is nobody's alone. */
async function measureKind(
  report: Report,
  cases: readonly string[],
  ways: readonly string[],
  runs: number,
  port: number,
): Promise<void> {
  let topics = 0;
  const on = async <T>(way: string, measured: (road: Road) => Promise<T>): Promise<T> => {
    const road = await openRoad(way, port, `bench-${way}-${++topics}`);
    try {
      return await measured(road);
    } finally {
      await road.close();
    }
  };
  for (const name of cases) {
    const rate = RATES[name];
    const figures = new Map<string, number[]>(ways.map((way) => [way, []]));
    const tails = new Map<string, Record<string, number>>();
    // The first turn warms up compilers, servers and page caches, and is not counted.
    for (let turn = 0; turn <= runs; turn++) {
      for (const way of ways) {
        if (rate === undefined) {
          const size = Number(name.split("-")[1]);
          const figure = await on(way, (road) => throughput(road, turn === 0 ? MESSAGES / 10 : MESSAGES, size));
          if (turn > 0) figures.get(way)!.push(figure);
        } else {
          const samples = await on(way, (road) => latencies(road, rate, turn === 0 ? LATENCY_MS / 10 : LATENCY_MS));
          if (turn === 0) continue;
          const tailed = tail(samples);
          figures.get(way)!.push(tailed.p50_ns);
          // Of several runs the quietest one's tail: the others' say more about the machine.
          const best = tails.get(way);
          if (best === undefined || tailed.p99_ns < best.p99_ns) tails.set(way, tailed);
        }
      }
    }
    const alone = ways.find((way) => way.startsWith("raw-"));
    for (const way of ways) {
      const found = spread(figures.get(way)!);
      const ratio: Record<string, number> = rate === undefined && alone !== undefined && alone !== way
        ? { ratio: Number((found.median / spread(figures.get(alone)!).median).toFixed(3)) }
        : {};
      report.add({
        case: name,
        engine: way,
        unit: rate === undefined ? "ops/s" : "ns",
        ...found,
        ...tails.get(way),
        ...ratio,
      });
    }
  }
}

function chosen(text: string | undefined, all: readonly string[], name: string): readonly string[] {
  const wanted = text?.split(",") ?? all;
  const strange = wanted.find((one) => !all.includes(one));
  if (strange !== undefined) throw new UserError("USAGE", `--${name} takes some of ${all.join(", ")}, not ${strange}`);
  return wanted;
}
