/** `controls certify`: a statement about a period, signed by a person whose role may, and the check of one. */
import type { Command } from "commander";
import { z } from "zod";
import { UserError } from "../config/errors.ts";
import { MATRIX, type Role } from "../actors/protocol/roles.ts";
import { Certificate, holds, sign, type Unsigned } from "./certificate.ts";
import { readJson } from "./controls_review.ts";
import { chooseDataDir, type DataDirFlags } from "./data_dir.ts";
import { FAILURE, OK } from "./failure.ts";
import { actingAs, withDesk } from "./host_access.ts";
import { type CliIo, paint } from "./io.ts";
import { openSigningKey } from "./signing_key.ts";

interface CertifyFlags extends DataDirFlags {
  readonly pack?: string;
  readonly description?: string;
  readonly by?: string;
  readonly key?: string;
  readonly statement?: string;
  readonly out?: string;
  readonly verify?: string;
  readonly publicKey?: string;
}

const EXAMPLES = `
Examples:
  $ deno task cwts controls certify --pack q1.json --description description.md --by dan --key dan.key --out q1.cert.json
  $ deno task cwts controls certify --verify q1.cert.json --pack q1.json --description description.md --public-key 3f9a…

Signing asks for the password of --by, whose role must allow it, and makes the key when the file is not there. Without
--public-key a check shows only that the certification agrees with itself.
`;

const Pack = z.object({
  kind: z.literal("review"),
  period: z.strictObject({ from: z.string(), to: z.string() }),
  runs: z.array(z.object({ configAtEnd: z.string() })).min(1),
});

export function addControlsCertify(controls: Command, io: CliIo, finish: (exit: number) => void): void {
  controls.command("certify").description("sign a statement about a review pack and a description, or check one")
    .option("--pack <file>", "the review pack, as controls review --out wrote it")
    .option("--description <file>", "the written description, as controls describe printed it")
    .option("--by <person>", "who certifies; asks for the password")
    .option("--key <file>", "file of the person's signing key; made when there is none")
    .option("--statement <text>", "what is stated")
    .option("--out <file>", "where the certification is written; without it, it is printed")
    .option("--verify <file>", "check this certification instead")
    .option("--public-key <hex>", "the key that was noted elsewhere, to check against")
    .option("--data-dir <dir>", "data directory of the node, where people are enrolled")
    .option("--config <file>", "TOML file that names the data directory")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: CertifyFlags) => {
      if (flags.verify === undefined) {
        const certificate = `${JSON.stringify(await certify(flags, io), null, 2)}\n`;
        if (flags.out === undefined) io.out(certificate.trimEnd());
        else {
          await Deno.writeTextFile(flags.out, certificate);
          io.out(`wrote ${flags.out}`);
        }
        return finish(OK);
      }
      const faults = await verify(flags.verify, flags);
      for (const fault of faults) io.out(`${paint(io, "red", "DOES NOT HOLD")}  ${fault}`);
      if (faults.length === 0) io.out(`${paint(io, "green", "holds")}  ${flags.verify}`);
      finish(faults.length === 0 ? OK : FAILURE);
    });
}

const STATEMENT = "I reviewed the description and the pack named here. The controls they describe are held under the " +
  "firm's direct and exclusive control, and the review of their effectiveness for the period was done.";

async function certify(flags: CertifyFlags, io: CliIo): Promise<Certificate> {
  const [pack, description, by, key] = [
    needed(flags.pack, "--pack"),
    needed(flags.description, "--description"),
    needed(flags.by, "--by"),
    needed(flags.key, "--key"),
  ];
  const parsed = Pack.safeParse(await readJson(pack));
  if (!parsed.success) throw new UserError("USAGE", `${pack} is no review pack: name what controls review --out wrote`);
  const { period, runs } = parsed.data;
  const last = runs[runs.length - 1].configAtEnd;
  const text = await read(description);
  if (!text.includes(`- configuration in force: ${last}\n`)) {
    throw new UserError(
      "DESCRIPTION_OTHER",
      `${description} describes another configuration than ${last}, the last of the pack: describe that run`,
    );
  }
  const role = await withDesk(chooseDataDir(flags, io), io, async (desk) => {
    if (!desk.governed) {
      throw new UserError("NOBODY_ENROLLED", "a certification needs a person with a role: enrol people first");
    }
    const { roles } = await actingAs(desk, { as: by }, io, "certify");
    return roles.find((held) => (MATRIX.certify as readonly Role[]).includes(held))!;
  });
  const unsigned: Unsigned = {
    kind: "certification",
    version: 1,
    period,
    descriptionHash: await hashOf(description),
    packHash: await hashOf(pack),
    person: by,
    role,
    statement: flags.statement ?? STATEMENT,
    signedAt: new Date().toISOString(),
  };
  return await sign(unsigned, await openSigningKey(key, by));
}

/** What is wrong with it, in sentences. */
async function verify(file: string, flags: CertifyFlags): Promise<string[]> {
  const parsed = Certificate.safeParse(await readJson(file));
  if (!parsed.success) throw new UserError("USAGE", `${file} is no certification: name what controls certify wrote`);
  const certificate = parsed.data;
  const faults: string[] = [];
  if (!await holds(certificate)) faults.push("the signature is not over this text by the key it names");
  if (flags.publicKey !== undefined && flags.publicKey !== certificate.publicKey) {
    faults.push(`it was signed with the key ${certificate.publicKey}, not with the one that was noted`);
  }
  if (!(MATRIX.certify as readonly Role[]).includes(certificate.role)) {
    faults.push(`a ${certificate.role} may not certify`);
  }
  const named = [["pack", flags.pack, certificate.packHash], [
    "description",
    flags.description,
    certificate.descriptionHash,
  ]] as const;
  for (const [what, path, hash] of named) {
    if (path !== undefined && await hashOf(path) !== hash) faults.push(`${path} is not the ${what} that was certified`);
  }
  return faults;
}

async function hashOf(file: string): Promise<string> {
  const { sha256 } = await import("../actors/node/evidence/mod.ts");
  return sha256(await read(file));
}

async function read(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError("USAGE", `there is no file ${file}`);
  }
}

function needed(value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw new UserError("USAGE", `${flag} is needed to certify; to check a certification give --verify <file>`);
}
