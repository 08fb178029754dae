/**
 * What a message between nodes is: the id of its schema, its version, and the form that version has.
 *
 *     const placed = defineMessage({ id: "order-placed", version: 1, schema: z.strictObject({ order: z.int() }) });
 *     const placed2 = defineMessage({
 *       id: "order-placed",
 *       version: 2,
 *       schema: z.strictObject({ order: z.int(), note: z.string().optional() }),
 *       previous: placed,
 *       upcast: (old) => old,
 *     });
 *
 * A reader takes its own version and the ones before it, as far back as the chain goes; what is newer it puts aside. So a new
 * version is rolled out to readers before writers.
 */
import type { z } from "zod";

/** A message of one version; what an actor takes is one such definition, of a union of its messages. */
export interface MessageDef<M> {
  readonly id: string;
  /** From 1, raised with every change of the schema. */
  readonly version: number;
  /** Its form here is M, its form on the way what the schema encodes that to. It has to work in both directions. */
  readonly schema: z.ZodType<M>;
  /** The version before, where letters of it are still read. */
  readonly previous: MessageDef<never> | null;
  /** Makes this version of the one before. */
  upcast(old: never): M;
}

export interface MessageParts<M, P> {
  readonly id: string;
  readonly version: number;
  readonly schema: z.ZodType<M>;
  readonly previous?: MessageDef<P>;
  upcast?(old: P): M;
}

const ID = /^[a-z][a-z0-9.-]{0,99}$/;

/** Throws a RangeError with a sentence for a definition that cannot be one. */
export function defineMessage<M, P = never>(parts: MessageParts<M, P>): MessageDef<M> {
  const { id, version, schema, previous, upcast } = parts;
  if (!ID.test(id)) {
    throw new RangeError(
      `a schema is named by 1 to 100 of a-z, 0-9, "." and "-" and begins with a letter, not "${id}".`,
    );
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new RangeError(`the version of "${id}" is a whole number from 1, not ${version}.`);
  }
  if ((previous === undefined) !== (upcast === undefined)) {
    throw new RangeError(`"${id}" version ${version} needs both or neither: a previous version and an upcast of it.`);
  }
  if (previous !== undefined && (previous.id !== id || previous.version !== version - 1)) {
    const found = `"${previous.id}" version ${previous.version}`;
    throw new RangeError(`what comes before "${id}" version ${version} is its version ${version - 1}, not ${found}.`);
  }
  return Object.freeze({
    id,
    version,
    schema,
    previous: (previous ?? null) as MessageDef<never> | null,
    upcast: (upcast ?? notNeeded) as (old: never) => M,
  });
}

function notNeeded(): never {
  throw new Error("the first version that is read is made of no other.");
}
