/** Every case with so little work that a test can afford it. */
import { type Case, CASES } from "../../bench/actors/cases.ts";
import type { Parameters } from "../../bench/actors/port.ts";

const LITTLE: Parameters = {
  messages: 2_000,
  burst: 500,
  roundTrips: 500,
  hops: 1_000,
  asks: 200,
  actors: 20,
  batch: 10,
  leaves: 100,
  bursts: 2,
  restarts: 100,
  waiting: 500,
  creatures: 6,
  meetings: 50,
  pings: 40,
  accounts: 20,
  transfers: 200,
  producers: 4,
  consumers: 4,
  buffer: 8,
  items: 20,
};

/** A few bytes that something else let go of outweigh what twenty actors take; they do not outweigh this many. */
const WEIGHED: Parameters = { ...LITTLE, actors: 5_000 };

export const SMALL: readonly Case[] = CASES.map((one) => ({
  ...one,
  parameters: small(Object.keys(one.parameters), one.name === "memory" ? WEIGHED : LITTLE),
}));

function small(keys: readonly string[], sizes: Parameters): Parameters {
  return Object.fromEntries(keys.map((key) => [key, sizes[key]]));
}
