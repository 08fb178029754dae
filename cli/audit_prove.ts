/** `audit prove` and `audit check`: a proof about a log as JSON, and its check with the verifier that has no native code. */
import type { Command } from "commander";
import { z } from "zod";
import { type Checkpoint, fromHex, proofFault, toHex, verifyConsistency } from "../actors/auditors/verifier/mod.ts";
import { UserError } from "../config/errors.ts";
import {
  type CheckpointFlags,
  checkpointText,
  chooseCheckpoint,
  parseCheckpoint,
  parseKeys,
  readNamed,
  requireSignature,
  witnessed,
} from "./audit_checkpoint.ts";
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
  $ deno task cwts audit check proof.json --key node.pub    the proof leads to a checkpoint that the node signed
  $ deno task cwts audit check proof.json --root 5dc9da79…  the proof leads to that root, and not only to its own

Exit code 1 means that the proof does not hold. Without --key and --root it shows only that the proof agrees with itself.
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
      const { proveBeginning } = await import("../ffi/mod.ts");
      io.out(JSON.stringify(
        index === undefined
          ? proveBeginning(directory, parseWhole(flags.earlier!, "--earlier", 1), size)
          : await wholeProof(directory, parseWhole(index, "the index", 0), size),
      ));
      finish(OK);
    });
}

/**
 * A proof that brings everything with it: the record, its path, and the checkpoint beside the log, when that has the record.
 * Throws CHECKPOINT when the log is not the one of that checkpoint.
 */
async function wholeProof(directory: string, index: number, size: number | undefined) {
  const { proveInclusion, readAuditBytes } = await import("../ffi/mod.ts");
  const { CHECKPOINT, readCheckpointFile } = await import("../actors/node/checkpoint_file.ts");
  const note = size === undefined ? readCheckpointFile(directory) : null;
  const checkpoint = note === null ? null : parseCheckpoint(note, CHECKPOINT);
  const covered = checkpoint !== null && checkpoint.size > index;
  const proof = proveInclusion(directory, index, covered ? checkpoint.size : size);
  if (covered && proof.root !== toHex(checkpoint.root)) {
    throw new UserError(
      "CHECKPOINT",
      `the log in ${directory} is not what its checkpoint says: run audit verify to see where`,
    );
  }
  const record = toHex(readAuditBytes(directory, index)!);
  return { ...proof, record, ...(covered ? { checkpoint: note } : {}) };
}

const Hash = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits").transform(fromHex);
const Records = z.int().min(0);
const Inclusion = z.object({
  index: Records,
  size: Records,
  leaf: Hash,
  path: z.array(Hash),
  root: Hash,
  record: z.string().regex(/^([0-9a-f]{2})*$/, "must be hexadecimal").transform(fromHex).optional(),
  checkpoint: z.string().optional(),
});
const Consistency = z.object({
  earlier: Records,
  later: Records,
  earlierRoot: Hash,
  laterRoot: Hash,
  path: z.array(Hash),
});
const Proof = z.union([Inclusion, Consistency]);

interface CheckFlags extends CheckpointFlags {
  readonly root?: string;
  readonly witness?: string;
}

export function addAuditCheck(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  audit.command("check").description("check a proof, without the log")
    .argument("<file>", "what `audit prove` printed")
    .option("--root <hash>", "the root that was noted elsewhere")
    .option("--key <file>", "public keys that may have signed the checkpoint")
    .option("--checkpoint <file>", "a checkpoint kept elsewhere, instead of the one in the proof")
    .option("--witness <file>", "public keys of witnesses who must have seen the checkpoint")
    .addHelpText("after", CHECK_EXAMPLES)
    .action(async (file: string, flags: CheckFlags) => {
      const proof = parse(await readNamed(file, "the one that audit prove was written to"), file);
      const noted = flags.root === undefined ? null : Hash.safeParse(flags.root);
      if (noted?.success === false) throw new UserError("USAGE", "--root must be 64 hexadecimal digits");
      const checkpoint = await checkpointOf(proof, file, flags);
      const size = "leaf" in proof ? proof.size : proof.later;
      const root = noted?.data ?? checkpoint?.root ?? ("leaf" in proof ? proof.root : proof.laterRoot);
      const fault = checkpoint !== null && checkpoint.size !== size
        ? "it is about another size than the checkpoint"
        : "leaf" in proof
        ? await proofFault({ ...proof, record: proof.record ?? null }, { size, root })
        : await verifyConsistency(proof.earlier, proof.later, proof.earlierRoot, root, proof.path)
        ? null
        : "the path does not join the roots";
      const claim = "leaf" in proof
        ? `record ${proof.index} is in the log of ${proof.size} records`
        : `the log of ${proof.earlier} records is the beginning of that of ${proof.later}`;
      const seen = checkpoint === null || flags.witness === undefined
        ? { lines: [], count: 0 }
        : await witnessed(checkpoint, parseKeys(await readNamed(flags.witness, "--witness"), flags.witness));
      const unseen = flags.witness !== undefined && seen.count < seen.lines.length;
      const holds = fault === null && !unseen && (flags.witness === undefined || seen.lines.length > 0);
      io.out(
        holds ? `${paint(io, "green", "holds")}  ${claim}` : `${paint(io, "red", "DOES NOT HOLD")}  ${claim}`,
      );
      if (fault !== null) io.out(fault);
      else if (checkpoint !== null) io.out(checkpointText(checkpoint));
      for (const line of seen.lines) io.out(line);
      finish(holds ? OK : FAILURE);
    });
}

/** The checkpoint that a proof is held against, its signature checked; null without a key. */
async function checkpointOf(proof: z.infer<typeof Proof>, file: string, flags: CheckFlags): Promise<Checkpoint | null> {
  if (flags.checkpoint !== undefined) return await chooseCheckpoint(flags);
  if (flags.key === undefined) {
    if (flags.witness === undefined) return null;
    throw new UserError("USAGE", "--witness needs --key: a witness signs what the log has signed");
  }
  const note = "leaf" in proof ? proof.checkpoint : undefined;
  if (note === undefined) {
    throw new UserError("USAGE", `${file} brings no checkpoint that --key could check: name one with --checkpoint`);
  }
  const checkpoint = parseCheckpoint(note, `the checkpoint in ${file}`);
  await requireSignature(
    checkpoint,
    parseKeys(await readNamed(flags.key, "--key"), flags.key),
    `the checkpoint in ${file}`,
  );
  return checkpoint;
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
