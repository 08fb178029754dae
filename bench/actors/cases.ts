/**
 * What is measured, with its parameters. Those of the Savina programs are the published ones, without the arithmetic that
 * stands for work in some of them.
 */
import type { Parameters, Program } from "./port.ts";
import { ask } from "./programs/ask.ts";
import { banking } from "./programs/banking.ts";
import { big } from "./programs/big.ts";
import { boundedBuffer } from "./programs/bounded_buffer.ts";
import { chameneos } from "./programs/chameneos.ts";
import { children } from "./programs/children.ts";
import { count } from "./programs/count.ts";
import { forkJoin } from "./programs/fork_join.ts";
import { forkJoinCreate, memory, spawnStop } from "./programs/lives.ts";
import { pingPong } from "./programs/ping_pong.ts";
import { skynet } from "./programs/skynet.ts";
import { tell } from "./programs/tell.ts";
import { threadRing } from "./programs/thread_ring.ts";

export interface Case {
  readonly name: string;
  readonly unit: string;
  readonly parameters: Parameters;
  /** Null: only on engines that have a program of their own for it. */
  readonly program: Program | null;
  /** The parameter that is divided by ten to warm up, and to measure an engine that would take too long. */
  readonly shrinks?: string;
  /** The parameter that is divided by ten to warm up only: a tenth would be another case. */
  readonly probes?: string;
  /** Measured with --long, or when it is named. */
  readonly long?: boolean;
  /** Runs where fewer than usual do. With 1 there is no warming up either. */
  readonly runs?: number;
}

const M = 1_000_000;

export const CASES: readonly Case[] = [
  // As many at once as our default mailbox holds, and all of them.
  { name: "tell", unit: "msg/s", parameters: { messages: M, burst: 8192 }, program: tell, shrinks: "messages" },
  { name: "tell-at-once", unit: "msg/s", parameters: { messages: M, burst: M }, program: tell, probes: "messages" },
  { name: "ping-pong", unit: "round-trips/s", parameters: { roundTrips: M }, program: pingPong, shrinks: "roundTrips" },
  { name: "thread-ring", unit: "hops/s", parameters: { actors: 100, hops: M }, program: threadRing, shrinks: "hops" },
  { name: "ask", unit: "asks/s", parameters: { asks: 200_000 }, program: ask, shrinks: "asks" },
  {
    name: "spawn-stop",
    unit: "actors/s",
    parameters: { actors: 100_000, batch: 1_000 },
    program: spawnStop,
    shrinks: "actors",
  },
  { name: "memory", unit: "bytes/actor", parameters: { actors: 100_000 }, program: memory, shrinks: "actors", runs: 3 },
  { name: "skynet-100k", unit: "ms", parameters: { leaves: 100_000 }, program: skynet, probes: "leaves" },
  { name: "skynet-1m", unit: "ms", parameters: { leaves: M }, program: skynet, probes: "leaves", runs: 3, long: true },
  {
    name: "children-5000",
    unit: "times the cost with none",
    parameters: { bursts: 100, burst: 2_000 },
    program: children,
    shrinks: "bursts",
  },
  { name: "restart", unit: "us", parameters: { restarts: 5_000 }, program: null },
  { name: "restart-million", unit: "us", parameters: { restarts: M }, program: null, runs: 1, long: true },
  { name: "stop-served", unit: "us", parameters: { waiting: 100_000 }, program: null },
  {
    name: "savina-pingpong",
    unit: "round-trips/s",
    parameters: { roundTrips: 40_000 },
    program: pingPong,
  },
  { name: "savina-count", unit: "msg/s", parameters: { messages: M }, program: count, shrinks: "messages" },
  {
    name: "savina-fjthrput",
    unit: "msg/s",
    parameters: { actors: 60, messages: 10_000 },
    program: forkJoin,
    shrinks: "messages",
  },
  {
    name: "savina-fjcreate",
    unit: "actors/s",
    parameters: { actors: 40_000 },
    program: forkJoinCreate,
    shrinks: "actors",
  },
  { name: "savina-threadring", unit: "hops/s", parameters: { actors: 100, hops: 100_000 }, program: threadRing },
  {
    name: "savina-chameneos",
    unit: "meetings/s",
    parameters: { creatures: 100, meetings: 200_000 },
    program: chameneos,
    shrinks: "meetings",
  },
  {
    name: "savina-big",
    unit: "pings/s",
    parameters: { actors: 120, pings: 20_000 },
    program: big,
    shrinks: "pings",
  },
  {
    name: "savina-bndbuffer",
    unit: "items/s",
    parameters: { producers: 40, consumers: 40, buffer: 50, items: 1_000 },
    program: boundedBuffer,
    shrinks: "items",
  },
  {
    name: "savina-banking",
    unit: "transfers/s",
    parameters: { accounts: 1_000, transfers: 50_000 },
    program: banking,
    shrinks: "transfers",
  },
];
