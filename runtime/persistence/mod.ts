/** Actors that remember: event sourcing over a journal. */
export * from "./event_sourced.ts";
export * from "./journal.ts";
export * from "./memory.ts";
export * from "./sqlite.ts";
