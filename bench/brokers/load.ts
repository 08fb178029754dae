/** What is sent through a broker, and how: the same for ours and for the clients' own ways. */
import { encodeFrame, type Publication } from "../../runtime/transport/mod.ts";

/** Bytes of a message's body. */
const BODY_BYTES = 100;
const KEYS = 64;
export const PARTITIONS = 4;
/** Taken at once by a subscriber. */
export const TAKE = 500;

/** One way through a broker, opened on a topic of its own. */
export interface Road {
  /** Sends messages first … first + count − 1 and resolves when all are confirmed. */
  send(first: number, count: number): Promise<void>;
  /** Begins to receive; `arrived` is told how many came, and the last one's number where the road knows it. */
  receive(arrived: (numbers: readonly number[]) => void): Promise<void>;
  close(): Promise<void>;
}

const padding = " ".repeat(BODY_BYTES);

export function publication(n: number): Publication {
  const body = `{"n":${n}}${padding}`.slice(0, BODY_BYTES);
  const envelope = {
    node: "bench",
    epoch: 1,
    sender: "/bench",
    sequence: n + 1,
    id: n + 1,
    cause: 0,
    root: n + 1,
    deadline: Infinity,
    schema: { id: "bench", version: 1 },
  };
  return { key: `key-${n % KEYS}`, letter: { envelope, body } };
}

/** For the clients' own ways: text of the same size, made beforehand, with the number in front. */
const rest = encodeFrame(publication(1_000_000)).slice(8);

export const rawText = (n: number): string => String(n).padStart(8, "0") + rest;
export const rawNumber = (text: string): number => Number(text.slice(0, 8));
export const rawPartition = (n: number): number => n % PARTITIONS;
