/**
 * `start --role console`: shows every node, in a terminal and as a page on loopback, and kills them all. It joins the others as a
 * node that is told kills and has nothing to close. Who may use the page stands in its data directory, as on a gateway.
 */
import type { Config } from "../../../config/mod.ts";
import { configHash } from "../../../config/mod.ts";
import { AccessDesk } from "../../access/mod.ts";
import { loadAssets } from "../../console/bundle.ts";
import { startNodesConsole } from "../../console/nodes_server.ts";
import type { ConsoleServer } from "../../console/server.ts";
import type { ClusterOverview, NodesPort } from "../../protocol/mod.ts";
import { StateFile } from "../state_file.ts";
import { operatorToken, randomBytes, sleepWall, wallMillis } from "../wall.ts";
import { ClusterLink } from "./cluster_link.ts";
import type { ClusterOptions } from "./cluster_options.ts";
import { SILENT } from "./observers.ts";
import type { RoleIo } from "./organisms_node.ts";
import { overviewOf } from "./overview.ts";
import { introduceGuard, RoleGuard } from "./role_guard.ts";
import { BEAT_MS } from "./seats.ts";

/** Beats between two looks of the terminal. */
const SHOWN = 4;

export async function runConsole(
  config: Config,
  options: ClusterOptions,
  io: RoleIo,
  show: (overview: ClusterOverview) => void,
): Promise<void> {
  const link = await ClusterLink.join(options);
  let door: ConsoleServer | null = null;
  try {
    if (options.kill !== undefined) {
      io.out(introduceGuard(options.kill));
      link.guard = new RoleGuard({
        ...{ options, settings: config.cluster, ways: options.kill, start: link.start, out: io.out },
        page: { tighten: () => null },
        concern: (what, _subject, active, detail) => {
          if (what === "broker") (active ? io.err : io.out)(detail);
          else if (active) io.err("no other node would hear a kill from here: no broker answers");
        },
      });
      await link.guard.hearing(io.signal);
    }
    if (config.console.enabled) door = await openPage(config, link, io);
    for (let beat = 1; !io.signal.aborted; beat++) {
      link.say({ ...SILENT, state: "running", config: configHash(config), detail: "" });
      await sleepWall(BEAT_MS, io.signal);
      if (beat % SHOWN === 0) show(overviewOf(options.cluster, link.board));
    }
    link.say({ ...SILENT, state: "stopping", config: configHash(config), detail: "" });
  } finally {
    await door?.close();
    await link.close();
  }
}

async function openPage(config: Config, link: ClusterLink, io: RoleIo): Promise<ConsoleServer> {
  const { host, port } = config.console;
  const ownerToken = operatorToken();
  Deno.mkdirSync(config.node.dataDir, { recursive: true, mode: 0o700 });
  const access = new AccessDesk({
    file: new StateFile(config.node.dataDir, "access.json"),
    wall: wallMillis,
    random: randomBytes,
    ownerToken,
    // It has no log: what people do here waits in the file until a node of this directory puts it on record.
    record: null,
    complain: io.err,
  });
  const nodes: NodesPort = {
    overview: () => overviewOf(link.options.cluster, link.board),
    async kill(scope, state, reason, who) {
      const { acknowledged, silent, failed } = await link.guard!.guard.spread(scope, state, reason, `console:${who}`);
      return {
        acknowledged: acknowledged.map(({ node }) => node).sort(),
        silent: [...silent].sort(),
        failed: failed.map(({ broker, why }) => `${broker}: ${why}`),
      };
    },
  };
  const door = await startNodesConsole({ nodes, access, host, port, assets: await loadAssets({ page: "nodes" }) });
  io.out(`console: ${door.url}`);
  if (door.notice !== null) io.out(door.notice);
  if (access.governed) io.out("people are enrolled: log in to the console; deno task kill needs no log-in");
  else io.out(`token: ${ownerToken}  (needed to kill from the page)`);
  const close = async () => {
    await door.close();
    access.close();
  };
  return { ...door, close };
}
