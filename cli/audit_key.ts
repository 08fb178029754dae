/** `audit key` and `audit rotate-key`: the public keys of a node, and a new one. */
import type { Command } from "commander";
import { chooseDataDir, type DataDirFlags, requireNodeDirectory } from "./data_dir.ts";
import { parseDuration } from "./duration.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit key > node.pub                for whoever checks proofs and checkpoints of this node
  $ deno task cwts audit rotate-key --overlap 30d      a node that runs goes on with the new key at its next checkpoint
`;

export function addAuditKey(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  const nodeKeys = async (flags: DataDirFlags) => {
    const directory = chooseDataDir(flags, io);
    requireNodeDirectory(directory);
    const { NodeKeys, wallNanos } = await import("../actors/node/mod.ts");
    return { keys: new NodeKeys(directory), time: wallNanos() / 1e9 };
  };
  const withDirectory = (command: Command) =>
    command
      .option("--data-dir <dir>", "data directory of the node")
      .option("--config <file>", "TOML file that names the data directory");
  withDirectory(audit.command("key").description("print the public keys by which checkpoints are signed"))
    .addHelpText("after", EXAMPLES)
    .action(async (flags: DataDirFlags) => {
      const { keys, time } = await nodeKeys(flags);
      io.out(keys.published(time).trimEnd());
      finish(OK);
    });
  withDirectory(audit.command("rotate-key").description("sign with a new key; the old one signs beside it for a while"))
    .option("--overlap <time>", "how long both sign", "7d")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: DataDirFlags & { readonly overlap: string }) => {
      const overlap = parseDuration(flags.overlap, "--overlap");
      const { keys, time } = await nodeKeys(flags);
      io.out(`new key: ed25519 ${keys.rotate(time, overlap)}`);
      io.out("hand the output of audit key to whoever checks; it lists both keys with the time each is in use");
      finish(OK);
    });
}
