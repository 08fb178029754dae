/** `venue`: the paper exchange, a process that outlives the nodes that trade on it. */
import type { Command } from "commander";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { parseWhole } from "./numbers.ts";
import { onSignals } from "./signals.ts";

interface VenueFlags {
  readonly dir: string;
  readonly port: string;
  readonly config?: string;
}

/** Between two tellings of prices. */
const PUBLISH_MS = 50;
/** A machine that slept does not make up for all of it. */
const MOST_SECONDS = 1;

const EXAMPLES = `
Examples:
  $ deno task cwts venue                                      in one terminal
  $ deno task start --feed paper                              in another: a node that trades on it
  $ deno task cwts venue --dir ./paper --config node.toml     lists the instruments of that file

Orders rest here when a node dies, and fill. The next start of the node asks what became of them.
`;

export function addVenue(program: Command, io: CliIo, finish: (exit: number) => void): void {
  program.command("venue").description("run a paper exchange: a simulated market that outlives the node")
    .option("--dir <dir>", "where its journal, token and address live", "./cwts-venue")
    .option("--port <port>", "loopback port; 0: any free one", "0")
    .option("--config <file>", "TOML file that names instruments and market")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: VenueFlags) => {
      const port = parseWhole(flags.port, "--port", 0);
      const { loadConfig } = await import("../config/mod.ts");
      const { PaperServer } = await import("../actors/node/paper/server.ts");
      const { config } = loadConfig({ file: flags.config });
      const now = () => Math.round((performance.timeOrigin + performance.now()) * 1_000);
      const server = new PaperServer({ config, directory: flags.dir, port, now, err: io.err });
      io.out(`paper exchange: 127.0.0.1:${server.port}, ${config.instruments.map(({ symbol }) => symbol).join(", ")}`);
      const stopped = Promise.withResolvers<void>();
      let last = performance.now();
      const stepping = setInterval(() => {
        const seconds = (performance.now() - last) / 1_000;
        last = performance.now();
        try {
          server.step(Math.min(seconds, MOST_SECONDS));
        } catch (error) {
          stopped.reject(error);
        }
      }, config.market.stepMs);
      const telling = setInterval(() => server.publish(), PUBLISH_MS);
      try {
        using _signals = onSignals(() => stopped.resolve(), { hangup: "stop" });
        await stopped.promise;
      } finally {
        clearInterval(stepping);
        clearInterval(telling);
        await server.close();
      }
      finish(OK);
    });
}
