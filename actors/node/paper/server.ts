/**
 * The paper exchange as a process: books that outlive every node, a crowd that moves them, and a door on a loopback port.
 *
 * In its directory stand the journal, `venue.token` (mode 0600: who can read it may trade here) and `venue.json`, which says
 * where the door is. Clocks and chance come from whoever runs it.
 */
import { join } from "node:path";
import { z } from "zod";
import { type Config, UserError } from "../../../config/mod.ts";
import { ExecutionView } from "../../../ffi/layout.gen.ts";
import { createRandom, type Micros } from "../../../runtime/mod.ts";
import { Crowd } from "../../market/simulated/crowd.ts";
import { CommandWriter } from "../../market/simulated/writer.ts";
import { type MarketEvent, toTicks } from "../../protocol/mod.ts";
import { PaperBook } from "../../venues/paper/book.ts";
import { type Answer, type Ask, askSchema, linesOf, PAGE } from "../../venues/paper/words.ts";
import type { Outcome } from "../../venues/simulated_exchange.ts";
import { instrumentsOf } from "../instruments.ts";
import { StateFile } from "../state_file.ts";
import { randomBytes } from "../wall.ts";

export const VENUE_TOKEN = "venue.token";
export const VENUE_ADDRESS = "venue.json";
const LEVELS = 10;
const encoder = new TextEncoder();

export interface PaperServerOptions {
  readonly config: Config;
  readonly directory: string;
  /** 0: any free one. */
  readonly port: number;
  /** Microseconds since the Unix epoch. */
  readonly now: () => Micros;
  readonly err: (line: string) => void;
}

interface Guest {
  readonly socket: Deno.TcpConn;
  session: number;
  stream: boolean;
  cancelOnDisconnect: boolean;
  /** Lines are written one behind the other. */
  writing: Promise<void>;
  waiting: number;
}

/** Bytes a guest may leave unread before it is sent away. */
const MOST_WAITING = 16 << 20;

export class PaperServer {
  readonly #options: PaperServerOptions;
  readonly #book: PaperBook;
  readonly #listener: Deno.TcpListener;
  readonly #token: string;
  readonly #guests = new Set<Guest>();
  readonly #served = new Set<Promise<void>>();
  readonly #crowds: readonly Crowd[];
  readonly #writer = new CommandWriter();
  readonly #instruments: ReturnType<typeof instrumentsOf>;
  readonly #prints: Answer & { readonly answer: "market" } = { answer: "market", time: 0, books: [], prints: [] };
  #accepting: Promise<void> = Promise.resolve();
  #closed = false;

