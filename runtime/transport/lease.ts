/**
 * A lease: a register that its holder writes again and again, and that others may take when it has not changed for the time
 * of the lease by their own clock. No two clocks are compared, so they may be hours apart.
 */
import { Sleep, wallMs } from "../internal/wall.ts";
import { DEFAULT_LEASE_MS, type Lease, type LeaseOptions } from "./broker.ts";
import { BrokerError, checkName } from "./errors.ts";
import { type Registers, writeSurely } from "./register.ts";

/** What stands in the register. */
interface Claim {
  /** Null: given back. */
  readonly holder: string | null;
  readonly epoch: number;
  readonly beat: number;
  readonly ttlMs: number;
}

/** Signs of life in the time of a lease: two may be lost. */
const BEATS = 4;
/** Share of its time after which a holder that could not write takes itself for lost. */
const SURE = 0.75;

const registerOf = (name: string): string => `lease.${name}`;

export class LeaseHolder implements Lease {
  private confirmedAt: number;
  private lost = false;
  private stopped = false;
  private sleep: Sleep | null = null;
  private readonly beating: Promise<void>;

  private constructor(
    readonly name: string,
    private claim: Claim,
    private revision: number,
    claimedAt: number,
    private readonly registers: Registers,
  ) {
    this.confirmedAt = claimedAt;
    this.beating = this.beat();
  }

  /** Takes the lease when it is free, or becomes free within `waitMs`; else null. */
  static async take(
    registers: Registers,
    name: string,
    holder: string,
    { ttlMs = DEFAULT_LEASE_MS, waitMs = 0 }: LeaseOptions,
    insist: <T>(call: () => Promise<T>) => Promise<T>,
  ): Promise<LeaseHolder | null> {
    checkName("lease", name);
    const begun = wallMs();
    let seen = { revision: -1, at: 0 };
    let looked = begun;
    for (;;) {
      const asked = wallMs();
      const found = await insist(() => registers.read(registerOf(name)));
      // While this one could not look, the holder may not have been able to write either: its time begins anew.
      if (wallMs() - looked > ttlMs / 2) seen = { revision: -1, at: 0 };
      looked = wallMs();
      const before: Claim = found === null ? { holder: null, epoch: 0, beat: 0, ttlMs } : JSON.parse(found.value);
      const revision = found?.revision ?? 0;
      if (revision !== seen.revision) seen = { revision, at: wallMs() };
      if (before.holder === null || asked - seen.at >= before.ttlMs) {
        const claim: Claim = { holder, epoch: before.epoch + 1, beat: 0, ttlMs };
        const claimedAt = wallMs();
        const written = await writeSurely(registers, registerOf(name), JSON.stringify(claim), revision, insist);
        if (written !== null) return new LeaseHolder(name, claim, written, claimedAt, registers);
      }
      const left = begun + waitMs - wallMs();
      if (left <= 0) return null;
      await new Sleep(Math.min(left, before.ttlMs / BEATS)).done;
    }
  }

  get epoch(): number {
    return this.claim.epoch;
  }

  get held(): boolean {
    return !this.lost && !this.stopped && wallMs() - this.confirmedAt < this.claim.ttlMs * SURE;
  }

  async check(): Promise<void> {
    const found = await this.registers.read(registerOf(this.name));
    const claim: Claim | null = found === null ? null : JSON.parse(found.value);
    if (this.stopped || claim?.epoch !== this.epoch || claim.holder !== this.claim.holder) {
      this.lost = true;
      throw new BrokerError(
        "LEASE_LOST",
        `the lease "${this.name}" is at epoch ${claim?.epoch ?? "none"} now: epoch ${this.epoch} has to stop.`,
      );
    }
  }

  async release(): Promise<void> {
    this.stopped = true;
    this.sleep?.end();
    await this.beating;
    if (this.lost) return;
    const { epoch, beat, ttlMs } = this.claim;
    // When this does not come through, the lease ends by its time.
    const free: Claim = { holder: null, epoch, beat: beat + 1, ttlMs };
    await this.registers.write(registerOf(this.name), JSON.stringify(free), this.revision).catch(() => null);
  }

  private async beat(): Promise<void> {
    while (!this.stopped && !this.lost) {
      this.sleep = new Sleep(this.claim.ttlMs / BEATS);
      await this.sleep.done;
      if (!this.stopped) await this.renew();
    }
  }

  private async renew(): Promise<void> {
    const next: Claim = { ...this.claim, beat: this.claim.beat + 1 };
    const value = JSON.stringify(next);
    const asked = wallMs();
    try {
      let revision = await this.registers.write(registerOf(this.name), value, this.revision);
      if (revision === null) {
        // A write whose answer was lost stands there as ours; anything else is somebody else's.
        const found = await this.registers.read(registerOf(this.name));
        const claim: Claim | null = found === null ? null : JSON.parse(found.value);
        if (found === null || claim?.epoch !== this.epoch || claim.holder !== this.claim.holder) {
          this.lost = true;
          return;
        }
        this.claim = claim;
        revision = found.revision;
      } else this.claim = next;
      this.revision = revision;
      this.confirmedAt = asked;
    } catch {
      // Not reached: the time of the lease goes on running, and `held` says when it is over.
    }
  }
}
