/** A witness with a directory of its own: its key, and what it has seen of each log (`seen.json`). */
import { namedKey, SIGNATURE } from "../auditors/checkpoints/note.ts";
import { LocalWitness, type Seen } from "../auditors/checkpoints/witness.ts";
import type { PublicKey } from "../auditors/verifier/mod.ts";
import { NodeKeys } from "./node_keys.ts";
import { StateFile } from "./state_file.ts";
import { wallNanos } from "./wall.ts";

export interface OpenWitness {
  readonly witness: LocalWitness;
  /** By which its signatures are checked: `NAME+ID+BASE64`. */
  readonly key: string;
}

/** The witness `name` in a directory, begun if need be, for logs with these keys. Throws NODE_KEY. */
export function openWitness(directory: string, name: string, logs: readonly PublicKey[]): OpenWitness {
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const time = () => Math.floor(wallNanos() / 1e9);
  const key = new NodeKeys(directory).current(time());
  const file = new StateFile(directory, "seen.json");
  const all = (): Record<string, Seen> => JSON.parse(file.read() ?? "{}");
  const witness = new LocalWitness({
    name,
    key,
    logs,
    recall: (origin) => all()[origin] ?? null,
    remember: (origin, seen) => file.locked(() => file.write(JSON.stringify({ ...all(), [origin]: seen }))),
    time,
  });
  return { witness, key: namedKey(name, SIGNATURE.witness, key) };
}
