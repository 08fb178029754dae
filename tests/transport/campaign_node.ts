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
const BATCH = 50;
export const CAMPAIGN_SESSION_MS = 1_500;

export function openEffects(directory: string): DatabaseSync {
  const database = new DatabaseSync(`${directory}/effects.sqlite`);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA busy_timeout = 20000;
    CREATE TABLE IF NOT EXISTS effects (place INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL, key TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS seen (partition INTEGER PRIMARY KEY, state TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
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
  let confirmed = Number(await Deno.readTextFile(file).catch(() => "0"));
  const broker = await open(args);
  const begun = performance.now();
  const first = confirmed;
  while (confirmed < messages) {
    const end = Math.min(messages, confirmed + BATCH);
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
  const effects = new Effects(args.directory);
  const broker = await open(args);
  const subscription: Subscription = await broker.subscribe("g", TOPIC, { sessionMs: CAMPAIGN_SESSION_MS });
  for (;;) {
    const taken = await subscription.take(200, 500);
    if (taken.length === 0) continue;
    effects.happen(taken.filter(isLetter));
    await subscription.commit(taken).catch((error) => {
      if (error.code !== "PARTITION_LOST") throw error;
    });
  }
}

class Effects {
  private readonly database: DatabaseSync;

  constructor(directory: string) {
    this.database = openEffects(directory);
  }

  happen(letters: readonly Received[]): void {
    const { database } = this;
    const count = database.prepare(
      "INSERT INTO counts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
    );
    const most = database.prepare(
      "INSERT INTO counts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
    );
    const insert = database.prepare("INSERT INTO effects (n, key) VALUES (?, ?)");
    database.exec("BEGIN IMMEDIATE");
    const states = new Map<number, Deduplicator>();
    for (const letter of letters) {
      const { partition, key } = letter;
      if (!states.has(partition)) states.set(partition, this.load(partition));
      const novelty = states.get(partition)!.see(letter.letter.envelope);
      count.run(novelty, 1);
      if (novelty === "new") insert.run(numberOf(letter), key);
    }
    const save = database.prepare("INSERT OR REPLACE INTO seen VALUES (?, ?)");
    for (const [partition, { state }] of states) save.run(partition, JSON.stringify(state));
    most.run("rss", Deno.memoryUsage().rss);
    database.exec("COMMIT");
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
