/** Where a message for an actor of some node goes, in the form that it travels in. */
import { z } from "zod";

const node = z.string().min(1).max(80);
const epoch = z.int().min(0);
const number = z.int().min(1);

/** Whoever bears a name, on a node or wherever that is. */
const named = z.strictObject({ name: z.string().min(1).max(100), node: node.optional() });
/** An actor that bears none, in one life of its node. */
const actor = z.strictObject({ node, epoch, actor: number });
/** Somebody who awaits an answer, in one life of its node. */
const answer = z.strictObject({ node, epoch, ask: number });

export const addressSchema = z.union([named, actor, answer]);
export type Address = z.infer<typeof addressSchema>;

/** For people. */
export function addressText(address: Address): string {
  if ("name" in address) return `${address.node ?? "?"}/${address.name}`;
  return "ask" in address ? `${address.node}/asks/${address.ask}` : `${address.node}/actors/${address.actor}`;
}
