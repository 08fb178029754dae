/** A message from another node on its way into a mailbox. */
import type { WireEnvelope } from "../message.ts";
import type { Clock } from "../time.ts";
import { Envelope } from "./cell.ts";

export class Arrival extends Envelope {
  constructor(
    private readonly clock: Clock,
    override readonly message: unknown,
    private readonly wire: WireEnvelope,
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

  override open(): boolean {
    return this.clock.now() < this.deadline;
  }

  override fire(): void {}

  override lost(): void {}
}
