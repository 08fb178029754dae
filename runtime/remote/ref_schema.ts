/**
 * Refs in messages: `refTo(def)` is the schema of a field that holds a ref to whoever takes messages of `def`. Here it is a
 * ref, on the way an address; where the message arrives it is a ref again, to the same actor.
 */
import { z } from "zod";
import type { Remote } from "../actor.ts";
import { type Address, addressSchema } from "./address.ts";
import type { MessageDef } from "./message_def.ts";

/** Who makes addresses of refs and refs of addresses: the node. */
export interface RefHost {
  // deno-lint-ignore no-explicit-any -- definitions of any messages
  addressOf(ref: Remote<never>, def: MessageDef<any>): Address;
  // deno-lint-ignore no-explicit-any -- as above
  refAt(address: Address, def: MessageDef<any>): Remote<never>;
}

/** A schema is asked without being told by whom; it is asked at once, and by one at a time. */
let host: RefHost | null = null;

export function withRefs<T>(by: RefHost | null, work: () => T): T {
  const before = host;
  host = by;
  try {
    return work();
  } finally {
    host = before;
  }
}

function current(): RefHost {
  if (host !== null) return host;
  throw new Error("a ref crosses the border of a node that is open, and there is none here.");
}

const isRef = (value: unknown): value is Remote<never> =>
  typeof value === "object" && value !== null && "tell" in value && typeof value.tell === "function" && "path" in value;

export function refTo<M>(def: MessageDef<M>): z.ZodType<Remote<M>> {
  const written = addressSchema.meta({ cwts: `ref to ${def.id}` });
  return z.codec(written, z.custom<Remote<M>>(isRef, "no ref"), {
    decode: (address) => current().refAt(address, def) as Remote<M>,
    encode: (ref) => current().addressOf(ref as Remote<never>, def),
  });
}
