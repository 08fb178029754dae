/**
 * A TCP proxy that stands between a client and a server and does to their connections what networks do, each direction by
 * itself and while it runs: late, slow, silent, cut.
 *
 * A black hole lets nothing through, neither bytes nor the end of a connection, and loses nothing that the connection
 * survives: TCP would send it again. A new connection through one comes about (the kernel accepts it) and hears nothing.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

export type Direction = "up" | "down";

/** How a direction is; what is not given stays as it was. */
export interface Weather {
  /** Bytes come so much later, milliseconds. */
  readonly delayMs: number;
  /** Infinity: as fast as it goes. */
  readonly bytesPerSecond: number;
  readonly blackHole: boolean;
}

const FAIR: Weather = { delayMs: 0, bytesPerSecond: Infinity, blackHole: false };

/** Bytes that wait in one direction of one connection; then its sender is made to wait. */
const MOST_WAITING = 1 << 20;
/** A throttled direction passes on pieces of a hundredth of a second. */
const PIECES_A_SECOND = 100;

export class ChaosProxy implements AsyncDisposable {
  private readonly links = new Set<Link>();
  private readonly weather: Record<Direction, Weather> = { up: FAIR, down: FAIR };
  /** Resolved and made anew when the weather changes. */
  private change = Promise.withResolvers<void>();
  private refusing = false;

  private constructor(private readonly server: Server, readonly port: number) {}

  static async start(target: { readonly host?: string; readonly port: number }): Promise<ChaosProxy> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new ChaosProxy(server, (server.address() as AddressInfo).port);
    server.on("connection", (client: Socket) => proxy.accept(client, target));
    return proxy;
  }

  /** Bytes that have gone through, up and down. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };

  /** Connections through it now. */
  get connections(): number {
    return this.links.size;
  }

  /** "up": from client to server. */
  set(direction: Direction | "both", weather: Partial<Weather>): void {
    for (const one of direction === "both" ? ["up", "down"] as const : [direction]) {
      this.weather[one] = { ...this.weather[one], ...weather };
    }
    this.change.resolve();
    this.change = Promise.withResolvers();
  }

  partition(): void {
    this.set("both", { blackHole: true });
  }

  /** Fair weather again, and new connections are taken. */
  heal(): void {
    this.refusing = false;
    this.set("both", FAIR);
  }

  /** Resets all connections (RST); `refuse`: and every new one, until it heals. */
  cut({ refuse = false } = {}): void {
    this.refusing = refuse;
    for (const link of this.links) link.cut();
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.cut();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private accept(client: Socket, { host = "127.0.0.1", port }: { readonly host?: string; readonly port: number }) {
    if (this.refusing) return void client.resetAndDestroy();
    const link = new Link(client, connect({ host, port, allowHalfOpen: true }), (direction) => ({
      ...this.weather[direction],
      changed: this.change.promise,
      count: (bytes) => void (this.passed[direction] += bytes),
    }));
    this.links.add(link);
    void link.ended.then(() => this.links.delete(link));
  }
}

type Look = (
  direction: Direction,
) => Weather & { readonly changed: Promise<void>; readonly count: (bytes: number) => void };

/** One connection: two directions, each a queue that is emptied as the weather allows. */
class Link {
  readonly ended: Promise<void>;
  private readonly cutting = Promise.withResolvers<void>();
  private wasCut = false;

  constructor(private readonly client: Socket, private readonly server: Socket, look: Look) {
    client.setNoDelay(true);
    server.setNoDelay(true);
    this.ended = Promise.all([
      this.carry(client, server, () => look("up")),
      this.carry(server, client, () => look("down")),
    ]).then(() => {
      client.destroy();
      server.destroy();
    });
  }

  cut(): void {
    if (this.wasCut) return;
    this.wasCut = true;
    for (const socket of [this.client, this.server]) socket.resetAndDestroy();
    this.cutting.resolve();
  }

  /** Resolves when all of one direction has been passed on, with its end, or the connection was cut. */
  private async carry(from: Socket, to: Socket, look: () => ReturnType<Look>): Promise<void> {
    const queue: { readonly bytes: Uint8Array | "end" | "reset"; readonly at: number }[] = [];
    let waiting = 0;
    let arrival = Promise.withResolvers<void>();
    const put = (bytes: Uint8Array | "end" | "reset") => {
      queue.push({ bytes, at: performance.now() });
      if (typeof bytes !== "string") {
        waiting += bytes.length;
        if (waiting > MOST_WAITING) from.pause();
      }
      arrival.resolve();
      arrival = Promise.withResolvers();
    };
    from.on("data", (bytes: Uint8Array) => put(bytes));
    from.on("end", () => put("end"));
    from.on("error", () => put("reset"));
    from.resume();
    while (!this.wasCut) {
      if (queue.length === 0) {
        await Promise.race([arrival.promise, this.cutting.promise]);
        continue;
      }
      const { delayMs, bytesPerSecond, blackHole, changed, count } = look();
      const { bytes, at } = queue[0];
      const early = at + delayMs - performance.now();
      if (blackHole || early > 0) {
        await this.wait(early > 0 && !blackHole ? early : Infinity, changed);
        continue;
      }
      queue.shift();
      if (bytes === "reset") return this.cut();
      if (bytes === "end") return void to.end();
      waiting -= bytes.length;
      if (waiting <= MOST_WAITING) from.resume();
      const piece = Math.max(1, Math.floor(bytesPerSecond / PIECES_A_SECOND));
      if (bytes.length > piece) {
        queue.unshift({ bytes: bytes.subarray(piece), at });
        waiting += bytes.length - piece;
      }
      const passing = bytes.subarray(0, Math.min(bytes.length, piece));
      if (!to.writable) continue;
      count(passing.length);
      if (!to.write(passing)) await Promise.race([once(to, "drain").catch(() => {}), this.cutting.promise]);
      if (bytesPerSecond !== Infinity) await this.wait(passing.length / bytesPerSecond * 1_000, changed);
    }
  }

  private async wait(ms: number, changed: Promise<void>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = ms === Infinity ? [] : [new Promise<void>((resolve) => timer = setTimeout(resolve, ms))];
    await Promise.race([changed, this.cutting.promise, ...late]);
    clearTimeout(timer);
  }
}
