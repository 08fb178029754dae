/**
 * All messages that a node reads, by the ids of their schemas, and what becomes of a letter at the border: a message of
 * today's version whose form has been checked, or a reason why it is none.
 *
 * Two kinds of reasons. What somebody may understand later, of an unknown schema or a newer version, is put into quarantine
 * and waits for an upgrade. What nobody will ever understand is a dead letter, and waits for a person.
 */
import { z } from "zod";
import { decode } from "../codec.ts";
import type { FrameErrorCode, Letter } from "../transport/mod.ts";
import type { MessageDef } from "./message_def.ts";

/** Why a letter is put aside; stable, for whoever counts them. */
export type RefusalCode =
  /** Quarantine: no such schema here. */
  | "SCHEMA_UNKNOWN"
  /** Quarantine: a version that comes after ours. */
  | "VERSION_NEWER"
  /** Quarantine: a version from before the oldest that is still read. */
  | "VERSION_DROPPED"
  /** Its envelope names no schema. */
  | "SCHEMA_MISSING"
  /** Its body is no text of our codec. */
  | "BODY_UNREADABLE"
  /** Its form is not that of its schema. */
  | "MESSAGE_INVALID"
  /** What was made of an older version is not of today's form. */
  | "UPCAST_FAILED"
  /** It stands on a topic that takes other messages. */
  | "MESSAGE_UNEXPECTED"
  /** Whoever handled it failed as often as is tried. */
  | "HANDLER_FAILED"
  /** The process ended while it was handled, as often as is tried. */
  | "PROCESS_DIED"
  /** Nobody bears the name that it is for. */
  | "NAME_UNKNOWN"
  /** Quarantine when newer: what stands there is no letter. */
  | FrameErrorCode;

const LATER: ReadonlySet<RefusalCode> = new Set([
  "SCHEMA_UNKNOWN",
  "VERSION_NEWER",
  "VERSION_DROPPED",
  "FRAME_NEWER",
]);

/** Whether another version may understand it. */
export function mayPass(code: RefusalCode): boolean {
  return LATER.has(code);
}

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** One sentence, for people. */
  readonly why: string;
}

export type Reading<M = unknown> =
  | { readonly ok: true; readonly def: MessageDef<M>; readonly message: M }
  | Refusal;

export const refusal = (code: RefusalCode, why: string): Refusal => ({ ok: false, code, why });

/** The first thing that zod finds wrong, as half a sentence. */
export function firstFault(error: z.ZodError): string {
  const [issue] = error.issues;
  const place = issue.path.length === 0 ? "it" : issue.path.join(".");
  return `${place}: ${issue.message}`;
}

export class Catalogue {
  private readonly defs = new Map<string, MessageDef<unknown>>();

  /** Throws when two definitions of one id are given: a reader has one version, and the chain of those before it. */
  // deno-lint-ignore no-explicit-any -- messages of all kinds; each is read by its own schema
  constructor(defs: readonly MessageDef<any>[]) {
    for (const def of defs) this.add(def);
  }

  get all(): readonly MessageDef<unknown>[] {
    return [...this.defs.values()];
  }

  // deno-lint-ignore no-explicit-any -- as above
  add(def: MessageDef<any>): void {
    const known = this.defs.get(def.id);
    if (known === def) return;
    if (known !== undefined) {
      throw new RangeError(
        `"${def.id}" is defined twice, as version ${known.version} and ${def.version}: name the newer one, with the older as its previous.`,
      );
    }
    this.defs.set(def.id, def);
  }

  /** What a letter says, checked. Never throws: whatever a letter holds, the answer is a message or a reason. */
  read({ envelope: { schema }, body }: Letter): Reading {
    if (schema === null) return refusal("SCHEMA_MISSING", "its envelope names no schema.");
    const def = this.defs.get(schema.id);
    if (def === undefined) {
      return refusal("SCHEMA_UNKNOWN", `the schema "${schema.id}" is not known here: is the sender newer?`);
    }
    if (schema.version > def.version) {
      const ours = `"${def.id}" is read up to version ${def.version}`;
      return refusal("VERSION_NEWER", `${ours}, and this is version ${schema.version}: upgrade this node.`);
    }
    const chain: MessageDef<unknown>[] = [];
    for (let at: MessageDef<unknown> | null = def; at !== null && at.version >= schema.version; at = at.previous) {
      chain.push(at);
    }
    const written = chain.at(-1)!;
    if (written.version !== schema.version) {
      const oldest = `"${def.id}" is read from version ${written.version} on`;
      return refusal("VERSION_DROPPED", `${oldest}, and this is version ${schema.version}.`);
    }
    return readAs(def, chain, body);
  }
}

/** `chain`: from today's version to the one that was written. */
function readAs(def: MessageDef<unknown>, chain: readonly MessageDef<unknown>[], body: string): Reading {
  const written = chain.at(-1)!;
  let raw: unknown;
  try {
    raw = decode(body);
  } catch (error) {
    return refusal("BODY_UNREADABLE", `its body cannot be read: ${String(error)}`);
  }
  let message: unknown;
  try {
    const read = z.safeDecode(written.schema, raw as never);
    if (!read.success) {
      return refusal(
        "MESSAGE_INVALID",
        `it is no "${def.id}" of version ${written.version}: ${firstFault(read.error)}.`,
      );
    }
    message = read.data;
  } catch (error) {
    return refusal("MESSAGE_INVALID", `"${def.id}" of version ${written.version} could not be read: ${String(error)}`);
  }
  if (chain.length === 1) return { ok: true, def, message };
  try {
    for (let i = chain.length - 2; i >= 0; i--) message = chain[i].upcast(message as never);
    const checked = z.safeEncode(def.schema, message);
    if (!checked.success) {
      return refusal(
        "UPCAST_FAILED",
        `made of version ${written.version}, it is no "${def.id}": ${firstFault(checked.error)}.`,
      );
    }
  } catch (error) {
    return refusal(
      "UPCAST_FAILED",
      `version ${written.version} of "${def.id}" could not be made today's: ${String(error)}`,
    );
  }
  return { ok: true, def, message };
}
