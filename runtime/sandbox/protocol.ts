/**
 * What a sandboxed behaviour is, and the frames between its process and its host.
 *
 * A frame is a length (u32, little-endian) and that many bytes of JSON. The host asks, the guest answers exactly once;
 * a guest that says anything else is ended.
 */
import type { Random } from "../random.ts";
import type { Micros } from "../time.ts";

/** What a behaviour in a sandbox may do. Messages are plain data that survives JSON. */
export interface GuestContext<M> {
  /** Path of its actor. */
  readonly path: string;
  /** 0 for the first life. */
  readonly incarnation: number;
  /** Virtual time of what is being handled. */
  now(): Micros;
  /** Its own stream, derived from the seed, its path and its incarnation. */
  readonly random: Random;
  /** Sends to one of the ports its host has opened; a message that the port's schema does not know ends the guest. */
  send(port: string, message: unknown): void;
  /** `message` comes back after `delay`; setting a key again replaces its timer. */
  once(key: string, delay: Micros, message: M): void;
  every(key: string, interval: Micros, message: M): void;
  cancel(key: string): void;
  /** Ends the actor after the current message, normally. */
  stop(): void;
}

export interface GuestHandlers<M> {
  receive(message: M): void;
  /** What the console may show. */
  inspect?(): unknown;
}

/** What the module of a sandboxed behaviour exports as its default. */
export interface GuestDef<M, A = unknown> {
  init(context: GuestContext<M>, args: A): GuestHandlers<M>;
}

export type Request =
  | {
    readonly kind: "init";
    readonly path: string;
    readonly incarnation: number;
    readonly seed: number;
    readonly time: Micros;
    readonly args: unknown;
  }
  | { readonly kind: "batch"; readonly time: Micros; readonly messages: readonly unknown[] };

export type Effect =
  | readonly ["send", port: string, message: unknown]
  | readonly ["once" | "every", key: string, span: Micros, message: unknown]
  | readonly ["cancel", key: string]
  | readonly ["stop"];

/** A request on its way: the answer has to bear its number, so that what was said out of turn is found. */
export interface Numbered<T> {
  readonly n: number;
  readonly request: T;
}

export interface Reply {
  readonly n: number;
  readonly effects: readonly Effect[];
  readonly state?: unknown;
  readonly crash?: { readonly name: string; readonly message: string; readonly stack?: string };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export const HEADER = 4;

export function encodeFrame(value: unknown): Uint8Array<ArrayBuffer> {
  const body = encoder.encode(JSON.stringify(value));
  const frame = new Uint8Array(HEADER + body.length);
  new DataView(frame.buffer).setUint32(0, body.length, true);
  frame.set(body, HEADER);
  return frame;
}

export function decodeBody(body: Uint8Array): unknown {
  return JSON.parse(decoder.decode(body));
}

/** Whether `value` is a reply and nothing else: it comes from code that is not trusted. */
export function isReply(value: unknown): value is Reply {
  if (typeof value !== "object" || value === null) return false;
  const { n, effects, crash } = value as Partial<Reply>;
  const sound = crash === undefined ||
    (typeof crash === "object" && crash !== null && typeof crash.message === "string");
  return sound && Number.isSafeInteger(n) && Array.isArray(effects) && effects.every(isEffect);
}

function isEffect(effect: unknown): effect is Effect {
  if (!Array.isArray(effect)) return false;
  const [kind, key, span] = effect;
  switch (kind) {
    case "send":
      return effect.length === 3 && typeof key === "string";
    case "once":
    case "every":
      return effect.length === 4 && typeof key === "string" && Number.isSafeInteger(span) &&
        span >= (kind === "once" ? 0 : 1);
    case "cancel":
      return effect.length === 2 && typeof key === "string";
    default:
      return kind === "stop" && effect.length === 1;
  }
}
