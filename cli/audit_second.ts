/** `audit verify --independent`: the segments of a directory through the second verifier. */
import { type Noted, toHex, verifyLog } from "../actors/auditors/verifier/mod.ts";
import { UserError } from "../config/errors.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";

/** Prints the verdict and returns the exit code. */
export async function verifyIndependently(
  directory: string,
  { json, noted, io }: { readonly json: boolean; readonly noted?: Noted; readonly io: CliIo },
): Promise<number> {
  const names = await segmentNames(directory);
  const { root, chain, ...verdict } = await verifyLog(readAll(directory, names), noted);
  const found = { log: directory, ...verdict, root: toHex(root), chain: toHex(chain) };
  if (json) io.out(JSON.stringify(found));
  else if (found.bad === null) {
    const size = `${found.records.toLocaleString("en")} records, ${found.segments} segments`;
    io.out(`${paint(io, "green", "intact")}  ${directory}: ${size}`);
    io.out(`root ${found.root}`);
    io.out(`chain ${found.chain}`);
  } else {
    const { segment, offset, why } = found.bad;
    io.out(
      `${paint(io, "red", "DAMAGED")}  ${directory}: ${why}, in what begins at segment ${segment}, byte ${offset}`,
    );
    io.out(`${found.records.toLocaleString("en")} records before it are intact, up to root ${found.root}`);
  }
  return found.ok ? OK : FAILURE;
}

/** A segment that is not there is read as an empty one, so the ones behind it are not taken for it. */
function* readAll(directory: string, names: readonly string[]): Generator<Uint8Array> {
  for (let number = 0; number < names.length; number++) {
    const name = `audit-${String(number).padStart(10, "0")}.log`;
    yield names[number] === name ? Deno.readFileSync(`${directory}/${name}`) : new Uint8Array(0);
  }
}

async function segmentNames(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) if (/^audit-\d{10}\.log$/.test(name)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError("NO_RUN", `there is no directory ${directory}: name the one that holds the segments`);
  }
  return names.sort();
}
