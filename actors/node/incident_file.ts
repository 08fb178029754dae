/**
 * Incident records, signed: one file for each kill below `incidents/` of the data directory, with an Ed25519 signature by the
 * node's key. Its public half is in every file, so that a record can be checked by whoever knows that half, without the
 * directory.
 */
import { Buffer } from "node:buffer";
import { createPublicKey, sign, verify } from "node:crypto";
import { join } from "node:path";
import { canonicalJson, UserError } from "../../config/mod.ts";
import { NodeKeys } from "./node_keys.ts";
import { StateFile } from "./state_file.ts";
import { wallNanos } from "./wall.ts";

const FOLDER = "incidents";

export interface SignedIncident {
  readonly incident: Readonly<Record<string, unknown>>;
  /** Public key, SPKI, and the signature over the canonical JSON of the incident, both base64. */
  readonly key: string;
  readonly signature: string;
}

export class IncidentFile {
  readonly #directory: string;
  readonly #keys: NodeKeys;
  readonly #seal: (incident: unknown) => unknown;

  /** `seal` is done to an incident before it is signed: people stand there as on the log. */
  constructor(directory: string, keys = new NodeKeys(directory), seal = (incident: unknown) => incident) {
    this.#directory = directory;
    this.#keys = keys;
    this.#seal = seal;
  }

  /** Signs and keeps it; returns its number, from 1. */
  write(incident: Readonly<Record<string, unknown>>): number {
    const folder = join(this.#directory, FOLDER);
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const id = 1 + Math.max(0, ...listIncidents(this.#directory));
    const numbered = this.#seal({ id, ...incident }) as SignedIncident["incident"];
    const key = this.#keys.current(wallNanos() / 1e9);
    const signed: SignedIncident = {
      incident: numbered,
      key: createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64"),
      signature: sign(null, new TextEncoder().encode(canonicalJson(numbered)), key).toString("base64"),
    };
    new StateFile(folder, fileName(id)).write(`${JSON.stringify(signed, null, 2)}\n`);
    return id;
  }
}

const fileName = (id: number): string => `${String(id).padStart(6, "0")}.json`;

/** Numbers of the incidents there are, ascending. */
export function listIncidents(directory: string): number[] {
  try {
    return [...Deno.readDirSync(join(directory, FOLDER))]
      .flatMap(({ name }) => /^\d{6}\.json$/.test(name) ? [Number(name.slice(0, 6))] : [])
      .sort((a, b) => a - b);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Reads one and says whether its signature holds. Throws UNKNOWN_INCIDENT or INCIDENT_FILE. */
export function readIncident(directory: string, id: number): SignedIncident & { readonly holds: boolean } {
  const text = new StateFile(join(directory, FOLDER), fileName(id)).read();
  if (text === null) {
    const known = listIncidents(directory);
    throw new UserError(
      "UNKNOWN_INCIDENT",
      `there is no incident ${id}: ${known.length === 0 ? "there is none yet" : `there are ${known.join(", ")}`}`,
    );
  }
  try {
    const signed = JSON.parse(text) as SignedIncident;
    const key = createPublicKey({ key: Buffer.from(signed.key, "base64"), type: "spki", format: "der" });
    const bytes = new TextEncoder().encode(canonicalJson(signed.incident));
    return { ...signed, holds: verify(null, bytes, key, Buffer.from(signed.signature, "base64")) };
  } catch {
    throw new UserError(
      "INCIDENT_FILE",
      `the file of incident ${id} is damaged: look for what the audit log says of it`,
    );
  }
}
