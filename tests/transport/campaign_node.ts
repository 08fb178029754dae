/**
 * The nodes of a campaign, as programs that are killed at any moment.
 *
 * The producer keeps how far its letters are confirmed, and after a death sends on from there under the numbers they had. The
 * consumer keeps effects and what it has seen in one transaction, and commits behind it.
 */
import { DatabaseSync } from "node:sqlite";
import {
  type Broker,
  BrokerError,
  Deduplicator,
  type SeenState,
  type Subscription,
} from "../../runtime/transport/mod.ts";
import { openBroker, type ServerKind } from "./adapters.ts";
import { isLetter, numbered, numberOf, type Received } from "./letters.ts";

export interface NodeArgs {
  readonly role: "producer" | "consumer";
  readonly node: string;
  readonly kind: ServerKind;
  readonly port: number;
  readonly directory: string;
  readonly messages: number;
  /** Messages a second that the producer sends at most. */
  readonly rate: number;
}

export const TOPIC = "campaign";
export const KEYS = 20;
/** A batch takes this share of a second at the rate that was asked for. */
const BATCHES_A_SECOND = 10;
const LEAST_BATCH = 50;
const MOST_BATCH = 1_000;
const MOST_TAKEN = 1_000;
export const CAMPAIGN_SESSION_MS = 1_500;
/** Between two looks of a consumer at its own memory, each after a collection of garbage where it may ask for one. */
const LOOK_MS = 2_000;

export function openEffects(directory: string): DatabaseSync {
  const database = new DatabaseSync(`${directory}/effects.sqlite`);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA busy_timeout = 20000;
    CREATE TABLE IF NOT EXISTS effects (place INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL, key TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS seen (partition INTEGER PRIMARY KEY, state TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS memory (node TEXT NOT NULL, done INTEGER NOT NULL, rss INTEGER NOT NULL, heap INTEGER NOT NULL);
  `);
  return database;
}

/** A node may begin while its server is down, and waits for it. */
async function open({ node, kind, port }: NodeArgs): Promise<Broker> {
  for (;;) {
    try {
      return await openBroker(kind, { node, port, retryMs: 120_000 });
    } catch (error) {
      if (!(error instanceof BrokerError && error.code === "BROKER_UNREACHABLE")) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function produce(args: NodeArgs): Promise<void> {
  const { directory, messages, rate } = args;
  const file = `${directory}/confirmed`;
  const batch = Math.min(MOST_BATCH, Math.max(LEAST_BATCH, Math.round(rate / BATCHES_A_SECOND)));
  let confirmed = Number(await Deno.readTextFile(file).catch(() => "0"));
  const broker = await open(args);
  const begun = performance.now();
  const first = confirmed;
  while (confirmed < messages) {
    const end = Math.min(messages, confirmed + batch);
    await broker.publishBatch(TOPIC, numbered(confirmed + 1, end, KEYS));
    confirmed = end;
    await Deno.writeTextFile(`${file}.new`, String(confirmed));
    await Deno.rename(`${file}.new`, file);
    const early = begun + (confirmed - first) / rate * 1000 - performance.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
  }
  await broker.close();
}

async function consume(args: NodeArgs): Promise<void> {
  const effects = new Effects(args);
  const broker = await open(args);
  const subscription: Subscription = await broker.subscribe("g", TOPIC, { sessionMs: CAMPAIGN_SESSION_MS });
  for (;;) {
    const taken = await subscription.take(MOST_TAKEN, 500);
    if (taken.length === 0) continue;
    effects.happen(taken.filter(isLetter));
    await subscription.commit(taken).catch((error) => {
      if (error.code !== "PARTITION_LOST") throw error;
    });
  }
}

class Effects {
  private readonly database: DatabaseSync;
  private readonly node: string;
  private looked = -Infinity;
  private done = 0;

  constructor({ directory, node }: NodeArgs) {
    this.database = openEffects(directory);
    this.node = node;
  }

  /** What the letters do, and that they were seen, in one transaction: both or neither. */
  happen(letters: readonly Received[]): void {
    const { database } = this;
    const insert = database.prepare("INSERT INTO effects (n, key) VALUES (?, ?)");
    database.exec("BEGIN IMMEDIATE");
    const states = new Map<number, Deduplicator>();
    const novelties = new Map<string, number>();
    for (const letter of letters) {
      const { partition, key } = letter;
      if (!states.has(partition)) states.set(partition, this.load(partition));
      const novelty = states.get(partition)!.see(letter.letter.envelope);
      novelties.set(novelty, (novelties.get(novelty) ?? 0) + 1);
      if (novelty === "new") insert.run(numberOf(letter), key);
    }
    const save = database.prepare("INSERT OR REPLACE INTO seen VALUES (?, ?)");
    for (const [partition, { state }] of states) save.run(partition, JSON.stringify(state));
    const count = database.prepare(
      "INSERT INTO counts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
    );
    for (const [novelty, n] of novelties) count.run(novelty, n);
    this.done += letters.length;
    this.look();
    database.exec("COMMIT");
  }

  private look(): void {
    const now = performance.now();
    if (now - this.looked < LOOK_MS) return;
    this.looked = now;
    (globalThis as { gc?: () => void }).gc?.();
    const { rss, heapUsed } = Deno.memoryUsage();
    this.database.prepare("INSERT INTO memory VALUES (?, ?, ?, ?)").run(this.node, this.done, rss, heapUsed);
  }

  private load(partition: number): Deduplicator {
    const row = this.database.prepare("SELECT state FROM seen WHERE partition = ?").get(partition);
    return new Deduplicator({}, row === undefined ? {} : JSON.parse(row.state as string) as SeenState);
  }
}

if (import.meta.main) {
  const args = JSON.parse(Deno.args[0]) as NodeArgs;
  await (args.role === "producer" ? produce(args) : consume(args));
}
