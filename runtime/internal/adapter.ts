/**
 * A second address of one incarnation, for messages of somebody else's kind: each is turned into one of its own when its
 * turn comes, so the work and a failure of it are the receiver's and not the sender's.
 */
import type { ActorRef, TellResult } from "../actor.ts";
import { type ActorCell, Envelope } from "./cell.ts";

/** Whose address it is. */
interface Owner {
  readonly cell: ActorCell;
  readonly alive: boolean;
}

type Map = (message: unknown) => unknown;

export class Adapter implements ActorRef<unknown> {
  constructor(readonly id: number, private readonly owner: Owner, private readonly map: Map) {}

  get cell(): ActorCell {
    return this.owner.cell;
  }

  get path(): string {
    return `${this.cell.path}/adapters/${this.id}`;
  }

  tell(message: unknown): TellResult {
    return this.cell.tellEnvelope(new Adapted(this.owner, this.map, message), false);
  }

  urgent(message: unknown): TellResult {
    return this.cell.tellEnvelope(new Adapted(this.owner, this.map, message), true);
  }
}

class Adapted extends Envelope {
  private mapped: unknown = NOT_YET;

  constructor(private readonly owner: Owner, private readonly map: Map, private raw: unknown) {
    super();
  }

  override readonly travels = true;

  override get message(): unknown {
    if (this.mapped === NOT_YET) this.mapped = this.map(this.raw);
    return this.mapped;
  }

  override replace(change: (message: unknown) => unknown): void {
    this.raw = change(this.raw);
  }

  override get label(): unknown {
    return this.raw;
  }

  get deadline(): number {
    return Infinity;
  }

  override open(): boolean {
    return this.owner.alive;
  }

  override fire(): void {}

  override lost(): void {}
}

const NOT_YET = Symbol("not yet mapped");
