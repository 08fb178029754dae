/**
 * A campaign: numbered letters from a producer through a broker to two consumers, while all four are killed, frozen and started
 * again at random. At the end every letter has had its effect exactly once, and the effects of each key are in order.
 */
import { fileURLToPath } from "node:url";
import { createRandom } from "../../runtime/mod.ts";
import { startKafka } from "../services/kafka.ts";
import { startNats } from "../services/nats.ts";
import { startRedis } from "../services/redis.ts";
import { pause, type Service } from "../services/service.ts";
import type { ServerKind } from "./adapters.ts";
import { CAMPAIGN_SESSION_MS, type NodeArgs, openEffects } from "./campaign_node.ts";

export interface CampaignOptions {
  readonly kind: ServerKind;
  readonly messages: number;
  readonly kills: number;
  readonly seed: number;
  /** Of the kills, those that the server gets at most; one of Kafka takes seconds to come back. */
  readonly serverKills?: number;
  /** Between two kills, milliseconds, on average; default 400. */
  readonly everyMs?: number;
  readonly withinMs: number;
  readonly heard?: (line: string) => void;
}

export interface CampaignResult {
  readonly kills: Readonly<Record<string, number>>;
  readonly effects: number;
  readonly distinct: number;
  /** Pairs of effects of one key that are not in order. */
  readonly disordered: number;
  /** Nodes that ended without having been killed. */
  readonly crashes: number;
  /** Letters that came again and were recognised. */
  readonly duplicates: number;
  /** Most memory that a consumer had, bytes. */
  readonly rss: number;
  readonly seconds: number;
}

const START: Readonly<Record<ServerKind, () => Promise<Service>>> = {
  redis: () => startRedis(),
  nats: () => startNats(),
  kafka: () => startKafka(),
};

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const NODE = fileURLToPath(new URL("campaign_node.ts", import.meta.url));

class Node {
  private child: Deno.ChildProcess | null = null;
  /** How often it ended without having been killed. */
  crashes = 0;

  constructor(private readonly args: NodeArgs) {}

  start(): void {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--quiet", "--config", CONFIG, NODE, JSON.stringify(this.args)],
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

export async function campaign(options: CampaignOptions): Promise<CampaignResult> {
  const { kind, messages, kills, seed, serverKills = Infinity, everyMs = 400, withinMs, heard = () => {} } = options;
  const random = createRandom(seed);
  const service = await START[kind]();
  const { directory, port } = service;
  const rate = Math.max(200, messages / (kills * everyMs / 1000));
  const node = (role: NodeArgs["role"], name: string) =>
    new Node({ role, node: name, kind, port, directory, messages, rate });
  const nodes = [node("producer", "producer"), node("consumer", "left"), node("consumer", "right")];
  const counts: Record<string, number> = { producer: 0, consumer: 0, frozen: 0, server: 0 };
  const begun = performance.now();
  const database = openEffects(directory);
  const done = () => (database.prepare("SELECT count(*) AS n FROM effects").get() as { n: number }).n >= messages;
  try {
    for (const one of nodes) one.start();
    // The first kills wait until something is going on.
    while (!done() && database.prepare("SELECT 1 FROM effects LIMIT 1").get() === undefined) await pause(50);
    for (let killed = 0; killed < kills; killed++) {
      await pause(everyMs * (0.5 + random.next()));
      const victim = random.int(5);
      if (victim === 3 && counts.server < serverKills) {
        counts.server++;
        await service.kill();
        await service.resume();
      } else if (victim === 4) {
        counts.frozen++;
        const frozen = nodes[1 + random.int(2)];
        frozen.signal("SIGSTOP");
        await pause(CAMPAIGN_SESSION_MS * 2);
        frozen.signal("SIGCONT");
      } else {
        const one = nodes[victim % 3];
        counts[one === nodes[0] ? "producer" : "consumer"]++;
        await one.kill();
        one.start();
      }
      heard(`${killed + 1} kills`);
    }
    while (!done() && performance.now() - begun < withinMs) await pause(100);
    // Whoever might still do something twice has the time to.
    await pause(CAMPAIGN_SESSION_MS);
    const crashes = nodes.reduce((sum, one) => sum + one.crashes, 0);
    return { ...judge(database), crashes, kills: counts, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await Promise.all(nodes.map((one) => one.kill()));
    database.close();
    await service.stop();
  }
}

function judge(database: ReturnType<typeof openEffects>) {
  const one = (sql: string): number =>
    Number((database.prepare(sql).get() as { value: number } | undefined)?.value ?? 0);
  return {
    effects: one("SELECT count(*) AS value FROM effects"),
    distinct: one("SELECT count(DISTINCT n) AS value FROM effects"),
    disordered: one(
      `SELECT count(*) AS value FROM
        (SELECT n, lag(n) OVER (PARTITION BY key ORDER BY place) AS before FROM effects) WHERE before >= n`,
    ),
    duplicates: one("SELECT value FROM counts WHERE name = 'duplicate'"),
    rss: one("SELECT value FROM counts WHERE name = 'rss'"),
  };
}
