/**
 * How long a gateway is the gateway. While its lease cannot be confirmed it is in doubt: nothing enters, what rests is
 * withdrawn, and it asks the broker until that answers. Then it goes on only under a new epoch, taken right behind its own:
 * what was said under the old one is refused everywhere. When anybody was the gateway in between it is over for good.
 */
import { BrokerError, type Lease, within } from "../../../runtime/transport/mod.ts";
import { sleepWall, wallNanos } from "../wall.ts";
import type { ClusterLink } from "./cluster_link.ts";

/** Longest that giving the lease back is waited for, milliseconds. */
const CLOSE_MS = 2_000;
/** Between two questions to a broker that does not answer, milliseconds. */
const PAUSE_MS = 250;

export interface TenureOptions {
  readonly link: ClusterLink;
  /** Of the gateway. */
  readonly lease: Lease;
  /** How long it waits for the broker, wall milliseconds; Infinity: for ever. */
  readonly waitMs: number;
  /** It waits no longer. */
  readonly signal: AbortSignal;
  /** The lease is not confirmed from now on. */
  readonly doubted: () => void;
  /** It is the gateway again, under this epoch. */
  readonly resumed: (epoch: number) => void;
}

export class Tenure {
  readonly #options: TenureOptions;
  #lease: Lease;
  #begun = false;
  #doubt: Promise<void> | null = null;
  #over: string | null = null;

  constructor(options: TenureOptions) {
    this.#options = options;
    this.#lease = options.lease;
  }

  get lease(): Lease {
    return this.#lease;
  }

  get epoch(): number {
    return this.#lease.epoch;
  }

  /** Why it is none any more, as a sentence; null: it is, or may be again. */
  get over(): string | null {
    return this.#over;
  }

  /** From now on an unconfirmed lease counts. */
  begin(): void {
    this.#begun = true;
  }

  /** Whether nobody else can be the gateway, as far as this one can know. Once false, it stays so until there is a new epoch. */
  readonly held = (): boolean => {
    if (this.#over !== null || this.#doubt !== null) return false;
    if (!this.#begun || this.#lease.held) return true;
    this.#options.doubted();
    this.#doubt = this.#again().finally(() => this.#doubt = null);
    return false;
  };

  /** Gives the lease back. */
  async end(): Promise<void> {
    this.#over ??= `gateway ${this.epoch} has ended`;
    // A broker that does not answer is not waited for: the lease runs out by itself.
    if (this.#doubt !== null) await within(this.#doubt, CLOSE_MS);
    await within(this.#lease.release(), CLOSE_MS);
  }

  async #again(): Promise<void> {
    const { link, waitMs, signal, resumed } = this.#options;
    const before = this.#lease;
    const begun = wallNanos();
    const waited = () => (wallNanos() - begun) / 1e6;
    for (let given = false; !signal.aborted && this.#over === null;) {
      if (waited() > waitMs) return this.#end("lost the broker and has ended: start it again when the broker answers");
      try {
        // Whoever gave it back asks for it as anybody does, and sees by the epoch whether somebody had it in between.
        const mine = given || await confirmed(before);
        given = true;
        if (mine) await before.release();
        const waits = { ttlMs: link.leaseMs, waitMs: mine ? 2 * link.leaseMs : 0 };
        const next = await link.broker.lease(link.lease("gateway"), waits);
        if (next === null) return this.#end(REPLACED);
        if (next.epoch !== before.epoch + 1) {
          await next.release();
          return this.#end(next.epoch <= before.epoch ? FORGOTTEN : REPLACED);
        }
        this.#lease = next;
        return resumed(next.epoch);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        link.trouble(error);
        await sleepWall(PAUSE_MS, signal);
      }
    }
  }

  #end(how: string): void {
    this.#over = `gateway ${this.epoch} ${how}`;
  }
}

/** False when it is another's, or nobody's. Rejects when the broker does not answer. */
const confirmed = (lease: Lease): Promise<boolean> =>
  lease.check().then(() => true, (error) => {
    if (error instanceof BrokerError && error.code === "LEASE_LOST") return false;
    throw error;
  });

const REPLACED = "was replaced while it did not answer, and has ended: start it again as a standby";
const FORGOTTEN = "has ended, because the broker has forgotten this cluster: see that it keeps what it is given " +
  "(docs/transport.md), and start the nodes again";
