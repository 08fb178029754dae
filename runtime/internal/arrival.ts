/** A message from another node on its way into a mailbox, and what becomes of it, for whoever brought it. */
import type { WireEnvelope } from "../message.ts";
import type { Clock } from "../time.ts";
import type { Causes } from "./causes.ts";
import { Envelope } from "./cell.ts";

/**
 * The end of a message from another node. "handled": its handler has come to its end; "crashed": it failed, or its actor
 * was ended in the middle. The others are as in the counters. Told once.
 */
export type MessageFate = "handled" | "crashed" | "rejected" | "dropped" | "expired" | "dead";

/** What else may go with a message from another node. */
export interface Bringing {
  /** Told once, inside the turn in which it happens. */
  settled?(fate: MessageFate): void;
  /** Its turn has come, and what it causes here is of the chain `root`; told again when it was set aside. */
  opened?(root: number): void;
  /** Who waits for the answer, from the first: actors on any node. */
  readonly waiting?: readonly string[];
}

export class Arrival extends Envelope {
  private stashed = false;
  private settled = false;

  constructor(
    private readonly clock: Clock,
    private readonly causes: Causes,
    override readonly message: unknown,
    private readonly wire: WireEnvelope,
    private readonly bringing: Bringing = {},
  ) {
    super();
  }

  override readonly travels = true;

  override get origin(): WireEnvelope {
    return this.wire;
  }

  override get deadline(): number {
    return this.wire.deadline;
  }

  get waiting(): readonly string[] {
    return this.bringing.waiting ?? [];
  }

  override open(): boolean {
    this.stashed = false;
    const open = this.clock.now() < this.deadline;
    if (open) this.bringing.opened?.(this.causes.root);
    else this.settle("expired");
    return open;
  }

  override fire(): void {}

  override lost(fate: "rejected" | "dropped" | "dead"): void {
    this.settle(fate);
  }

  override done(): void {
    if (!this.stashed) this.settle("handled");
  }

  override crashed(): void {
    // What was set aside comes again in the next life.
    if (!this.stashed) this.settle("crashed");
  }

  override setAside(): void {
    this.stashed = true;
  }

  private settle(fate: MessageFate): void {
    if (this.settled) return;
    this.settled = true;
    this.bringing.settled?.(fate);
  }
}