  /** Opens journal and door. Throws UserError VENUE_UNUSABLE. */
  constructor(options: PaperServerOptions) {
    const { config, directory, port } = options;
    this.#options = options;
    this.#instruments = instrumentsOf(config);
    const journal = join(directory, "journal");
    try {
      Deno.mkdirSync(journal, { recursive: true, mode: 0o700 });
      this.#book = new PaperBook({ directory: journal, instruments: this.#instruments, name: () => secret(12) });
    } catch (error) {
      throw new UserError(
        "VENUE_UNUSABLE",
        `the paper exchange cannot use ${directory} (${(error as Error).message}): name another directory with --dir`,
      );
    }
    const file = new StateFile(directory, VENUE_TOKEN);
    this.#token = file.read()?.trim() ?? secret(24);
    file.write(`${this.#token}\n`);
    const random = createRandom(config.node.seed).fork(`paper-${this.#book.asOf}`);
    this.#crowds = this.#instruments.map((instrument) =>
      new Crowd(
        instrument.id,
        this.#book.lastTrade(instrument.id) || toTicks(instrument, config.instruments[instrument.id].startPrice),
        config.market,
        random.fork(instrument.symbol),
      )
    );
    const now = this.#now();
    this.#writer.begin(now);
    for (const crowd of this.#crowds) crowd.withdraw(this.#writer);
    this.#flow(now);
    try {
      this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    } catch (error) {
      this.#book[Symbol.dispose]();
      throw new UserError(
        "VENUE_UNUSABLE",
        `the paper exchange cannot listen on port ${port} (${(error as Error).message}): name another with --port`,
      );
    }
    new StateFile(directory, VENUE_ADDRESS).write(`${JSON.stringify({ port: this.port, pid: Deno.pid })}\n`);
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  get openOrders(): number {
    return this.#book.openOrders;
  }

  /** One step of the market; `seconds` since the one before. */
  step(seconds: number): void {
    if (this.#closed) return;
    const now = this.#now();
    this.#writer.begin(now);
    for (const crowd of this.#crowds) crowd.step(seconds, this.#writer);
    this.#flow(now);
  }

  /** Tells everybody who listens how prices stand. */
  publish(): void {
    if (this.#closed) return;
    const books = this.#instruments.map(({ id }) => {
      const { bids, asks } = this.#book.depth(id, LEVELS);
      return { instrument: id, bids: [...bids], asks: [...asks] } as { instrument: number; bids: []; asks: [] };
    });
    const line = { answer: "market", time: this.#now(), books, prints: this.#prints.prints.splice(0) } as Answer;
    for (const guest of this.#guests) if (guest.stream) this.#say(guest, line);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const guest of this.#guests) shut(guest);
    await this.#accepting;
    await Promise.all(this.#served);
    this.#book[Symbol.dispose]();
  }

  #now(): Micros {
    return this.#options.now();
  }

  #flow(now: Micros): void {
    if (this.#writer.count > 0) this.#tell(this.#book.flow(this.#writer.take(), now));
  }

  /** Ours first, then the crowd, then the public. */
  #tell({ own, ownCount, background, backgroundCount, events }: Outcome): void {
    if (ownCount > 0) {
      for (let at = 0; at < ownCount; at += PAGE) {
        const records = own.subarray(at * ExecutionView.SIZE, Math.min(ownCount, at + PAGE) * ExecutionView.SIZE);
        const count = records.length / ExecutionView.SIZE;
        for (const guest of this.#guests) {
          if (guest.stream) this.#say(guest, { answer: "told", records: records.toBase64(), count });
        }
      }
    }
    const view = new ExecutionView(background);
    for (let i = 0; i < backgroundCount; i++) this.#crowds[view.at(i).instrument].report(view);
    for (const list of events) for (const event of list) this.#heard(event);
  }

  #heard(event: MarketEvent): void {
    if (event.kind === "BookTop") return this.#crowds[event.instrument].observe(event.bid, event.ask);
    if (event.kind !== "TradePrint") return;
    const { instrument, price, quantity, aggressor, time } = event;
    this.#crowds[instrument].learn(aggressor, quantity);
    if (this.#prints.prints.length < 10_000) {
      this.#prints.prints.push({ instrument, price, quantity, aggressor, time });
    }
  }

  async #accept(): Promise<void> {
    try {
      for await (const socket of this.#listener) {
        const served: Promise<void> = this.#serve(socket).finally(() => this.#served.delete(served));
        this.#served.add(served);
      }
    } catch (error) {
      if (!this.#closed) this.#options.err(`the door of the paper exchange failed: ${(error as Error).message}`);
    }
  }

  async #serve(socket: Deno.TcpConn): Promise<void> {
    const guest: Guest = {
      ...{ socket, session: 0, stream: false, cancelOnDisconnect: false },
      ...{ writing: Promise.resolve(), waiting: 0 },
    };
    this.#guests.add(guest);
    try {
      for await (const line of linesOf(socket.readable)) {
        if (!this.#hear(guest, line)) break;
      }
    } catch (error) {
      if (error instanceof RangeError) this.#options.err(`a guest was sent away: ${error.message}`);
    }
    this.#guests.delete(guest);
    await guest.writing;
    shut(guest);
    if (!this.#closed && guest.cancelOnDisconnect && guest.session === this.#book.session) {
      for (const outcome of this.#book.withdrawAll(this.#now())) this.#tell(outcome);
    }
  }

  /** Whether to hear more of the guest. */
  #hear(guest: Guest, line: string): boolean {
    const parsed = parse(line);
    if (parsed === null) {
      return this.#refuse(
        guest,
        0,
        "NOT_UNDERSTOOD",
        "the line is none of the protocol: use a node of the same version",
      );
    }
    try {
      return this.#do(guest, parsed);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#refuse(guest, parsed.id, "NOT_POSSIBLE", error.message);
    }
  }

  #do(guest: Guest, ask: Ask): boolean {
    const book = this.#book;
    const { id } = ask;
    if (ask.ask === "hello") return this.#greet(guest, ask);
    if (guest.session === 0) return this.#refuse(guest, id, "NOT_GREETED", "say hello first, with the token");
    if (guest.session !== book.session) {
      return this.#refuse(guest, id, "OLDER_SESSION", `session ${book.session} has begun: this one is over`);
    }
    switch (ask.ask) {
      case "enter": {
        const outcome = book.enter(ask.sequence, Uint8Array.fromBase64(ask.records), this.#now());
        if (outcome !== null) this.#tell(outcome);
        return this.#say(guest, { answer: "entered", id, asOf: book.asOf, sequence: ask.sequence });
      }
      case "withdraw":
        this.#tell(book.withdraw(ask.owner, ask.instrument, this.#now()));
        return this.#say(guest, { answer: "withdrawn", id, asOf: book.asOf });
      case "open": {
        const orders = book.openAfter(ask.after, PAGE);
        const next = orders.length === PAGE ? orders.at(-1)!.orderId : null;
        return this.#say(guest, { answer: "open", id, asOf: book.asOf, orders, next });
      }
      case "executions": {
        const { records, count, last } = book.executionsAfter(ask.after, PAGE);
        const next = count === PAGE ? last : null;
        const page = { records: records.toBase64(), count, next };
        return this.#say(guest, { answer: "executions", id, asOf: book.asOf, ...page });
      }
      case "positions":
        return this.#say(guest, { answer: "positions", id, asOf: book.asOf, positions: book.positions() });
      case "seen":
        return this.#say(guest, { answer: "seen", id, asOf: book.asOf, orders: book.seen(ask.session, ask.orders) });
    }
  }

  #greet(guest: Guest, ask: Ask & { readonly ask: "hello" }): boolean {
    const { id, token, session, after, stream, cancelOnDisconnect } = ask;
    if (!equal(token, this.#token)) {
      return this.#refuse(guest, id, "WRONG_TOKEN", "the token is not the one in venue.token of this exchange");
    }
    if (session < this.#book.session) {
      const newer =
        `session ${this.#book.session} has begun here, so ${session} is over: use the latest data directory`;
      return this.#refuse(guest, id, "OLDER_SESSION", newer);
    }
    this.#book.begin(session, this.#now());
    for (const other of this.#guests) if (other !== guest && other.session > 0) shut(other);
    Object.assign(guest, { session, cancelOnDisconnect });
    const { name: journal, entered, asOf } = this.#book;
    const instruments = this.#instruments.map(({ symbol }) => symbol);
    this.#say(guest, { answer: "hello", id, asOf, journal, entered, instruments });
    if (!stream) return true;
    guest.stream = true;
    for (let from = after;;) {
      const { records, count, last } = this.#book.executionsAfter(from, PAGE);
      if (count > 0) this.#say(guest, { answer: "told", records: records.toBase64(), count });
      if (count < PAGE) return true;
      from = last;
    }
  }

  #refuse(guest: Guest, id: number, code: string, sentence: string): boolean {
    this.#say(guest, { answer: "refused", id, code, sentence });
    return code === "NOT_POSSIBLE";
  }

  #say(guest: Guest, answer: Answer): boolean {
    const bytes = encoder.encode(`${JSON.stringify(answer)}\n`);
    guest.waiting += bytes.length;
    if (guest.waiting > MOST_WAITING) {
      this.#options.err("a guest reads nothing and was sent away");
      shut(guest);
      return false;
    }
    guest.writing = guest.writing.then(async () => {
      for (let at = 0; at < bytes.length;) at += await guest.socket.write(bytes.subarray(at));
      guest.waiting -= bytes.length;
    }).catch(() => shut(guest));
    return true;
  }
}

function parse(line: string): Ask | null {
  try {
    return askSchema.parse(JSON.parse(line));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

/** In a time that does not depend on where they differ. */
function equal(a: string, b: string): boolean {
  let differ = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) differ |= (a.charCodeAt(i % Math.max(1, a.length)) || 0) ^ b.charCodeAt(i);
  return differ === 0;
}

function shut({ socket }: Guest): void {
  try {
    socket.close();
  } catch {
    // It was closed before.
  }
}

const secret = (bytes: number) => randomBytes(bytes).toBase64({ alphabet: "base64url" });
