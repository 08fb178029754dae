import assert from "node:assert/strict";
import { HEARTBEAT_MS, MAX_STREAMS } from "../../../actors/console/events.ts";
import * as schemas from "../../../actors/console/schemas.ts";
import { withConsole } from "./client.ts";

interface Event {
  readonly id: string;
  readonly name: string;
  readonly data: string;
  readonly comment: string;
}

/** Reads a stream event by event. */
class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #buffer = "";

  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Null at the end of the stream. */
  async next(): Promise<Event | null> {
    for (;;) {
      const end = this.#buffer.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        if (!block.startsWith("retry:")) return parse(block);
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#buffer += value;
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

function parse(block: string): Event {
  const field = (name: string) =>
    block.split("\n").filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join(
      "",
    );
  return { id: field("id"), name: field("event"), data: field("data"), comment: field("") };
}

async function open(url: string, query = "", headers: Record<string, string> = {}): Promise<EventReader> {
  const response = await fetch(`${url}/api/v1/events${query}`, { headers });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  return new EventReader(response.body!);
}

const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

Deno.test("a stream starts with the present snapshot, complete and with an id", () =>
  withConsole(async ({ url, model }) => {
    model.tick(3);
    const reader = await open(url);
    const event = await reader.next();
    assert.equal(event?.name, "snapshot");
    assert.match(event?.id ?? "", /^\d+-\d+$/);
    const data = JSON.parse(event!.data);
    schemas.Snapshot.parse(data);
    assert.equal(data.actorsTotal, data.actors.length);
    await reader.cancel();
  }));

Deno.test("a change is sent on, and a storm of changes at most ten times a second with the newest last", () =>
  withConsole(async ({ url, model }) => {
    const begun = performance.now();
    const reader = await open(url);
    await reader.next();
    const storm = setInterval(() => model.tick(), 2);
    const seen: number[] = [];
    const until = performance.now() + 1_000;
    while (performance.now() < until) seen.push(JSON.parse((await reader.next())!.data).audit.records);
    clearInterval(storm);
    // On a busy machine what was sent in time may be read late, and together.
    const most = (performance.now() - begun) / 100 + 2;
    assert.ok(seen.length >= 2 && seen.length <= most, `${seen.length} snapshots, ${most} at most`);
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i] > seen[i - 1]);
    model.tick();
    const newest = model.snapshot().audit.records;
    let last = 0;
    while (last < newest) last = JSON.parse((await reader.next())!.data).audit.records;
    assert.equal(last, newest);
    await reader.cancel();
  }));

Deno.test("no snapshot is sent twice: a change is sent when a snapshot has it, not when others have just taken one", () =>
  withConsole(async ({ url, model }) => {
    const reader = await open(url);
    const records = async () => JSON.parse((await reader.next())!.data).audit.records;
    const first = await records();
    await wait(130);
    await (await fetch(`${url}/api/v1/node`)).body?.cancel();
    model.tick();
    assert.ok(await records() > first);
    await reader.cancel();
  }));

Deno.test("an interval asked for is kept", () =>
  withConsole(async ({ url, model }) => {
    // From before the first was sent: it may be read long after.
    const start = performance.now();
    const reader = await open(url, "?interval=400");
    await reader.next();
    model.tick();
    await reader.next();
    assert.ok(performance.now() - start >= 380);
    await reader.cancel();
  }));

Deno.test("a reader that comes back with the newest id is not sent the same snapshot again", () =>
  withConsole(async ({ url, model }) => {
    model.tick();
    const first = await open(url);
    const { id } = (await first.next())!;
    await first.cancel();
    const second = await open(url, "", { "last-event-id": id });
    await wait(150);
    model.tick();
    const next = (await second.next())!;
    assert.notEqual(next.id, id);
    assert.equal(JSON.parse(next.data).audit.records, 4);
    await second.cancel();
    const stale = await open(url, "", { "last-event-id": "0-1" });
    assert.equal((await stale.next())?.name, "snapshot");
    await stale.cancel();
  }));

Deno.test("a quiet node still lets its readers know that it lives", () =>
  withConsole(async ({ url }) => {
    const reader = await open(url);
    await reader.next();
    const start = performance.now();
    const beat = await reader.next();
    assert.equal(beat?.comment, "heartbeat");
    assert.ok(performance.now() - start < HEARTBEAT_MS + 1_000);
    await reader.cancel();
  }));

Deno.test("a reader that does not read makes the node neither encode nor keep what it missed", () =>
  withConsole(async ({ url, model }) => {
    const { hostname, port } = new URL(url);
    const socket = await Deno.connect({ hostname, port: Number(port) });
    await socket.write(new TextEncoder().encode("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    const storm = setInterval(() => model.tick(), 5);
    const made: number[] = [];
    // Snapshots of 5000 actors fill the socket's buffers within a few; from then on none may be made.
    for (let i = 0; i < 16; i++) {
      await wait(250);
      made.push(model.snapshots);
    }
    assert.equal(made.at(-1), made.at(-4), `snapshots made: ${made.join(" ")}`);
    clearInterval(storm);
    model.tick();
    const newest = model.snapshot().audit.records;
    // Once it reads again it gets what was in flight, and then the newest.
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of socket.readable) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-2_000_000);
      if (text.includes(`"records":${newest},`)) break;
    }
    assert.ok(text.includes(`"records":${newest},`));
  }, { extraActors: 5_000 }));

Deno.test("a page is sent at most a thousand actors, parents before children, and how many there are", () =>
  withConsole(async ({ url }) => {
    const reader = await open(url);
    const data = JSON.parse((await reader.next())!.data);
    assert.equal(data.actors.length, 1000);
    assert.equal(data.actorsTotal, 1510);
    const known = new Set<string>();
    for (const actor of data.actors) {
      assert.ok(actor.parent === null || known.has(actor.parent), actor.path);
      known.add(actor.path);
    }
    await reader.cancel();
  }, { extraActors: 1_500 }));

Deno.test("a node that cannot give a snapshot is told to the reader, who stays connected", () =>
  withConsole(async ({ url, model }) => {
    const reader = await open(url);
    await reader.next();
    model.broken = "no snapshot today";
    await wait(150);
    model.touch();
    const event = await reader.next();
    assert.equal(event?.name, "problem");
    assert.match(event!.data, /no snapshot today/);
    model.broken = null;
    model.tick();
    assert.equal((await reader.next())?.name, "snapshot");
    await reader.cancel();
  }));

Deno.test("there is a limit to open streams, and a closed one makes room", () =>
  withConsole(async ({ url, get }) => {
    const readers: EventReader[] = [];
    for (let i = 0; i < MAX_STREAMS; i++) readers.push(await open(url));
    const refused = await get("/api/v1/events");
    assert.equal(refused.status, 503);
    assert.equal(refused.body.code, "TOO_MANY_STREAMS");
    await Promise.all(readers.splice(0, 3).map((reader) => reader.cancel()));
    const start = performance.now();
    let admitted: EventReader | null = null;
    while (admitted === null && performance.now() - start < 5_000) {
      await wait(50);
      admitted = await open(url).catch(() => null);
    }
    assert.ok(admitted !== null);
    await Promise.all([admitted, ...readers].map((reader) => reader.cancel()));
  }));

Deno.test("closing the console ends its streams cleanly", () =>
  withConsole(async ({ url, close }) => {
    const reader = await open(url);
    await reader.next();
    const start = performance.now();
    const [end] = await Promise.all([reader.next(), close()]);
    assert.equal(end, null);
    assert.ok(performance.now() - start < 900);
  }));
