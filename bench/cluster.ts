/**
 * What it costs to have the gate on another node, and how long nobody trades when that node dies.
 *
 *     deno task bench cluster [--json] [--only order,failover] [--engines cwts-redis,cwts-nats,cwts-kafka] [--runs n]
 *
 * - `order`: from an order on node A through the gate on node B (checked, recorded by group commit) and the venue, back to the
 *   report on node A, one at a time; nanoseconds. Node B is a process of its own, with its market running.
 * - `failover`: from kill −9 of the gateway to the moment when the standby has taken the shard's holder; milliseconds, with
 *   leases of the default length.
 */
import { UserError } from "../config/mod.ts";
import { ClusterLink, DEFAULT_LEASE_MS } from "../actors/node/roles/cluster_link.ts";
import { openerOf } from "../cli/cluster_flags.ts";
import { Process } from "../tests/cluster/processes.ts";
import { startKafka } from "../tests/services/kafka.ts";
import { missing } from "../tests/services/needs.ts";
import { startNats } from "../tests/services/nats.ts";
import { startRedis } from "../tests/services/redis.ts";
import { MeasuringHolder } from "./cluster/holder.ts";
import { Report, spread, tail } from "./harness.ts";
import type { Narrowing } from "./main.ts";

export const options = ["only", "engines", "runs"];

const SERVERS = { redis: startRedis, nats: startNats, kafka: startKafka } as const;
type Kind = keyof typeof SERVERS;
const KINDS = Object.keys(SERVERS) as Kind[];
const CASES = ["order", "failover"];
const RUNS = 3;
const ORDERS = 300;
const WARM_UP = 30;

export async function run(json: boolean, { only, engines, runs: asked }: Narrowing): Promise<void> {
  const cases = chosen(only, CASES, "only");
  const wanted = chosen(engines, KINDS.map((kind) => `cwts-${kind}`), "engines");
  const runs = Number(asked ?? RUNS);
  if (!Number.isInteger(runs) || runs < 1) throw new UserError("USAGE", `--runs takes a whole number, not ${asked}`);
  const report = new Report("cluster", json);
  for (const kind of KINDS.filter((one) => wanted.includes(`cwts-${one}`))) {
    const absent = missing(kind);
    if (absent.length > 0) {
      for (const name of cases) report.absent(name, `cwts-${kind}`, `${absent.join(", ")} is not installed`);
      continue;
    }
    await using service = await SERVERS[kind]();
    const broker = `${kind}://127.0.0.1:${service.port}`;
    if (cases.includes("order")) await orders(report, kind, broker, runs);
    if (cases.includes("failover")) await failovers(report, kind, broker, runs);
    report.flush();
  }
  report.end();
}

async function orders(report: Report, kind: Kind, broker: string, runs: number): Promise<void> {
  const medians: number[] = [];
  let best: Record<string, number> = {};
  await withGateways(broker, `orders`, async ({ link, gateway }) => {
    await gateway("g1");
    const holder = await MeasuringHolder.open(link);
    await holder.attach();
    for (let n = 0; n < WARM_UP; n++) await holder.roundTrip();
    for (let turn = 0; turn < runs; turn++) {
      const samples: number[] = [];
      for (let n = 0; n < ORDERS; n++) samples.push(await holder.roundTrip());
      const tailed = tail(samples);
      medians.push(tailed.p50_ns);
      if (!(tailed.p99_ns >= best.p99_ns)) best = tailed;
    }
    await holder.close();
  });
  report.add({ case: "order", engine: `cwts-${kind}`, unit: "ns", ...spread(medians), ...best });
}

async function failovers(report: Report, kind: Kind, broker: string, runs: number): Promise<void> {
  const times: number[] = [];
  for (let turn = 0; turn < runs; turn++) {
    await withGateways(broker, `failover-${turn}`, async ({ link, gateway }) => {
      const first = await gateway("g1");
      const holder = await MeasuringHolder.open(link);
      await holder.attach();
      const standby = await gateway("g2");
      await standby.said(/standby: /);
      // It rehearses first.
      while (!link.board.live.some(({ state }) => state === "standby")) await pause();
      const begun = performance.now();
      first.kill("SIGKILL");
      while ((link.board.gateway?.status.epoch ?? 0) < 2) await pause();
      await holder.attach();
      times.push(performance.now() - begun);
      await holder.close();
    });
  }
  report.add({ case: "failover", engine: `cwts-${kind}`, unit: "ms", ...spread(times), lease_ms: DEFAULT_LEASE_MS });
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

interface Gateways {
  readonly link: ClusterLink;
  readonly gateway: (name: string) => Promise<Process>;
}

async function withGateways(broker: string, cluster: string, body: (it: Gateways) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-bench-" });
  const link = await ClusterLink.join({
    ...{ cluster, node: "bench", role: "organisms", err: () => {} },
    open: openerOf({ broker: broker.split(",") }, undefined, () => undefined),
  });
  const processes: Process[] = [];
  try {
    await body({
      link,
      async gateway(name) {
        const process = Process.start(name, [
          ...["start", "--role", "gateway", "--broker", broker, "--cluster", cluster, "--node", name],
          ...["--data-dir", `${directory}/${name}`, "--console-port", "off"],
        ]);
        processes.push(process);
        await process.said(/gateway \d+ of the cluster|standby: /);
        return process;
      },
    });
  } finally {
    for (const process of processes) {
      try {
        process.kill("SIGKILL");
      } catch { /* It has ended. */ }
    }
    await Promise.all(processes.map(({ ended }) => ended));
    await link.close();
    await Deno.remove(directory, { recursive: true });
  }
}

function chosen(text: string | undefined, all: readonly string[], name: string): readonly string[] {
  const wanted = text?.split(",") ?? all;
  const strange = wanted.find((one) => !all.includes(one));
  if (strange !== undefined) throw new UserError("USAGE", `--${name} takes some of ${all.join(", ")}, not ${strange}`);
  return wanted;
}
