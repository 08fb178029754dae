/** `audit prove` and `audit check`: a proof about a log as JSON, and its check with the verifier that has no native code. */
import type { Command } from "commander";
import { z } from "zod";
import { fromHex, verifyConsistency, verifyInclusion } from "../actors/auditors/verifier/mod.ts";
import { UserError } from "../config/errors.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";

const PROVE_EXAMPLES = `
Examples:
  $ deno task cwts audit prove 42 > proof.json             record 42 is in the log
  $ deno task cwts audit prove --earlier 1000 > proof.json the log of the first 1000 records is the beginning of this one
`;
const CHECK_EXAMPLES = `
Examples:
  $ deno task cwts audit check proof.json --root 5dc9da79…  the proof leads to that root, and not only to its own

Exit code 1 means that the proof does not hold. Without --root it shows only that the proof agrees with itself.
`;

interface ProveFlags extends RunFlags {
  readonly size?: string;
  readonly earlier?: string;
}

export function addAuditProve(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("prove").description("prove that a record is in the log, or that a shorter log began it"))
    .argument("[index]", "which record")
    .option("--size <records>", "prove it for the log of so many records (default: all)")
    .option("--earlier <records>", "prove that the log of so many records is the beginning, instead of a record")
    .addHelpText("after", PROVE_EXAMPLES)
    .action(async (index: string | undefined, flags: ProveFlags) => {
      if ((index === undefined) === (flags.earlier === undefined)) {
        throw new UserError("USAGE", "name one thing to prove: the index of a record, or --earlier <records>");
      }
      const size = flags.size === undefined ? undefined : parseWhole(flags.size, "--size", 1);
      const directory = await chooseLog(flags, io);
      const { proveBeginning, proveInclusion } = await import("../ffi/mod.ts");
      io.out(JSON.stringify(
        index === undefined
          ? proveBeginning(directory, parseWhole(flags.earlier!, "--earlier", 1), size)
          : proveInclusion(directory, parseWhole(index, "the index", 0), size),
      ));
      finish(OK);
    });
}

const Hash = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits").transform(fromHex);
const Records = z.int().min(0);
const Inclusion = z.object({ index: Records, size: Records, leaf: Hash, path: z.array(Hash), root: Hash });
const Consistency = z.object({
  earlier: Records,
  later: Records,
  earlierRoot: Hash,
  laterRoot: Hash,
  path: z.array(Hash),
});
const Proof = z.union([Inclusion, Consistency]);

interface CheckFlags {
  readonly root?: string;
}

export function addAuditCheck(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  audit.command("check").description("check a proof, without the log")
    .argument("<file>", "what `audit prove` printed")
    .option("--root <hash>", "the root that was noted elsewhere")
    .addHelpText("after", CHECK_EXAMPLES)
    .action(async (file: string, flags: CheckFlags) => {
      const proof = parse(await read(file), file);
      const noted = flags.root === undefined ? null : Hash.safeParse(flags.root);
      if (noted?.success === false) throw new UserError("USAGE", "--root must be 64 hexadecimal digits");
      const root = noted?.data ?? ("leaf" in proof ? proof.root : proof.laterRoot);
      const holds = "leaf" in proof
        ? verifyInclusion(proof.leaf, proof.index, proof.size, proof.path, root)
        : verifyConsistency(proof.earlier, proof.later, proof.earlierRoot, root, proof.path);
      const claim = "leaf" in proof
        ? `record ${proof.index} is in the log of ${proof.size} records`
        : `the log of ${proof.earlier} records is the beginning of that of ${proof.later}`;
      io.out(holds ? `${paint(io, "green", "holds")}  ${claim}` : `${paint(io, "red", "DOES NOT HOLD")}  ${claim}`);
      finish(holds ? OK : FAILURE);
    });
}

async function read(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError("USAGE", `there is no file ${file}: name the one that audit prove was written to`);
  }
}

function parse(text: string, file: string): z.infer<typeof Proof> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const proof = Proof.safeParse(value);
  if (proof.success) return proof.data;
  throw new UserError("USAGE", `${file} is no proof: it must be what audit prove prints`);
}
