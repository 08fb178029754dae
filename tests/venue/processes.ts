/** A paper exchange and nodes as real processes, to be killed. */
import { ensureCore } from "../../ffi/build.ts";
import { decodeAudit, readAudit, RecordType } from "../../ffi/mod.ts";
import { PaperLine, readToken } from "../../actors/venues/paper/client.ts";
import { cwts } from "../cli/run.ts";

ensureCore();

/** Three makers that quote at once and change their minds often. */
const ORGANISMS = ["ALPHA", "BRAVO", "CHARLIE"].map((symbol, i) => `
[[organisms]]
id = "maker-${i + 1}"
species = "anglerfish"
instruments = ["${symbol}"]
[organisms.parameters]
sigma = 1.0
k = 0.5
quote_lots = 3
maximum_lots = 60
minimum_resting_ms = 20
requote_ticks = 1
messages_per_second = 50
`).join("");

export interface Place {
  readonly venue: string;
  readonly data: string;
  readonly config: string;
}

/** Directories and a configuration; orders rest on when the node is gone, unless told otherwise. */
export async function place(root: string, more: { readonly cancelOnDisconnect?: boolean } = {}): Promise<Place> {
  const [venue, data, config] = [`${root}/venue`, `${root}/data`, `${root}/node.toml`];
  await Deno.writeTextFile(
    config,
    `[node]
data_dir = "${data}"
[feed]
kind = "paper"
[console]
enabled = false
[venue]
directory = "${venue}"
cancel_on_disconnect = ${more.cancelOnDisconnect ?? false}
${ORGANISMS}`,
  );
  return { venue, data, config };
}

export class Process {
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<Deno.CommandOutput>;

  constructor(args: readonly string[]) {
    this.#child = cwts(args).spawn();
    this.#output = this.#child.output();
  }

  /** What it said, once it is over. */
  async said(): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    const { code, stdout, stderr } = await this.#output;
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  }

  signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It was over before.
    }
  }

  async end(signal: Deno.Signal) {
    this.signal(signal);
    return await this.said();
  }
}

/** Starts the exchange, and waits until its door is open. */
export async function startVenue({ venue, config }: Place): Promise<Process> {
  await Deno.remove(`${venue}/venue.json`).catch(() => {});
  const process = new Process(["venue", "--dir", venue, "--config", config]);
  for (let i = 0; i < 1_200; i++) {
    await pause(25);
    if (await Deno.stat(`${venue}/venue.json`).then(() => true, () => false)) return process;
  }
  const { err } = await process.end("SIGKILL");
  throw new Error(`the exchange has not begun within 30 s: ${err}`);
}

/** A node on it. */
export const startNode = ({ config }: Place, more: readonly string[] = []): Process =>
  new Process(["start", "--config", config, ...more]);

export const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis));

export interface Statement {
  readonly asOf: number;
  readonly executions: readonly number[];
  /** Lots by "owner/instrument", flat ones left out. */
  readonly positions: Readonly<Record<string, number>>;
  readonly openOrders: number;
}

/** What the exchange says, asked as a session later than any. */
export async function venueSays({ venue }: Place, session = 1_000_000): Promise<Statement> {
  const line = await PaperLine.open({ directory: venue, deadlineMs: 30_000, onTold() {}, onEnd() {} });
  try {
    const token = readToken(venue);
    await line.ask({ ask: "hello", token, session, after: 0, cancelOnDisconnect: false, stream: false });
    const executions: number[] = [];
    const { ExecutionView } = await import("../../ffi/layout.gen.ts");
    for (let after = 0;;) {
      const { records, count, next } = await line.ask({ ask: "executions", after });
      const view = new ExecutionView(Uint8Array.fromBase64(records));
      for (let i = 0; i < count; i++) executions.push(view.at(i).venueSequence);
      if (next === null) break;
      after = next;
    }
    const { positions, asOf } = await line.ask({ ask: "positions" });
    const { orders } = await line.ask({ ask: "open", after: 0 });
    const held = positions.map(({ owner, instrument, lots }) => [`${owner}/${instrument}`, lots] as const);
    return { asOf, executions, positions: Object.fromEntries(held.sort()), openOrders: orders.length };
  } finally {
    await line.close();
  }
}

interface Execution {
  readonly execType: number;
  readonly orderId: number;
  readonly owner: number;
  readonly instrument: number;
  readonly side: number;
  readonly quantity: number;
  readonly venueSequence: number;
}

const TRADE = 1;

/** What the logs of all runs say together: executions of the venue in the order in which they are on record. */
export function logsSay({ data }: Place): Omit<Statement, "asOf" | "openOrders"> & { readonly runs: number } {
  const executions: number[] = [];
  const positions: Record<string, number> = {};
  const runs = [...Deno.readDirSync(`${data}/runs`)].map(({ name }) => name).sort();
  for (const run of runs) {
    const directory = `${data}/runs/${run}`;
    if (![...Deno.readDirSync(directory)].some(({ name }) => /^audit-\d+\.log$/.test(name))) continue;
    for (const record of readAudit(directory)) {
      if (record.type !== RecordType.Execution) continue;
      const { execType, orderId, owner, instrument, side, quantity, venueSequence } = decodeAudit(record) as Execution;
      if (venueSequence > 0) executions.push(venueSequence);
      if (execType !== TRADE || orderId === 0) continue;
      const key = `${owner}/${instrument}`;
      positions[key] = (positions[key] ?? 0) + (side === 0 ? quantity : -quantity);
    }
  }
  const held = Object.entries(positions).filter(([, lots]) => lots !== 0).sort();
  return { executions, positions: Object.fromEntries(held), runs: runs.length };
}
