/** The side of the sandbox that runs the untrusted behaviour: reads a request, runs the handlers, writes the reply. */
import { createRandom } from "../internal/random.ts";
import type { Micros } from "../time.ts";
import {
  decodeBody,
  type Effect,
  encodeFrame,
  type GuestDef,
  type GuestHandlers,
  HEADER,
  type Numbered,
  type Request,
} from "./protocol.ts";

/** Serves `def` on standard input and output until the host closes them. */
export function serve(def: GuestDef<unknown>): void {
  const { stdin, stdout } = Deno;
  const guest = new Guest(def);
  for (;;) {
    const header = readExactly(stdin, HEADER);
    if (header === null) return;
    const length = new DataView(header.buffer).getUint32(0, true);
    const body = readExactly(stdin, length);
    if (body === null) return;
    const frame = encodeFrame(guest.answer(decodeBody(body) as Numbered<Request>));
    for (let at = 0; at < frame.length;) at += stdout.writeSync(frame.subarray(at));
  }
}

class Guest {
  private handlers: GuestHandlers<unknown> | null = null;
  private effects: Effect[] = [];
  private time: Micros = 0;

  constructor(private readonly def: GuestDef<unknown>) {}

  answer({ n, request }: Numbered<Request>): unknown {
    this.effects = [];
    this.time = request.time;
    try {
      if (request.kind === "init") this.init(request);
      else for (const message of request.messages) this.handlers!.receive(message);
      return { n, effects: this.effects, state: this.handlers!.inspect?.() };
    } catch (thrown) {
      const { name, message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
      return { n, effects: this.effects, crash: { name, message, stack } };
    }
  }

  private init({ path, incarnation, seed, args }: Extract<Request, { kind: "init" }>): void {
    const add = (effect: Effect): void => void this.effects.push(effect);
    this.handlers = this.def.init({
      path,
      incarnation,
      now: () => this.time,
      random: createRandom(seed).fork(`${path}#${incarnation}`),
      send: (port, message) => add(["send", port, message]),
      once: (key, delay, message) => add(["once", key, delay, message]),
      every: (key, interval, message) => add(["every", key, interval, message]),
      cancel: (key) => add(["cancel", key]),
      stop: () => add(["stop"]),
    }, args);
  }
}

function readExactly(
  source: { readSync(into: Uint8Array): number | null },
  length: number,
): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = source.readSync(bytes.subarray(at));
    if (read === null) return null;
    at += read;
  }
  return bytes;
}
