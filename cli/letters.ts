/** `letters list|show|replay`: letters between nodes that could not be read or handled, and were put aside on the broker. */
import type { Command } from "commander";
import { UserError } from "../config/mod.ts";
import type { Held, HeldEntry } from "../runtime/remote/mod.ts";
import type { Broker } from "../runtime/transport/mod.ts";
import { addClusterFlags, type ClusterFlags, openerOf } from "./cluster_flags.ts";
import { OK } from "./failure.ts";
import { type CliIo, columns, paint } from "./io.ts";

interface LettersFlags extends ClusterFlags {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ deno task cwts letters list --broker redis://127.0.0.1:6379
  $ deno task cwts letters show node.node-gateway.2.17 --broker redis://127.0.0.1:6379
  $ deno task cwts letters replay node.node-gateway.2.17 --broker redis://127.0.0.1:6379

A replayed letter goes to the group that had put it aside, and to no other; replayed twice it is handled once.
`;

/** Longest reason in a line. */
const REASON = 72;

export function addLetters(program: Command, io: CliIo, finish: (exit: number) => void): void {
  const letters = program.command("letters").description("letters between nodes that were put aside")
    .addHelpText("after", EXAMPLES);
  const add = (
    usage: string,
    description: string,
    act: (broker: Broker, flags: LettersFlags, id: string) => Promise<void>,
  ) =>
    addClusterFlags(letters.command(usage).description(description)).option("--json", "print JSON")
      .action(async (...parts: readonly unknown[]) => {
        const [id, flags] = usage.includes("<id>") ? parts : ["", ...parts];
        await withBroker(flags as LettersFlags, (broker) => act(broker, flags as LettersFlags, id as string));
        finish(OK);
      });
  add(
    "list",
    "all that wait in quarantine and among the dead, a line each",
    (broker, flags) => list(broker, flags, io),
  );
  add("show <id>", "one of them, with its text", (broker, flags, id) => show(broker, flags, id, io));
  add("replay <id>", "send one again to whoever put it aside", (broker, flags, id) => replay(broker, flags, id, io));
}

const nodeName = (): string => `letters-${Deno.pid}`;

async function withBroker(flags: LettersFlags, act: (broker: Broker) => Promise<void>): Promise<void> {
  const broker = await openerOf(flags)({ node: nodeName() });
  try {
    await act(broker);
  } catch (error) {
    if (!(error instanceof Error && error.name === "LettersError")) throw error;
    throw new UserError((error as Error & { readonly code: string }).code, error.message);
  } finally {
    await broker.close();
  }
}

async function list(broker: Broker, { json }: LettersFlags, io: CliIo): Promise<void> {
  const { heldLetters } = await import("../runtime/remote/mod.ts");
  const all = await heldLetters(broker);
  if (json) {
    for (const entry of all) io.out(JSON.stringify(summary(entry)));
    return;
  }
  if (all.length === 0) return io.out("no letter was put aside");
  const rows = all.map(({ topic, held: { id, code, attempts, why }, replays, complete }) => [
    printable(id),
    topic.replace("cwts-", ""),
    printable(code),
    String(attempts),
    complete ? String(replays) : "incomplete",
    printable(why).slice(0, REASON),
  ]);
  const [titles, ...lines] = columns([["letter", "where", "reason", "tried", "replayed", "why"], ...rows]);
  io.out(paint(io, "dim", titles));
  for (const line of lines) io.out(line);
}

async function show(broker: Broker, { json }: LettersFlags, id: string, io: CliIo): Promise<void> {
  const { heldLetter } = await import("../runtime/remote/mod.ts");
  const entry = await heldLetter(broker, id);
  if (json) return io.out(JSON.stringify({ ...summary(entry), frame: entry.held.frame }));
  const { held, replays, topic } = entry;
  io.out(`${printable(held.id)} in ${topic}, replayed ${replays} times`);
  io.out(`${printable(held.code)}: ${printable(held.why)}`);
  io.out(`put aside by ${printable(held.node)} for group ${printable(held.group)} after ${held.attempts} attempts`);
  io.out(`stood on ${printable(held.topic)}, partition ${held.partition}, offset ${held.offset}`);
  for (const line of held.frame.split("\n")) io.out(`  ${printable(line)}`);
}

async function replay(broker: Broker, { json }: LettersFlags, id: string, io: CliIo): Promise<void> {
  const { replayLetter } = await import("../runtime/remote/mod.ts");
  const held = await replayLetter(broker, id, { node: nodeName(), epoch: 1 });
  if (json) return io.out(JSON.stringify({ replayed: held.id, topic: held.topic, group: held.group }));
  io.out(`${printable(held.id)} was sent again to group ${printable(held.group)} on ${printable(held.topic)}`);
}

function summary({ topic, held, complete, replays }: HeldEntry): Omit<Held, "frame"> & Record<string, unknown> {
  const { frame: _, ...rest } = held;
  return { ...rest, where: topic, complete, replays };
}

/** Anybody may have written it: what would move a terminal's cursor does not reach it. */
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const printable = (text: string): string => String(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, "·");
