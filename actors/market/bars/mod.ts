/** Daily bars: reading them and playing them. */
export * from "./csv.ts";
export * from "./feed.ts";
