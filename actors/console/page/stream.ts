/// <reference lib="dom" />
/**
 * Keeps the page's snapshot up to date, and says so when it cannot.
 *
 * The stream is read with `fetch`, which, unlike EventSource, can carry the token and notices silence: the node sends
 * a comment every two seconds, so a stream that is quiet for longer is taken for dead.
 */
import { effect } from "@preact/signals";
import { authorised, problemText } from "./api.ts";
import { EventParser, type ServerEvent } from "./sse.ts";
import { link, now, receive, self, type Snapshot, token } from "./state.ts";
import { afterMillis, everyMillis, wallMillis } from "./wall.ts";

/** Four snapshots a second are as many as a person can read. */
const PATH = "/api/v1/events?interval=250";
const SILENCE_MS = 5_000;
const RETRY_MS = 1_000;

/** Where snapshots come from, and what takes them. */
export interface Source {
  readonly path: string;
  readonly heard: (text: string) => void;
}
const NODE: Source = { path: PATH, heard: (text) => receive(JSON.parse(text) as Snapshot, wallMillis()) };

let source = NODE;
let lastEventId: string | null = null;
let attempt = 0;
let stop: () => void = () => {};

/** Starts reading; goes on until the page is closed. */
export function startStream(from: Source = NODE): void {
  source = from;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) pause();
    else connect();
  });
  let seen = token.value;
  effect(() => {
    if (token.value !== seen && link.peek().kind === "locked") connect();
    seen = token.value;
  });
  everyMillis(1_000, () => {
    now.value = wallMillis();
  });
  connect();
}

function pause(): void {
  stop();
  attempt++;
  link.value = { kind: "paused" };
}

/** Reads anew, with whatever the page may show by now. */
export function connect(): void {
  stop();
  const mine = ++attempt;
  const abort = new AbortController();
  stop = () => abort.abort();
  read(abort, () => mine === attempt).then(
    () => retry(mine, "the node closed the connection"),
    // Browsers word an unreachable host each in their own way, always as a TypeError.
    (error) => retry(mine, error instanceof TypeError ? "the node cannot be reached" : String(error?.message ?? error)),
  );
}

function retry(mine: number, detail: string): void {
  if (mine !== attempt || link.value.kind === "locked") return;
  const since = link.value.kind === "lost" ? link.value.since : wallMillis();
  link.value = { kind: "lost", since, detail };
  afterMillis(RETRY_MS, () => {
    if (mine === attempt) connect();
  });
}

async function read(abort: AbortController, current: () => boolean): Promise<void> {
  let quiet = afterMillis(SILENCE_MS, () => abort.abort(new Error("the node is silent")));
  try {
    const headers = authorised({ accept: "text/event-stream" });
    if (lastEventId !== null) headers["last-event-id"] = lastEventId;
    const response = await fetch(source.path, { headers, signal: abort.signal, cache: "no-store" });
    if (response.status === 401 && current()) {
      link.value = { kind: "locked" };
      self.value = null;
      return;
    }
    if (!response.ok || response.body === null) throw new Error(await problemText(response));
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !current()) return;
      quiet();
      quiet = afterMillis(SILENCE_MS, () => abort.abort(new Error("the node is silent")));
      for (const event of parser.push(value)) take(event);
      if (link.value.kind !== "live") link.value = { kind: "live" };
    }
  } finally {
    quiet();
  }
}

function take(event: ServerEvent): void {
  if (event.name === "snapshot") {
    source.heard(event.data);
    lastEventId = event.id;
  } else if (event.name === "problem") {
    throw new Error((JSON.parse(event.data) as { detail: string }).detail);
  }
}
