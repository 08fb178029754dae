/** `audit follow`: logs made anew from the topic to which a node sends them. */
import type { Command } from "commander";
import { brokerCredentials, UserError } from "../config/mod.ts";
import { parseBroker } from "./broker_url.ts";
import { OK } from "./failure.ts";
import type { Delivered } from "../runtime/transport/mod.ts";
import type { CliIo } from "./io.ts";
import { onSignals } from "./signals.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit follow --broker redis://127.0.0.1:6379 --out ./followed           until Ctrl-C
  $ deno task cwts audit follow --broker nats://127.0.0.1:4222 --out ./followed --once     what is there now
  $ deno task cwts audit verify --data-dir ./followed/9a0364b9e99bb480

Every log is held against the signed checkpoints that come with it. Where the directory stands on the topic is kept in
follow.json beside the logs; a new directory begins with the oldest record that the topic has.
`;

const LETTERS = 64;
const WAIT_MS = 500;
/** With --once: silence after which nothing more is there. A group takes a moment to come to its partitions. */
const SILENCE_MS = 3_000;
/** So long the group may take for that: a follower that was killed holds the topic until its session ends. */
const JOIN_MS = 60_000;

interface FollowFlags {
  readonly broker: string;
  readonly topic: string;
  readonly out: string;
  readonly once?: boolean;
}

export function addAuditFollow(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  audit.command("follow").description("make the logs anew that a node sends to a topic, and keep up with them")
    .requiredOption("--broker <address>", "as in audit.broker")
    .option("--topic <name>", "as in audit.topic", "cwts-audit")
    .requiredOption("--out <dir>", "where the logs are made")
    .option("--once", "stop when the topic has nothing more")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: FollowFlags) => {
      await follow(flags, io);
      finish(OK);
    });
}

async function follow({ broker: address, topic, out, once }: FollowFlags, io: CliIo): Promise<void> {
  const place = { ...parseBroker(address), ...brokerCredentials() };
  const { openBroker } = await import("../runtime/transport/open.ts");
  const { LogFollower } = await import("../actors/auditors/replica/follower.ts");
  const { groupOf } = await import("../actors/auditors/replica/follow_state.ts");
  const { readLogLetter } = await import("../actors/auditors/replica/letters.ts");
  const group = groupOf(out, (bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
  const broker = await openBroker(place, { node: group, partitions: 1 });
  let stopped = false;
  using _ = onSignals(() => stopped = true);
  using follower = new LogFollower(out);
  try {
    const subscription = await broker.subscribe(group, topic);
    const begun = performance.now();
    let heard = begun;
    let joined = false;
    const waiting: Delivered[] = [];
    while (!stopped && !(once && performance.now() - heard > SILENCE_MS)) {
      const delivered = await subscription.take(LETTERS, WAIT_MS);
      // Silence says nothing as long as somebody else, perhaps one who died, holds the topic for this group.
      if (subscription.partitions.length > 0) joined = true;
      else if (once && !joined) {
        if (performance.now() - begun > JOIN_MS) throw waitsInVain(topic, out);
        heard = performance.now();
      }
      if (delivered.length === 0) continue;
      heard = performance.now();
      for (const one of delivered) {
        if (one.kind === "lost") {
          io.err(`${one.count} letters of ${topic} were thrown away by its limits before they were read`);
        } else if (one.kind === "bad") io.err(`what stands at ${one.offset} of ${topic} is no letter: ${one.why}`);
        else {
          const letter = readLogLetter(one.letter);
          if (letter !== null) follower.take(letter);
        }
      }
      waiting.push(...delivered);
      // Of a record that has come in part nothing is on the disk: whoever is stopped here reads its parts again.
      if (follower.joining) continue;
      follower.commit();
      await subscription.commit(waiting);
      waiting.length = 0;
    }
    for (const [log, records] of follower.sizes()) io.out(`${log}: ${records.toLocaleString("en")} records`);
  } finally {
    await broker.close();
  }
}

const waitsInVain = (topic: string, out: string): UserError =>
  new UserError(
    "FOLLOW_BUSY",
    `nothing of ${topic} was given to this follower in ${JOIN_MS / 1000} s: end the other one that follows into ${out}`,
  );
