/**
 * One snapshot for everyone who looks.
 *
 * The node is asked at most ten times a second however many requests and streams there are, and a snapshot is encoded
 * once for all streams: watching must not slow down what is watched.
 */
import type { ActorView, NodeSnapshot, NodeView } from "../protocol/view.ts";
import { wallMillis } from "./wall.ts";

/** A snapshot is shared by all readers for this long, milliseconds. */
export const SAMPLE_MS = 100;
/** Actors sent to a page; the rest is counted and found through `/actors`. */
export const STREAMED_ACTORS = 1000;

export interface Frame {
  /** Unique to the node's run and increasing within it. */
  readonly id: string;
  /** How many changes the frame covers; compare with `Sampler.version`. */
  readonly version: number;
  /** A complete SSE event. */
  readonly bytes: Uint8Array;
}

interface Sample {
  readonly snapshot: NodeSnapshot;
  readonly version: number;
  readonly at: number;
  frame: Frame | null;
}

export class Sampler {
  readonly #view: NodeView;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #version = 1;
  #sample: Sample | null = null;

  constructor(view: NodeView, now: () => number = wallMillis) {
    this.#view = view;
    this.#now = now;
    this.#unsubscribe = view.onChange(() => {
      this.#version++;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Counts the changes the node has reported. */
  get version(): number {
    return this.#version;
  }

  /** At most SAMPLE_MS old. */
  snapshot(): NodeSnapshot {
    return this.#current().snapshot;
  }

  /** The newest snapshot as an event, encoded once. */
  frame(): Frame {
    const sample = this.#current();
    sample.frame ??= encodeFrame(sample.snapshot, sample.version);
    return sample.frame;
  }

  /** The next reader sees what a command just did. */
  invalidate(): void {
    this.#sample = null;
    this.#version++;
    for (const listener of this.#listeners) listener();
  }

  /** From when on `frame` covers more than so many changes, if there are more. */
  coversMoreAt(version: number): number {
    return this.#sample !== null && this.#sample.version <= version ? this.#sample.at + SAMPLE_MS : -Infinity;
  }

  /** Calls back on every change; returns the unsubscribe. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }

  #current(): Sample {
    const at = this.#now();
    if (this.#sample === null || at - this.#sample.at >= SAMPLE_MS) {
      this.#sample = { snapshot: this.#view.snapshot(), version: this.#version, at, frame: null };
    }
    return this.#sample;
  }
}

const encoder = new TextEncoder();

function encodeFrame(snapshot: NodeSnapshot, version: number): Frame {
  const id = `${Date.parse(snapshot.startedWall) || 0}-${version}`;
  const actors = streamedActors(snapshot.actors);
  const data = JSON.stringify({ ...snapshot, actors, actorsTotal: snapshot.actors.length });
  return { id, version, bytes: encoder.encode(`id: ${id}\nevent: snapshot\ndata: ${data}\n\n`) };
}

/** Sorted by path, parents come before their children, so a cut list is still a tree. */
function streamedActors(actors: readonly ActorView[]): readonly ActorView[] {
  if (actors.length <= STREAMED_ACTORS) return actors;
  return [...actors].sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, STREAMED_ACTORS);
}
