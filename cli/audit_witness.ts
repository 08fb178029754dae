/** `audit witness` and `audit cosign`: somebody else who saw the log, and asking them to say so. */
import type { Command } from "commander";
import { UserError } from "../config/errors.ts";
import { parseCheckpoint, parseKeys, readNamed } from "./audit_checkpoint.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";

const WITNESS_EXAMPLES = `
Examples:
  $ deno task cwts audit witness --state ./witness --logs node.pub --port 8790
  $ deno task cwts audit cosign --witness http://127.0.0.1:8790/add-checkpoint > seen.checkpoint
  $ deno task cwts audit cosign --witness ./witness --logs node.pub            a witness in a directory, without a server
  $ deno task cwts audit check proof.json --checkpoint seen.checkpoint --key node.pub --witness witness.pub

A witness on the machine of the node proves little; let somebody else run it, and reach it through a tunnel.
`;

interface WitnessFlags {
  readonly state: string;
  readonly logs: string;
  readonly name: string;
  readonly port: string;
}

export function addAuditWitness(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  audit.command("witness").description("sign checkpoints of logs that only grew, over HTTP on this machine")
    .requiredOption("--state <dir>", "what it has seen, and its key")
    .requiredOption("--logs <file>", "public keys of the logs it watches")
    .option("--name <name>", "what it signs as", "witness")
    .option("--port <port>", "0 takes any free port", "0")
    .addHelpText("after", WITNESS_EXAMPLES)
    .action(async ({ state, logs, name, port }: WitnessFlags) => {
      requireName(name);
      const { answerHttp, openWitness } = await import("../actors/node/mod.ts");
      const { witness, key } = openWitness(state, name, parseKeys(await readNamed(logs, "--logs"), logs));
      const stop = new AbortController();
      const { onSignals } = await import("./signals.ts");
      using _ = onSignals(() => stop.abort());
      const server = Deno.serve({
        hostname: "127.0.0.1",
        port: parseWhole(port, "--port", 0),
        signal: stop.signal,
        onListen: ({ port }) => {
          io.out(`witness key: ${key}`);
          io.out(`asked at http://127.0.0.1:${port}/add-checkpoint`);
        },
      }, (request) => answerHttp(witness, request));
      await server.finished;
      finish(OK);
    });
  addRunFlags(audit.command("cosign").description("ask a witness to sign the checkpoint of a log; prints it with that"))
    .requiredOption("--witness <where>", "address of its add-checkpoint, or its directory")
    .option("--logs <file>", "public keys of the log, for a witness in a directory")
    .option("--name <name>", "what a witness in a directory signs as", "witness")
    .addHelpText("after", WITNESS_EXAMPLES)
    .action(async (flags: RunFlags & { readonly witness: string; readonly logs?: string; readonly name: string }) => {
      const directory = await chooseLog(flags, io);
      const { askWitness, CHECKPOINT, HttpWitness, openWitness, readCheckpointFile } = await import(
        "../actors/node/mod.ts"
      );
      const { proveBeginning } = await import("../ffi/mod.ts");
      const note = readCheckpointFile(directory);
      if (note === null) {
        throw new UserError("CHECKPOINT", `there is no checkpoint in ${directory}: choose another run`);
      }
      const { size } = parseCheckpoint(note, CHECKPOINT);
      const local = async () => {
        if (flags.logs === undefined) throw new UserError("USAGE", "a witness in a directory needs --logs <file>");
        requireName(flags.name);
        const keys = parseKeys(await readNamed(flags.logs, "--logs"), flags.logs);
        return openWitness(flags.witness, flags.name, keys).witness;
      };
      const witness = /^https?:/.test(flags.witness) ? new HttpWitness(flags.witness) : await local();
      const line = await ask(() =>
        askWitness(witness, note, size, (from, to) => proveBeginning(directory, from, to).path)
      );
      io.out(`${note}${line}`.trimEnd());
      finish(OK);
    });
}

function requireName(name: string): void {
  if (!/^[^\s+]+$/.test(name)) throw new UserError("USAGE", "--name must have neither spaces nor plus signs");
}

/** A refusal of the witness is a sentence for people. */
async function ask(request: () => Promise<string>): Promise<string> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof UserError || (error as Error).name === "NativeError") throw error;
    throw new UserError(
      "WITNESS",
      `${(error as Error).message}: compare the log with an earlier copy, or start the witness`,
    );
  }
}
