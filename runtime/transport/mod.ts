/**
 * Nodes speaking to each other over a broker. Here is the port and what needs no package; the adapters are imported by
 * their own files (`redis.ts`, `nats.ts`, `kafka.ts`), so that a node without a broker loads none of their clients.
 */
export * from "./broker.ts";
export * from "./deduplication.ts";
export * from "./errors.ts";
export { decodeFrame, encodeFrame } from "./frame.ts";
export { MemoryServer, openMemory } from "./memory.ts";
export * from "./classes/mod.ts";
export { processMark } from "../internal/wall.ts";
