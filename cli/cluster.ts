/** `cluster status`: nodes, shards, lag, epochs and modes, as the nodes say them over the broker. */
import type { Command } from "commander";
import { addConfigure } from "./cluster_configure.ts";
import { addClusterFlags, type ClusterFlags, killWaysOf, openerOf } from "./cluster_flags.ts";
import { clusterText } from "./cluster_text.ts";
import { FAILURE, OK } from "./failure.ts";
import type { CliIo } from "./io.ts";

interface StatusFlags extends ClusterFlags {
  readonly json?: boolean;
}

/** Some beats of every node. */
const LISTEN_MS = 1_200;

const EXAMPLES = `
Examples:
  $ deno task cwts cluster status --broker redis://127.0.0.1:6379
  $ deno task cwts cluster status --broker kafka://127.0.0.1:9092 --json
  $ deno task cwts cluster status --broker redis://127.0.0.1:6379 --cluster-secret cluster.key

lag: letters sent a beat ago that have not come, to the gateway and to the holder. Exit code 1 when something is to be looked at.
`;

export function addCluster(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const cluster = program.command("cluster").description("the nodes that run together on a broker");
  addConfigure(cluster, io, finish);
  addClusterFlags(cluster.command("status").description("nodes, shards with holder and epoch, lag, modes"))
    .option("--cluster-secret <file>", "the secret that the nodes share, if they do")
    .option("--json", "one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: StatusFlags) => {
      const { lookAtCluster } = await import("../actors/node/mod.ts");
      const overview = await lookAtCluster({
        cluster: flags.cluster ?? "main",
        node: `status-${Deno.pid}`,
        role: "console",
        open: openerOf(flags),
        kill: flags.clusterSecret === undefined ? undefined : killWaysOf(flags, { brokers: [] }),
        err: io.err,
      }, LISTEN_MS);
      if (flags.json) io.out(JSON.stringify(overview));
      else for (const line of clusterText(overview, io)) io.out(line);
      finish(overview.concerns.length === 0 ? OK : FAILURE);
    });
}
