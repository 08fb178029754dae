/** `people.keys`: whose name is encrypted with which key, and who was forgotten. Beside the log, never in it nor in a copy. */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { parseStateText } from "../../protocol/state_text.ts";
import { KEY_BYTES } from "./token.ts";

export const KEYS_FILE = "people.keys";

const pseudonym = z.string().regex(/^[0-9a-f]{16}$/);

const BookSchema = z.strictObject({
  version: z.literal(1),
  people: z.array(z.strictObject({
    name: z.string(),
    pseudonym,
    /** Base64. */
    key: z.string().refine((text) => Buffer.from(text, "base64").length === KEY_BYTES),
  })),
  /** Without a name: nothing leads back to it. */
  forgotten: z.array(z.strictObject({ pseudonym, at: z.string() })),
});

export type KeyBook = z.infer<typeof BookSchema>;

export interface NameKey {
  readonly name: string;
  readonly pseudonym: string;
  readonly key: Uint8Array;
}

/** Throws PEOPLE_KEYS. */
export function parseKeyBook(text: string | null): KeyBook {
  if (text === null) return { version: 1, people: [], forgotten: [] };
  return parseStateText(BookSchema, text, {
    code: "PEOPLE_KEYS",
    name: KEYS_FILE,
    otherwise: "move it away: logs stay whole, and names of people in what was recorded so far cannot be read any more",
  });
}

export const keyBookText = (book: KeyBook): string => `${JSON.stringify(book, null, 2)}\n`;

export const namedKey = ({ name, pseudonym, key }: KeyBook["people"][number]): NameKey => ({
  name,
  pseudonym,
  key: new Uint8Array(Buffer.from(key, "base64")),
});

export const keyRow = ({ name, pseudonym, key }: NameKey): KeyBook["people"][number] => ({
  name,
  pseudonym,
  key: Buffer.from(key).toString("base64"),
});
