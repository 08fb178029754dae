/**
 * A letter as one text, the same on every broker: key and envelope as a line of JSON, then the body. One text and no
 * headers: three brokers have three kinds of headers or none, and what is no letter looks the same everywhere.
 */
import type { MessageSchema, WireEnvelope } from "../message.ts";
import type { Publication } from "./broker.ts";
import { FrameError, tooLarge } from "./errors.ts";

/** Raised when the line changes in a way that an older reader would misread. */
const FORMAT = 1;
const FIELDS = 12;
/** With headers; without any the field is left out. */
const FIELDS_WITH_HEADERS = 13;

export function encodeFrame({ key, letter: { envelope, body, headers } }: Publication): string {
  const { node, epoch, sender, sequence, id, cause, root, deadline, schema } = envelope;
  const until = deadline === Infinity ? null : deadline;
  const line = [
    FORMAT,
    key,
    node,
    epoch,
    sender,
    sequence,
    id,
    cause,
    root,
    until,
    schema?.id ?? null,
    schema?.version ?? 0,
    ...(headers === undefined ? [] : [headers]),
  ];
  return `${JSON.stringify(line)}\n${body}`;
}

/** Throws BrokerError MESSAGE_TOO_LARGE when the frame has more bytes than that. */
export function checkSize(frame: string, mostBytes: number): void {
  // Three bytes a character at most: short ones need not be counted.
  if (frame.length * 3 <= mostBytes) return;
  const bytes = new TextEncoder().encode(frame).length;
  if (bytes > mostBytes) throw tooLarge(bytes, mostBytes);
}

/** Throws FrameError with a sentence for anything that `encodeFrame` does not write. */
export function decodeFrame(frame: string): Publication {
  const end = frame.indexOf("\n");
  if (end < 0) throw new FrameError("a frame begins with a line of envelope, and this has one line only.");
  let line: unknown;
  try {
    line = JSON.parse(frame.slice(0, end));
  } catch {
    throw new FrameError("the first line of a frame is an envelope as JSON, and this is none.");
  }
  if (!Array.isArray(line)) throw new FrameError("an envelope is a JSON array.");
  if (line[0] !== FORMAT) {
    const newer = Number.isInteger(line[0]) && line[0] > FORMAT;
    const message = `an envelope of format ${String(line[0])} is not ${FORMAT}: is the sender a newer version?`;
    throw new FrameError(message, newer ? "FRAME_NEWER" : "FRAME_BAD");
  }
  if (line.length !== FIELDS && line.length !== FIELDS_WITH_HEADERS) {
    throw new FrameError(`an envelope has ${FIELDS} fields, or headers as one more, not ${line.length}.`);
  }
  const [, key, node, epoch, sender, sequence, id, cause, root, deadline, schema, version, headers] = line;
  const envelope: WireEnvelope = {
    node: text("node", node),
    epoch: whole("epoch", epoch),
    sender: sender === null ? null : text("sender", sender),
    sequence: whole("sequence", sequence),
    id: whole("id", id),
    cause: whole("cause", cause),
    root: whole("root", root),
    deadline: deadline === null ? Infinity : whole("deadline", deadline),
    schema: schema === null
      ? null
      : { id: text("schema", schema), version: whole("schema version", version) } satisfies MessageSchema,
  };
  const body = frame.slice(end + 1);
  const letter = line.length === FIELDS ? { envelope, body } : { envelope, body, headers: texts(headers) };
  return { key: text("key", key), letter };
}

function texts(value: unknown): Readonly<Record<string, string>> {
  const named = typeof value === "object" && value !== null && !Array.isArray(value);
  if (named && Object.values(value).every((one) => typeof one === "string")) return value as Record<string, string>;
  throw new FrameError(`the headers of an envelope are texts by their names, not ${JSON.stringify(value)}.`);
}

function text(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new FrameError(`the ${name} of an envelope is a text, not ${JSON.stringify(value)}.`);
}

function whole(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new FrameError(`the ${name} of an envelope is a whole number of at least 0, not ${JSON.stringify(value)}.`);
}
