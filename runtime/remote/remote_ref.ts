/** The ref of an actor on another node: writes what it is told where it is told, and hands it to the door. */
import type { ExitReason, TellResult } from "../actor.ts";
import { type Asked, FarRef } from "../internal/far.ts";
import { type Address, addressText } from "./address.ts";
import type { MessageDef } from "./message_def.ts";

/** What a ref needs of its node. */
export interface RefWay {
  tell(address: Address, def: MessageDef<unknown>, message: unknown): TellResult;
  put(address: Address, def: MessageDef<unknown>, question: unknown, asked: Asked): void;
  watch(address: Address, down: (reason: ExitReason) => void): () => void;
}

export class RemoteRef extends FarRef {
  constructor(private readonly way: RefWay, readonly address: Address, private readonly def: MessageDef<unknown>) {
    super();
  }

  get path(): string {
    return addressText(this.address);
  }

  tell(message: unknown): TellResult {
    return this.way.tell(this.address, this.def, message);
  }

  put(question: unknown, asked: Asked): void {
    this.way.put(this.address, this.def, question, asked);
  }

  watch(down: (reason: ExitReason) => void): () => void {
    return this.way.watch(this.address, down);
  }
}
