/**
 * What crosses the border of a node: messages with versioned schemas, checked in both directions, and letters that are put
 * aside when they cannot be read. Knows any broker through the port alone.
 */
export * from "./message_def.ts";
export { Catalogue, mayPass, type Reading, type Refusal, type RefusalCode } from "./catalogue.ts";
export * from "./border.ts";
export * from "./intake.ts";
export { DEAD_LETTERS, type Held, HELD_TOPICS, type HeldTopic, QUARANTINE } from "./held.ts";
export * from "./letters.ts";
export { readTrace } from "./trace_context.ts";
export * from "./node.ts";
export { refTo } from "./ref_schema.ts";
export { deliveryControlDef, deliveryOf } from "./delivery_messages.ts";
export { NODE_MESSAGES } from "./control.ts";
