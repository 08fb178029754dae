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

export const SMALL: readonly Case[] = CASES.map((one) => ({
  ...one,
  parameters: Object.fromEntries(Object.keys(one.parameters).map((key) => [key, LITTLE[key]])),
}));
