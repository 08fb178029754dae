/**
 * Every message that goes from one node to another, for the catalogue of the border and for the gate that holds each newer
 * version against what was released (`deno task schemas`). A message that is not listed here is read by nobody.
 */
import { deliveryControlDef, type MessageDef, NODE_MESSAGES } from "../../runtime/remote/mod.ts";

// deno-lint-ignore no-explicit-any -- messages of all kinds; each is read by its own schema
export const BETWEEN_NODES: readonly MessageDef<any>[] = [...NODE_MESSAGES, deliveryControlDef];
