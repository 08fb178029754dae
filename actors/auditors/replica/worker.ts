/// <reference lib="deno.worker" />
/** The thread of a sink: it copies, and nobody who trades waits for it. */
import { brokerCredentials, parseBroker } from "../../../config/mod.ts";
import { openBroker } from "../../../runtime/transport/open.ts";
import { Replica } from "./replica.ts";
import type { Sink, SinkAnswer, SinkPlan, SinkRequest } from "./report.ts";
import { TopicSink } from "./topic.ts";

/** A broker that is away is asked again with the next look. */
const RETRY_MS = 1_000;

let sink: Sink | null = null;
/** One after the other: a look may take as long as a disk does. */
let last: Promise<void> = Promise.resolve();

function open({ kind, places }: SinkPlan): Sink {
  if (kind === "replica") return new Replica(places);
  const options = { node: `cwts-audit-${places.node}`, retryMs: RETRY_MS, partitions: 1 };
  const place = { ...parseBroker(places.broker), ...brokerCredentials() };
  return new TopicSink(places, () => openBroker(place, options));
}

async function answer(request: SinkRequest): Promise<void> {
  let said: SinkAnswer;
  try {
    if ("plan" in request) {
      sink = open(request.plan);
      return;
    }
    said = { report: await sink!.look(request.look) };
  } catch (error) {
    said = { failed: (error as Error).message };
  }
  self.postMessage(said);
}

self.onmessage = ({ data }: MessageEvent<SinkRequest>) => {
  last = last.then(() => answer(data));
};
