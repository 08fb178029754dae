/**
 * Who takes part in a campaign, and what can befall each: a server, and nodes as processes of their own, every one of them with
 * a network of its own to the server that can be cut, or lose what it carries.
 */
import { fileURLToPath } from "node:url";
import { ChaosProxy } from "../services/chaos_proxy.ts";
import { startKafka } from "../services/kafka.ts";
import { startNats } from "../services/nats.ts";
import { startRedis } from "../services/redis.ts";
import { freePort, type Service } from "../services/service.ts";
import type { ServerKind } from "./adapters.ts";
import type { NodeArgs } from "./campaign_node.ts";

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const PROGRAM = fileURLToPath(new URL("campaign_node.ts", import.meta.url));

/** A node and its way to the server. */
export class Member {
  private child: Deno.ChildProcess | null = null;
  /** How often it ended without having been killed. */
  crashes = 0;

  constructor(private readonly args: NodeArgs, readonly network: ChaosProxy) {}

  start(): void {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--quiet",
        "--v8-flags=--expose-gc",
        "--config",
        CONFIG,
        PROGRAM,
        JSON.stringify(this.args),
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    this.child = child;
    void child.status.then(({ success }) => {
      if (this.child === child && !success) this.crashes++;
    });
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    try {
      this.child?.kill(signal);
    } catch {
      // It has done what it had to.
    }
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    try {
      child?.kill("SIGKILL");
    } catch {
      // It has done what it had to.
    }
    await child?.status;
  }
}

export class Scene implements AsyncDisposable {
  private constructor(readonly service: Service, readonly members: readonly Member[]) {}

  /** The server runs, and nobody else yet. */
  static async set(
    kind: ServerKind,
    parts: readonly Pick<NodeArgs, "role" | "node">[],
    load: Pick<NodeArgs, "messages" | "rate">,
  ): Promise<Scene> {
    const port = freePort();
    // Kafka tells its clients where to come by: each needs a door of its own, or all would come by one network.
    const doors = parts.map(() => kind === "kafka" ? freePort() : port);
    const networks = await Promise.all(doors.map((port) => ChaosProxy.start({ port })));
    const advertised = doors.map((port, i) => ({ port, advertisedPort: networks[i].port }));
    const start = {
      redis: () => startRedis({ port }),
      nats: () => startNats({ port }),
      kafka: () => startKafka({ port, doors: advertised }),
    };
    try {
      const service = await start[kind]();
      const { directory } = service;
      const member = (part: typeof parts[number], i: number) =>
        new Member({ ...part, ...load, kind, directory, port: networks[i].port }, networks[i]);
      return new Scene(service, parts.map(member));
    } catch (error) {
      await Promise.all(networks.map((network) => network.stop()));
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.service.signal("SIGCONT");
    await Promise.all(this.members.map((member) => member.kill()));
    await Promise.all(this.members.map(({ network }) => network.stop()));
    await this.service.stop();
  }
}
