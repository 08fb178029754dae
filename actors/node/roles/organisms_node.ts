/**
 * `start --role organisms`: hosts its share of the organisms of a configuration and trades them over the gateway's gate. It
 * opens no market, no gate and no log. When it is told to stop it withdraws what its organisms have resting and gives its
 * shards back, so that another node has them at once.
 */
import { type Config, configHash, UserError, VERSION } from "../../../config/mod.ts";
import type { NodeState } from "../../protocol/mod.ts";
import { instrumentsOf } from "../instruments.ts";
import { organismSpecs } from "../organisms.ts";
import { sleepWall } from "../wall.ts";
import { ClusterLink } from "./cluster_link.ts";
import type { ClusterOptions } from "./cluster_options.ts";
import type { ConfigurationBook } from "./configuration_book.ts";
import { openBook } from "./effective.ts";
import { Hosting } from "./hosting.ts";
import { MirrorPage } from "./mirror_page.ts";
import { introduceGuard, RoleGuard } from "./role_guard.ts";
import { BEAT_MS } from "./seats.ts";
import { type HeldShard, ShardLeases } from "./shard_leases.ts";

export interface RoleIo {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Beats after which all that live have been heard. */
const LISTENING = 3;

/** Throws UserError and BrokerError when the node cannot start. */
export async function runOrganisms(file: Config, options: ClusterOptions, io: RoleIo): Promise<void> {
  refuseSpeed(file);
  // What a species refuses shows before anybody counts on this node.
  organismSpecs(file, instrumentsOf(file));
  const link = await ClusterLink.join(options);
  // That of the gateway, as soon as one is heard.
  let active = activeOf(file);
  const page = new MirrorPage(file, active.instruments);
  const opened = (scopes: readonly string[]) => {
    for (const scope of scopes) io.out(`${scope}: the gateway has opened it; orders leave this node again`);
  };
  if (options.kill !== undefined) {
    io.out(introduceGuard(options.kill));
    link.guard = new RoleGuard({
      ...{ options, settings: file.cluster, ways: options.kill, page, start: link.start, out: io.out },
      onBeat: (beat) => opened(page.hear(beat)),
      concern(what, _subject, active, detail) {
        (active ? io.err : io.out)(detail);
        if (what === "silence" && !active) page.hearsAgain();
      },
    });
  }
  let book: ConfigurationBook | null = null;
  let hosting: Hosting | null = null;
  let state: NodeState = "waiting";
  let detail = "no gateway is heard";
  const begin = (held: HeldShard) => {
    io.out(`${held.shard}: held here (epoch ${held.lease.epoch})`);
    hosting?.begin(held);
  };
  const leases = new ShardLeases({
    link,
    shards: () => active.config.organisms.map(({ id }) => id),
    begun: begin,
    ended: async ({ shard }, inOrder) => {
      io.out(`${shard}: ${inOrder ? "given back" : "lost to another node"}`);
      await hosting?.end(shard);
    },
  });
  const over = (shard: string, reason: string) => {
    io.err(`${shard}: nothing but cancels passes: ${reason}`);
    leases.unwanted.add(shard);
    const held = leases.held.find((one) => one.shard === shard);
    if (held !== undefined) void leases.drop(held, true);
  };
  const say = () => {
    const shards = hosting?.shards() ?? [];
    const epoch = hosting?.epoch ?? 0;
    const { firm } = page;
    link.say({
      state,
      version: VERSION,
      config: active.hash,
      epoch,
      shards,
      detail,
      time: 0,
      speed: 0,
      mode: "",
      firm,
    });
  };
  /** Follows the gateway: ends with one that is gone or replaced, begins with the next. */
  const follow = async () => {
    const { gateway } = link.board;
    const live = gateway !== null && gateway.live && gateway.status.state === "running";
    const same = hosting !== null && gateway?.status.epoch === hosting.epoch;
    if (hosting !== null && (!same || gateway!.status.state !== "running")) {
      io.err(`the gateway of epoch ${hosting.epoch} has ended: nothing passes until there is another`);
      const before: Hosting = hosting;
      hosting = null;
      await before.close();
    }
    [state, detail] = live ? ["running", ""] : ["waiting", "no gateway is heard"];
    if (hosting !== null || !live || io.signal.aborted) return;
    io.out(`gateway: ${gateway.status.node} (epoch ${gateway.status.epoch})`);
    leases.unwanted.clear();
    const config = book!.of(gateway.status.config) ?? file;
    if (configHash(config) !== active.hash) {
      active = activeOf(config);
      page.rename(config, active.instruments);
      io.out(`configuration: ${active.hash.slice(0, 12)}, as the gateway runs`);
      await leases.keep();
    }
    const killed = (shard: string, instrument: number) => page.refuses(shard, instrument);
    hosting = new Hosting({ link, ...active, gateway: gateway.status, out: io.err, over, killed });
    for (const held of leases.held) hosting.begin(held);
  };
  try {
    book = await openBook(file, link, io.signal);
    await link.guard?.hearing(io.signal);
    await link.follow(link.topics.reports, (letter, shard) => hosting?.hear(letter, shard));
    for (let beat = 0; !io.signal.aborted; beat++) {
      await follow();
      if (beat >= LISTENING) await leases.look();
      say();
      await sleepWall(BEAT_MS, io.signal);
    }
    await leases.stop();
    state = "stopping";
    say();
  } finally {
    await (hosting as Hosting | null)?.close();
    await link.close();
    page.close();
  }
}

const activeOf = (config: Config) => ({ config, instruments: instrumentsOf(config), hash: configHash(config) });

/** Nodes meet in real time. Throws UserError CLUSTER_SPEED. */
export function refuseSpeed({ node: { speed } }: Config): void {
  if (speed !== "max") return;
  throw new UserError("CLUSTER_SPEED", "several nodes run at the pace of a clock: --speed is a number, not max");
}
