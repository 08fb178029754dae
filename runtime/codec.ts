/**
 * Messages as text and back: what JSON can say, and bigint, undefined, the numbers JSON lacks, dates, maps, sets, buffers and
 * typed arrays. Refs are written by whoever knows how to find their actors again.
 *
 * Anything else (functions, symbols, promises, instances of classes, circles) is refused with the place where it stands: a
 * message that cannot be written cannot leave its node, be kept, or be replayed.
 */

/** A value that cannot be written, or a text that was not written here. */
export class CodecError extends Error {
  override readonly name = "CodecError";
  readonly code = "MESSAGE_NOT_PLAIN";
}

export interface RefCodec {
  /** What to write for a ref, or undefined for an object that is none. */
  write(value: object): string | number | undefined;
  read(written: string | number): unknown;
}

const TAG = "$";
/** In every text that has a tag, and in few others. */
const TAGGED = `"${TAG}"`;
const ARRAYS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};
type ArrayName = keyof typeof ARRAYS;

/** Deeper than any message; what is deeper, or leads back to itself, is looked at with more care. */
const DEPTH = 32;

export function encode(value: unknown, refs?: RefCodec): string {
  // Most messages are what JSON can say, and need no copy to be written.
  if (refs === undefined && isJson(value, DEPTH)) return JSON.stringify(value);
  return JSON.stringify(write(value, refs, "message", []));
}

export function decode(text: string, refs?: RefCodec): unknown {
  const value = JSON.parse(text);
  return text.includes(TAGGED) ? read(value, refs) : value;
}

/** Whether JSON says all of it, and nothing in it looks like something else. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      return value === null || (depth > 0 && isJsonObject(value, depth - 1));
    default:
      return false;
  }
}

function isJsonObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isJson(value[i], depth)) return false;
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name of Object.keys(value)) {
    if (name === TAG || !isJson((value as Record<string, unknown>)[name], depth)) return false;
  }
  return true;
}

const tagged = (tag: string, value: unknown) => ({ [TAG]: tag, v: value });

function write(value: unknown, refs: RefCodec | undefined, place: string, above: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : tagged("number", Object.is(value, -0) ? "-0" : String(value));
    case "bigint":
      return tagged("bigint", String(value));
    case "undefined":
      return tagged("undefined", 0);
    case "object":
      return value === null ? null : writeObject(value, refs, place, above);
    default:
      throw new CodecError(`${place} is a ${typeof value}, which no other process could use: send plain data.`);
  }
}

function writeObject(value: object, refs: RefCodec | undefined, place: string, above: readonly object[]): unknown {
  if (above.includes(value)) throw new CodecError(`${place} leads back to itself: send plain data without circles.`);
  const ref = refs?.write(value);
  if (ref !== undefined) return tagged("ref", ref);
  const path = [...above, value];
  const part = (one: unknown, name: string | number) => write(one, refs, `${place}.${name}`, path);
  if (Array.isArray(value)) return Array.from(value, part);
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const entries = Object.entries(value).map(([name, one]) => [name, part(one, name)]);
    return Object.hasOwn(value, TAG) ? tagged("object", entries) : Object.fromEntries(entries);
  }
  if (value instanceof Date) return tagged("date", value.getTime());
  if (value instanceof Map) return tagged("map", [...value].map(([k, v], i) => [part(k, `${i}.key`), part(v, i)]));
  if (value instanceof Set) return tagged("set", [...value].map(part));
  if (value instanceof ArrayBuffer) return tagged("ArrayBuffer", bytesToText(new Uint8Array(value)));
  const name = prototype.constructor?.name as ArrayName;
  if (ArrayBuffer.isView(value) && ARRAYS[name] !== undefined && prototype === ARRAYS[name].prototype) {
    return tagged(name, bytesToText(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
  }
  throw new CodecError(`${place} is an instance of ${name ?? "a class"}: send plain data.`);
}

function read(value: unknown, refs: RefCodec | undefined): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => read(one, refs));
  const { [TAG]: tag, v } = value as { readonly [TAG]?: string; readonly v: never };
  const entries = (all: readonly (readonly [string, unknown])[]) =>
    Object.fromEntries(all.map(([name, one]) => [name, read(one, refs)]));
  switch (tag) {
    case undefined:
      return entries(Object.entries(value));
    case "object":
      return entries(v);
    case "number":
      return Number(v);
    case "bigint":
      return BigInt(v);
    case "undefined":
      return undefined;
    case "date":
      return new Date(v);
    case "map":
      return new Map((v as [unknown, unknown][]).map(([key, one]) => [read(key, refs), read(one, refs)]));
    case "set":
      return new Set((v as unknown[]).map((one) => read(one, refs)));
    case "ArrayBuffer":
      return textToBytes(v).buffer;
    case "ref":
      if (refs === undefined) throw new CodecError("a ref was written where nobody can find its actor.");
      return refs.read(v);
  }
  const array = ARRAYS[tag as ArrayName];
  if (array === undefined) {
    throw new CodecError(`"${tag}" is no kind of value: was this text written by a newer version?`);
  }
  return new array(textToBytes(v).buffer as ArrayBuffer);
}

function bytesToText(bytes: Uint8Array): string {
  return bytes.toBase64();
}

function textToBytes(text: string): Uint8Array {
  return Uint8Array.fromBase64(text);
}
