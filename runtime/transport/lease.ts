/**
 * A lease: a register that its holder writes again and again, and that others may take when it has not changed for the time
 * of the lease by their own clock. No two clocks are compared, so they may be hours apart.
 */
import { machineWall, type Waiting, type Wall } from "../internal/wall.ts";
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
  /** Of whoever claimed it: two processes may bear one name, and neither may take the other's claim for its own. */
  readonly word?: string;
}

/** Signs of life in the time of a lease: two may be lost. */
const BEATS = 4;
/** Of one sign of life, when writes whose answers were lost come to light in between. */
const TRIES = 3;
/** Share of its time after which a holder that could not write takes itself for lost. */
const SURE = 0.75;

const registerOf = (name: string): string => `lease.${name}`;

export class LeaseHolder implements Lease {
  private confirmedAt: number;
  private lost = false;
  private stopped = false;
  private sleep: Waiting | null = null;
  private readonly beating: Promise<void>;

  private constructor(
    readonly name: string,
    private claim: Claim,
    private revision: number,
    claimedAt: number,
    private readonly registers: Registers,
    private readonly wall: Wall,
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
    wall: Wall = machineWall,
  ): Promise<LeaseHolder | null> {
    checkName("lease", name);
    const begun = wall.now();
    const word = wall.word();
    let seen = { revision: -1, at: 0 };
    let looked = begun;
    for (;;) {
      const asked = wall.now();
      const found = await insist(() => registers.read(registerOf(name)));
      // While this one could not look, the holder may not have been able to write either: its time begins anew.
      if (wall.now() - looked > ttlMs / 2) seen = { revision: -1, at: 0 };
      looked = wall.now();
      const before: Claim = found === null ? { holder: null, epoch: 0, beat: 0, ttlMs } : JSON.parse(found.value);
      const revision = found?.revision ?? 0;
      if (revision !== seen.revision) seen = { revision, at: wall.now() };
      if (before.holder === null || asked - seen.at >= before.ttlMs) {
        const claim: Claim = { holder, epoch: before.epoch + 1, beat: 0, ttlMs, word };
        const claimedAt = wall.now();
        const written = await writeSurely(registers, registerOf(name), JSON.stringify(claim), revision, insist);
        if (written !== null) return new LeaseHolder(name, claim, written, claimedAt, registers, wall);
      }
      const left = begun + waitMs - wall.now();
      if (left <= 0) return null;
      await wall.sleep(Math.min(left, before.ttlMs / BEATS)).done;
    }
  }

  get epoch(): number {
    return this.claim.epoch;
  }

  get held(): boolean {
    return !this.lost && !this.stopped && this.wall.now() - this.confirmedAt < this.claim.ttlMs * SURE;
  }

  async check(): Promise<void> {
    const found = await this.registers.read(registerOf(this.name));
    const claim: Claim | null = found === null ? null : JSON.parse(found.value);
    if (this.stopped || !this.isOurs(claim)) {
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

  private isOurs(claim: Claim | null): claim is Claim {
    const { holder, epoch, word } = this.claim;
    return claim !== null && claim.epoch === epoch && claim.holder === holder && claim.word === word;
  }

  private async beat(): Promise<void> {
    while (!this.stopped && !this.lost) {
      this.sleep = this.wall.sleep(this.claim.ttlMs / BEATS);
      await this.sleep.done;
      if (!this.stopped) await this.renew();
    }
  }

  private async renew(): Promise<void> {
    try {
      for (let n = 0; n < TRIES; n++) {
        const next: Claim = { ...this.claim, beat: this.claim.beat + 1 };
        const asked = this.wall.now();
        const revision = await this.registers.write(registerOf(this.name), JSON.stringify(next), this.revision);
        if (revision !== null) {
          [this.claim, this.revision, this.confirmedAt] = [next, revision, asked];
          return;
        }
        // A write whose answer was lost stands there as ours; anything else is somebody else's. That it stands there is no sign
        // of life: it is as old as that write, and whoever watches counts from then. So it is written over.
        const found = await this.registers.read(registerOf(this.name));
        const claim: Claim | null = found === null ? null : JSON.parse(found.value);
        if (found === null || !this.isOurs(claim)) {
          this.lost = true;
          return;
        }
        [this.claim, this.revision] = [claim, found.revision];
      }
    } catch {
      // Not reached: the time of the lease goes on running, and `held` says when it is over.
    }
  }
}
