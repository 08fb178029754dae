/**
 * How fast messages go from one node to another through each broker, by our port and by the client's library alone.
 *
 *     deno task bench brokers [--json] [--only throughput-64,latency-10k] [--engines cwts-redis,raw-redis] [--runs n]
 *
 * - `throughput-1`, `-64`, `-1000`: from the first call to the last message handled and committed, messages per second. They
 *   are sent one, 64 or 1 000 to a call, 500 on their way at once; `ratio` is the median beside that of the client alone.
 * - `latency-1k`, `-10k`, `-50k`: from the moment when a message was to be sent to its handler, nanoseconds, at so many messages a
 *   second whatever comes back (an open loop). Who does not keep up has no figure, and a line says so.
 * - `idle-node`: what a node with a lease and a subscription costs while nothing happens: milliseconds of processor in a second,
 *   with its memory and the bytes to the server and back in a second.
 *
 * The server's own tool, such as redis-benchmark, takes turns with them: how fast the server takes the same messages from it, with
 * nobody reading. `ratio` stays the one beside the client's library.
 *
 * Messages of 100 bytes with an envelope of about as many; the client alone sends ready text of the same size. One process sends
 * and receives. The servers run here, and confirm what is on the disk (Redis: appendfsync always) or written (NATS, Kafka).
 */
import { UserError } from "../config/mod.ts";
import { type IdleCost, idleCost } from "./brokers/idle.ts";
import { type ToolKind, toolMissing, TOOLS, toolThroughput } from "./brokers/tools.ts";
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
const ENGINES = KINDS.flatMap((kind) =>
  kind === "memory" ? ["cwts-memory"] : [`raw-${kind}`, `cwts-${kind}`, TOOLS[kind]]
);
const IDLE = "idle-node";
const IDLE_MS = 10_000;
const SIZES = [1, 64, 1_000];
const RATES: Readonly<Record<string, number>> = {
  "latency-1k": 1_000,
  "latency-10k": 10_000,
  "latency-50k": 50_000,
};
const CASES = [...SIZES.map((size) => `throughput-${size}`), ...Object.keys(RATES), IDLE];
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
    for (; next < due; next++) {
      const sent = road.send(next, 1);
      // Looked at when all have been sent.
      sent.catch(() => {});
      sending.push(sent);
    }
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
    const tool = kind === "memory" ? null : TOOLS[kind];
    const ways = engines.filter((engine) => engine === tool || engine === `raw-${kind}` || engine === `cwts-${kind}`);
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
      const loaded = cases.filter((name) => name !== IDLE);
      await measureKind(report, kind, loaded, ways, runs, service);
    } finally {
      await service?.stop();
    }
    if (cases.includes(IDLE) && kind !== "memory" && ways.includes(`cwts-${kind}`)) {
      await measureIdle(report, kind, runs);
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
  kind: RoadKind,
  cases: readonly string[],
  chosenWays: readonly string[],
  runs: number,
  service: Service | null,
): Promise<void> {
  const port = service?.port ?? 0;
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
    let ways = chosenWays.filter((way) => !isTool(way) || rate === undefined && mayUse(report, name, kind));
    const figures = new Map<string, number[]>(ways.map((way) => [way, []]));
    const tails = new Map<string, Record<string, number>>();
    // The first turn warms up compilers, servers and page caches, and is not counted.
    for (let turn = 0; turn <= runs; turn++) {
      for (const way of ways) {
        if (rate === undefined) {
          const size = Number(name.split("-")[1]);
          const messages = turn === 0 ? MESSAGES / 10 : MESSAGES;
          const figure = isTool(way)
            ? await toolThroughput(kind as ToolKind, service!, messages, size)
            : await on(way, (road) => throughput(road, messages, size));
          if (turn > 0) figures.get(way)!.push(figure);
        } else {
          const samples = await on(way, (road) => latencies(road, rate, turn === 0 ? LATENCY_MS / 10 : LATENCY_MS))
            .catch((error: Error) => error);
          if (samples instanceof Error) {
            report.absent(name, way, `it did not keep up (${samples.message || samples.name})`);
            ways = ways.filter((one) => one !== way);
            continue;
          }
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
      const ratio: Record<string, number> = rate === undefined && alone !== undefined && alone !== way && !isTool(way)
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

const isTool = (way: string): boolean => Object.values(TOOLS).includes(way);

function mayUse(report: Report, name: string, kind: RoadKind): boolean {
  const why = toolMissing(kind as ToolKind);
  if (why !== null) report.absent(name, TOOLS[kind as ToolKind], why);
  return why === null;
}

async function measureIdle(report: Report, kind: ToolKind, runs: number): Promise<void> {
  const costs: IdleCost[] = [];
  for (let run = 0; run < runs; run++) costs.push(await idleCost(kind, IDLE_MS));
  const of = (pick: (cost: IdleCost) => number) => Number(spread(costs.map(pick)).median.toFixed(1));
  report.add({
    case: IDLE,
    engine: `cwts-${kind}`,
    unit: "ms/s",
    ...spread(costs.map(({ cpuMsPerSecond }) => Number(cpuMsPerSecond.toFixed(2)))),
    rss_mib: of(({ rssMiB }) => rssMiB),
    up_bytes_per_s: of(({ upBytesPerSecond }) => upBytesPerSecond),
    down_bytes_per_s: of(({ downBytesPerSecond }) => downBytesPerSecond),
  });
}

function chosen(text: string | undefined, all: readonly string[], name: string): readonly string[] {
  const wanted = text?.split(",") ?? all;
  const strange = wanted.find((one) => !all.includes(one));
  if (strange !== undefined) throw new UserError("USAGE", `--${name} takes some of ${all.join(", ")}, not ${strange}`);
  return wanted;
}
