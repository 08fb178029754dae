/** Nodes of a cluster as real processes on a real broker, and what `cluster status` says of them. */
import { type ClusterOverview, runDirectory } from "../../actors/node/mod.ts";
import { ClusterLink } from "../../actors/node/roles/cluster_link.ts";
import { overviewOf } from "../../actors/node/roles/overview.ts";
import { openerOf } from "../../cli/cluster_flags.ts";
import { letterOf } from "../../actors/placement/words.ts";
import { TO_GATEWAY } from "../../actors/protocol/mod.ts";
import { decodeAudit, readAudit } from "../../ffi/mod.ts";
import { cwts } from "../cli/run.ts";

/** Silence is judged by wall time, and a machine under test is slow: leases are longer than a default one. */
export const LEASE_MS = 3_000;
const PATIENCE_MS = 90_000;

export class Process {
  out = "";
  readonly ended: Promise<number>;

  private constructor(readonly name: string, private readonly child: Deno.ChildProcess) {
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) this.out += text;
    };
    this.ended = Promise.all([child.status, read(child.stdout), read(child.stderr)]).then(([{ code }]) => code);
  }

  static start(name: string, args: readonly string[], env: Record<string, string> = {}): Process {
    return Process.of(name, cwts(args, env));
  }

  static of(name: string, command: Deno.Command): Process {
    return new Process(name, command.spawn());
  }

  get pid(): number {
    return this.child.pid;
  }

  kill(signal: Deno.Signal): void {
    this.child.kill(signal);
  }

  async said(pattern: RegExp): Promise<void> {
    await until(`${this.name} says ${pattern}`, () => pattern.test(this.out), () => this.out);
  }
}

/** Looks again and again, for as long as a slow machine may take. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  context: () => string = () => "",
): Promise<void> {
  const begun = performance.now();
  while (!await holds()) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error(`not within ${PATIENCE_MS} ms: ${what}\n${context()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A cluster on a broker, with a directory for the gateways' data; everything is killed at the end. */
export class TestCluster {
  readonly processes: Process[] = [];

  private constructor(
    readonly broker: string,
    readonly directory: string,
    private readonly environment: Record<string, string>,
    private readonly link: ClusterLink,
  ) {}

  /** `secretFile`: whoever looks on reads letters that are signed with it. */
  static async open(
    broker: string,
    environment: Record<string, string> = {},
    secretFile?: string,
  ): Promise<TestCluster> {
    const link = await ClusterLink.join({
      ...{ cluster: "main", node: "test", role: "console", leaseMs: LEASE_MS, err: () => {} },
      kill: { brokers: [], urls: [], secretFile, chance: Math.random },
      open: openerOf({ broker: broker.split(",") }, undefined, (name) => environment[name]),
    });
    return new TestCluster(broker, await Deno.makeTempDir({ prefix: "cwts-cluster-" }), environment, link);
  }

  start(role: string, name: string, ...more: string[]): Process {
    return this.run(name, cwts(this.args(role, name, ...more), this.environment));
  }

  /** Arguments of `cwts` that start a node of this cluster. */
  args(role: string, name: string, ...more: string[]): readonly string[] {
    const lease = more.includes("--lease-ms") ? [] : ["--lease-ms", String(LEASE_MS)];
    const broker = more.includes("--broker") ? [] : ["--broker", this.broker];
    return ["start", "--role", role, ...broker, "--node", name, ...lease, ...more];
  }

  /** A node that is started in a way of its own. */
  run(name: string, command: Deno.Command): Process {
    const process = Process.of(name, command);
    this.processes.push(process);
    return process;
  }

  gateway(name: string, ...more: string[]): Process {
    const data = more.includes("--data-dir") ? [] : ["--data-dir", this.data(name)];
    const port = more.includes("--console-port") ? [] : ["--console-port", "off"];
    return this.start("gateway", name, ...port, ...data, ...more);
  }

  organisms(name: string, ...more: string[]): Process {
    return this.start("organisms", name, ...more);
  }

  data = (name: string): string => `${this.directory}/${name}`;

  status(): ClusterOverview {
    return overviewOf("main", this.link.board);
  }

  async until(what: string, holds: (overview: ClusterOverview) => boolean): Promise<ClusterOverview> {
    let last: ClusterOverview | null = null;
    await until(what, () => holds(last = this.status()), () => `${JSON.stringify(last, null, 1)}\n${this.said}`);
    return last!;
  }

  /** All shards trade, held by one of these. */
  trading(...holders: string[]): Promise<ClusterOverview> {
    return this.until(
      `all shards trade on ${holders}`,
      ({ shards }) =>
        shards.length > 0 && shards.every((one) => one.state === "trading" && holders.includes(one.holder)),
    );
  }

  get said(): string {
    return this.processes.map(({ name, out }) => `--- ${name}\n${out}`).join("\n");
  }

  async end(): Promise<void> {
    for (const process of this.processes) {
      try {
        process.kill("SIGKILL");
      } catch { /* It has ended. */ }
    }
    await Promise.all(this.processes.map(({ ended }) => ended));
    await this.link.close();
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** Notes about shards and gateways in the latest run of a data directory. */
// deno-lint-ignore no-explicit-any -- notes of all kinds
export function notes(data: string, run?: number): any[] {
  return [...readAudit(runDirectory(data, run))]
    .filter(({ typeName }) => typeName === "Note")
    // deno-lint-ignore no-explicit-any -- as above
    .map((record) => decodeAudit(record) as any);
}

/** Decisions of the gate in the latest run. */
export const decisions = (data: string): number =>
  [...readAudit(runDirectory(data))].filter(({ typeName }) => typeName === "Decision").length;

/** Market times, microseconds, at which the gate let an order or an amendment in; default in the latest run. */
export const entered = (data: string, run?: number): readonly number[] =>
  [...readAudit(runDirectory(data, run))].filter(({ typeName }) => typeName === "Decision")
    // deno-lint-ignore no-explicit-any -- a decision as the log has it
    .map((record) => ({ time: record.time, value: decodeAudit(record) as any }))
    .filter(({ value: { command, decision } }) => decision.code === 0 && command.kind !== 2 && command.kind !== 4)
    .map(({ time }) => Number(time));

/** Somebody on the broker who is no node. */
export async function hostile({ broker }: TestCluster) {
  const open = await openerOf({ broker: broker.split(",") }, undefined, () => undefined)({ node: "stranger" });
  let sequence = 0;
  return {
    async publish(topic: string, key: string, word: unknown) {
      const from = { node: "stranger", epoch: 1e9, path: "/x", sequence: ++sequence };
      const letter = letterOf(from, TO_GATEWAY, { to: 1, word: { kind: "ShardBeat" } }, null);
      await open.publish(topic, key, { ...letter, body: JSON.stringify({ to: 1, word }) });
    },
    [Symbol.asyncDispose]: () => open.close(),
  };
}
