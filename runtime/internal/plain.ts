/**
 * What an actor shows of itself as plain data for a record: a copy that survives JSON, is bounded whatever was shown, and
 * holds no secret.
 *
 * Two guards stand before a secret. A text under a name that speaks of one is masked for every actor; and what the
 * definition's own `redact` makes of a text is what is kept. A `redact` that fails keeps nothing.
 */
import type { ActorRef } from "../actor.ts";

const DEEPEST = 6;
const MOST_ENTRIES = 64;
const MOST_VALUES = 1000;
const LONGEST_TEXT = 500;
/** Characters in all texts of one value. */
const MOST_CHARACTERS = 20_000;

export const MASK = "(redacted)";
/** Words that names of secrets end in. Numbers under such a name, such as the tokens of a bucket, are none. */
const SECRET_NAME =
  /(?:secret|password|passwd|passphrase|token|credentials?|authorization|cookie|(?:api|private|signing)[-_]?key)$/i;

/** What becomes of every text in a record of one actor. */
export type Redact = (text: string) => string;

/** The redaction of an actor definition; whatever it cannot redact is not kept. */
export function redaction(redact: ((text: string, args: never) => string) | undefined, args: unknown): Redact {
  if (redact === undefined) return (text) => text;
  return (text) => {
    try {
      const kept: unknown = redact(text, args as never);
      return typeof kept === "string" ? kept : MASK;
    } catch {
      return MASK;
    }
  };
}

/** A plain copy of `value`. Beyond the bounds a text says what was left out. */
export function plain(value: unknown, redact: Redact = (text) => text): unknown {
  return new Copier(redact).copy(value, 0);
}

/** A text of at most `most` characters, and how long it was. */
export function brief(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}

class Copier {
  private values = 0;
  private characters = 0;
  private readonly above = new Set<object>();

  constructor(private readonly redact: Redact) {}

  copy(value: unknown, depth: number): unknown {
    if (++this.values > MOST_VALUES) return "(more)";
    switch (typeof value) {
      case "string":
        return this.text(value);
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "boolean":
        return value;
      case "undefined":
        return null;
      case "object":
        return value === null ? null : this.object(value, depth);
      case "bigint":
        return `${value}n`;
      default:
        return `(${typeof value})`;
    }
  }

  private object(value: object, depth: number): unknown {
    if (this.above.has(value)) return "(circular)";
    if (isRef(value)) return value.path;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "(no date)" : value.toISOString();
    if (value instanceof Error) return this.text(`${value.name}: ${value.message}`);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `(${value.byteLength} bytes)`;
    if (depth >= DEEPEST) return "(deeper)";
    this.above.add(value);
    const copy = isMany(value)
      ? this.list(value, depth)
      : value instanceof Map
      ? this.map(value, depth)
      : this.record(value as Record<string, unknown>, depth);
    this.above.delete(value);
    return copy;
  }

  private list(
    values: Iterable<unknown> & { readonly length?: number; readonly size?: number },
    depth: number,
  ): unknown {
    const kept: unknown[] = [];
    for (const value of values) {
      if (kept.length === MOST_ENTRIES) {
        kept.push(`(${(values.length ?? values.size)! - MOST_ENTRIES} more)`);
        break;
      }
      kept.push(this.copy(value, depth + 1));
    }
    return kept;
  }

  private record(record: Readonly<Record<string, unknown>>, depth: number): unknown {
    const kept: Record<string, unknown> = {};
    const names = Object.keys(record);
    const most = Math.min(names.length, MOST_ENTRIES);
    for (let i = 0; i < most; i++) this.keep(kept, names[i], record[names[i]], depth);
    return this.bounded(kept, names.length);
  }

  private map(map: ReadonlyMap<unknown, unknown>, depth: number): unknown {
    const kept: Record<string, unknown> = {};
    let left = MOST_ENTRIES;
    for (const [key, value] of map) {
      if (left-- === 0) break;
      this.keep(kept, String(key), value, depth);
    }
    return this.bounded(kept, map.size);
  }

  private keep(kept: Record<string, unknown>, key: string, value: unknown, depth: number): void {
    const name = this.text(key);
    if (value === undefined || typeof value === "function") return;
    const copy = typeof value === "string" && SECRET_NAME.test(key) ? MASK : this.copy(value, depth + 1);
    // Such a name is data here.
    if (name === "__proto__") {
      Object.defineProperty(kept, name, { value: copy, enumerable: true, configurable: true, writable: true });
    } else kept[name] = copy;
  }

  private bounded(kept: Record<string, unknown>, entries: number): unknown {
    if (entries > MOST_ENTRIES) kept["…"] = `(${entries - MOST_ENTRIES} more)`;
    return kept;
  }

  private text(text: string): string {
    const kept = brief(this.redact(text), LONGEST_TEXT);
    this.characters += kept.length;
    return this.characters <= MOST_CHARACTERS ? kept : "(more)";
  }
}

function isRef(value: object): value is ActorRef<never> {
  const { path, tell } = value as Partial<ActorRef<never>>;
  return typeof path === "string" && typeof tell === "function";
}

function isMany(value: object): value is readonly unknown[] | Set<unknown> {
  return Array.isArray(value) || value instanceof Set;
}
