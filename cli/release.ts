/** `release`: says what is meant to run, signed, for nodes to compare themselves with; and compares what is here with it. */
import type { Command } from "commander";
import { canonicalJson, configHash, loadConfig, UserError } from "../config/mod.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { openSigningKey } from "./signing_key.ts";

interface ReleaseFlags {
  readonly by?: string;
  readonly key?: string;
  readonly out?: string;
  readonly check?: boolean;
  readonly anyConfig?: boolean;
  readonly config?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts release --by ann --key ann.key --out release.json      of this code, core and configuration
  $ deno task cwts release --check                                        whether this machine has what was released

In the configuration of every node:
  [release]
  manifest = "release.json"
  public_key = "3f9a…"      as release printed it: note it elsewhere than beside the manifest

A node that is something else comes up KILLED, and cannot be re-armed until it is started with what was released. Limits
changed while a node runs are not part of it. The key is made when the file is not there.
`;

export function addRelease(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("release").description("sign what is meant to run, or compare this machine with it")
    .option("--by <person>", "who releases")
    .option("--key <file>", "file of the person's signing key; made when there is none")
    .option("--out <file>", "where the manifest is written; without it, it is printed")
    .option("--any-config", "release the code alone, for nodes of several configurations")
    .option("--check", "compare what is here with the manifest of the configuration instead")
    .option("--config <file>", "TOML file that is released, or names the manifest")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ReleaseFlags) => {
      const { config } = loadConfig({ file: flags.config });
      const { compareRelease, readManifest, thisBuild } = await import("../actors/node/mod.ts");
      const build = thisBuild();
      if (flags.check) {
        const { manifest, publicKey } = config.release;
        if (manifest === undefined && publicKey === undefined) {
          throw new UserError("USAGE", "no release is configured: set release.manifest, and release.public_key");
        }
        const mismatches = compareRelease(build, config, readManifest(config.release));
        if (flags.json) io.out(JSON.stringify({ ...build, config: configHash(config), mismatches }));
        else if (mismatches.length === 0) io.out(`${paint(io, "green", "as released")}  code ${build.code}`);
        else for (const { code, sentence } of mismatches) io.out(`${paint(io, "red", code)}  ${sentence}`);
        return finish(mismatches.length === 0 ? OK : FAILURE);
      }
      const [by, file] = [needed(flags.by, "--by"), needed(flags.key, "--key")];
      const key = await openSigningKey(file, by);
      const { version: cwts, ...parts } = build;
      const signed = {
        ...{ kind: "release", version: 1, cwts, ...parts, config: flags.anyConfig ? null : configHash(config) },
        ...{ person: by, releasedAt: new Date().toISOString(), publicKey: key.publicKey },
      };
      const text = `${JSON.stringify({ ...signed, signature: await key.sign(canonicalJson(signed)) }, null, 2)}\n`;
      if (flags.out === undefined) io.out(text.trimEnd());
      else {
        await Deno.writeTextFile(flags.out, text);
        io.out(`wrote ${flags.out}; public key ${key.publicKey}`);
      }
      finish(OK);
    });
}

function needed(value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw new UserError("USAGE", `${flag} is needed to release; to compare give --check`);
}
