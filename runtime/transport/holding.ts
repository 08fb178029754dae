/**
 * One partition as a group keeps it: a register with its holder and how far the group has come. Taking it over raises its
 * epoch, and every write is over what the writer has seen last, so one that lost it can commit nothing.
 */
import { BrokerError } from "./errors.ts";
import { type Registers, writeSurely } from "./register.ts";

interface HoldingState {
  /** Null: given back. */
  readonly holder: string | null;
  readonly epoch: number;
  /** Where the group goes on. */
  readonly position: number;
}

export const holdingRegister = (group: string, topic: string, partition: number): string =>
  `group.${group}.${topic}.${partition}`;

export function readPosition(value: string): number {
  return (JSON.parse(value) as HoldingState).position;
}

type Insist = <T>(call: () => Promise<T>) => Promise<T>;

export class Holding {
  /** Where the next record to hand out stands. */
  next: number;
  /** Handing out has ended because somebody else is to have it. */
  leaving = false;
  /** Looks at it while it is leaving and not settled; then it is given back as it is. */
  patience = 4;
  /** Counts seeks, so that what was read for a place that nobody asks for any more is not handed out. */
  turn = 0;
  private writing: Promise<unknown> = Promise.resolve();
  private gone = false;

  private constructor(
    readonly partition: number,
    private readonly registers: Registers,
    private readonly register: string,
    private state: HoldingState,
    private revision: number,
    private readonly insist: Insist,
  ) {
    this.next = state.position;
  }

  /** Takes it, unless somebody of `members` has it; null then, and when somebody was faster. */
  static async take(
    registers: Registers,
    { group, topic, partition }: { readonly group: string; readonly topic: string; readonly partition: number },
    self: string,
    members: readonly string[],
    begin: () => Promise<number>,
    insist: Insist,
  ): Promise<Holding | null> {
    const register = holdingRegister(group, topic, partition);
    const found = await registers.read(register);
    const before: HoldingState | null = found === null ? null : JSON.parse(found.value);
    // What bears our own name was held by a predecessor of this process.
    if (before !== null && before.holder !== null && before.holder !== self && members.includes(before.holder)) {
      return null;
    }
    const state: HoldingState = {
      holder: self,
      epoch: (before?.epoch ?? 0) + 1,
      position: before?.position ?? await begin(),
    };
    const revision = await writeSurely(registers, register, JSON.stringify(state), found?.revision ?? 0, insist);
    return revision === null ? null : new Holding(partition, registers, register, state, revision, insist);
  }

  /** Whether all that was handed out is committed. */
  get settled(): boolean {
    return this.state.position >= this.next;
  }

  /** Whether it is still ours. */
  async verify(): Promise<boolean> {
    const found = await this.registers.read(this.register);
    const state: HoldingState | null = found === null ? null : JSON.parse(found.value);
    return !this.gone && state?.holder === this.state.holder && state.epoch === this.state.epoch;
  }

  commit(position: number): Promise<void> {
    return this.write({ ...this.state, position });
  }

  release(): Promise<void> {
    return this.write({ ...this.state, holder: null });
  }

  /** One write after the other, each over the one before. */
  private write(state: HoldingState): Promise<void> {
    const written = this.writing.then(() => this.writeNow(state));
    this.writing = written.catch(() => {});
    return written;
  }

  private async writeNow({ holder, position }: HoldingState): Promise<void> {
    if (this.gone) throw this.lost();
    const state: HoldingState = { ...this.state, holder, position };
    // The same again would leave the register as it is, and prove nothing of who holds it: still written.
    const revision = await writeSurely(
      this.registers,
      this.register,
      JSON.stringify(state),
      this.revision,
      this.insist,
    );
    if (revision === null) {
      this.gone = true;
      throw this.lost();
    }
    this.gone = holder === null;
    [this.state, this.revision] = [state, revision];
  }

  private lost(): BrokerError {
    return new BrokerError(
      "PARTITION_LOST",
      `partition ${this.partition} is held by another subscriber now, who will get what was not committed.`,
    );
  }
}
