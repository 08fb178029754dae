/**
 * Who is in a group: one register that every member writes a sign of life into. Whoever was silent for a session, by the
 * clock of the one that looks, is taken out by it. From the list everybody works out the same division.
 */
import { machineWall, type Wall } from "../internal/wall.ts";
import type { Registers } from "./register.ts";

/** Members and their beats. */
type Members = Record<string, number>;

/** Tries of one beat while others write; then the next beat is as good. */
const TRIES = 20;

export class Membership {
  private readonly heard = new Map<string, { beat: number; at: number }>();
  private confirmedAt = -Infinity;

  constructor(
    private readonly registers: Registers,
    private readonly register: string,
    readonly self: string,
    private readonly sessionMs: number,
    private readonly wall: Wall = machineWall,
  ) {}

  /** Whether the others still count on this member, as far as it can know. */
  get alive(): boolean {
    return this.wall.now() - this.confirmedAt < this.sessionMs;
  }

  /** Gives a sign of life; returns all members in one order, or null when too many others wrote at the same time. */
  async beat(): Promise<readonly string[] | null> {
    for (let n = 0; n < TRIES; n++) {
      const asked = this.wall.now();
      const found = await this.registers.read(this.register);
      const members: Members = found === null ? {} : JSON.parse(found.value);
      for (const silent of this.silent(members)) delete members[silent];
      members[this.self] = (members[this.self] ?? 0) + 1;
      if (await this.registers.write(this.register, JSON.stringify(members), found?.revision ?? 0) === null) continue;
      this.confirmedAt = asked;
      return Object.keys(members).sort();
    }
    return null;
  }

  async leave(): Promise<void> {
    this.confirmedAt = -Infinity;
    for (let n = 0; n < TRIES; n++) {
      const found = await this.registers.read(this.register);
      if (found === null) return;
      const members: Members = JSON.parse(found.value);
      if (members[this.self] === undefined) return;
      delete members[this.self];
      if (await this.registers.write(this.register, JSON.stringify(members), found.revision) !== null) return;
    }
  }

  private silent(members: Members): readonly string[] {
    const now = this.wall.now();
    const silent: string[] = [];
    for (const [member, beat] of Object.entries(members)) {
      const heard = this.heard.get(member);
      if (heard?.beat !== beat) this.heard.set(member, { beat, at: now });
      else if (member !== this.self && now - heard.at >= this.sessionMs) silent.push(member);
    }
    for (const member of this.heard.keys()) if (members[member] === undefined) this.heard.delete(member);
    return silent;
  }
}

/** The partitions of one member: one after the other in turn. */
export function share(members: readonly string[], self: string, partitions: number): ReadonlySet<number> {
  const mine = new Set<number>();
  for (let partition = 0; partition < partitions; partition++) {
    if (members[partition % members.length] === self) mine.add(partition);
  }
  return mine;
}
