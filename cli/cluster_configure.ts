/** `cluster configure`: a new configuration for every node, offered by one person and put in force by another. */
import type { Command } from "commander";
import { loadConfig, sharedOf, UserError } from "../config/mod.ts";
import type { ConfigurationOffer, ConfigurationSwitch } from "../actors/protocol/configuration.ts";
import { type ConsoleFlags, withConsoleClient } from "./console_client.ts";
import { withConsoleFlags } from "./controls.ts";
import { OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { parseWhole } from "./numbers.ts";

interface ConfigureFlags extends ConsoleFlags {
  readonly reason?: string;
  readonly approve?: string;
  readonly withdraw?: string;
  readonly digest?: string;
  readonly withoutThem?: boolean;
  readonly json?: boolean;
}

const PATH = "/cluster/configuration";

const EXAMPLES = `
Examples:
  $ deno task cwts cluster configure next.toml --reason "index roll" --as bob     every node looks whether it can run it
  $ deno task cwts cluster configure                                              who can, who cannot and why, and the digest
  $ deno task cwts cluster configure --approve 3 --digest 3f9a01c27b44e5d6 --as cat
  $ deno task cwts cluster configure --withdraw 3 --reason "not needed" --as bob

It goes to the console of the gateway (--console, or as configured). Limits count as soon as it is approved, the rest when nodes
start next. What a node has for itself stays with it: name, secrets, log, console, pace, files of the market.
`;

export function addConfigure(cluster: Command, io: CliIo, finish: (exit: number) => void): void {
  withConsoleFlags(cluster.command("configure [file]").description("a new configuration for every node"))
    .option("--reason <text>", "why; goes on record")
    .option("--approve <epoch>", "put an offered one in force, as another person of another role")
    .option("--digest <text>", "of the offer that is approved, as it is shown")
    .option("--without-them", "also where nodes refuse it or have not said anything")
    .option("--withdraw <epoch>", "withdraw one that waits")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string | undefined, flags: ConfigureFlags) => {
      const { reason, approve, withdraw } = flags;
      const asked = [file, approve, withdraw].filter((one) => one !== undefined).length;
      if (asked > 1) throw new UserError("USAGE", "one thing at a time: a file, --approve or --withdraw");
      const needed = (flag: string, value: string | undefined): string => {
        if (value !== undefined && value.trim() !== "") return value;
        throw new UserError("USAGE", `name it with ${flag}`);
      };
      // What is wrong in the file shows before anybody is asked for a password.
      const body = file === undefined
        ? null
        : { shared: sharedOf(loadConfig({ file, environment: {} }).config), reason: needed("--reason <text>", reason) };
      if (approve !== undefined) needed("--digest <text>", flags.digest);
      if (withdraw !== undefined) needed("--reason <text>", reason);
      const at = (epoch: string, what: string) => `${PATH}/${parseWhole(epoch, "the epoch", 1)}/${what}`;
      await withConsoleClient(flags, io, async ({ send }) => {
        if (body !== null) show(await send("POST", PATH, body) as ConfigurationOffer, flags, io);
        else if (approve !== undefined) {
          const { digest, withoutThem: without = false } = flags;
          const done = await send("POST", at(approve, "approval"), { digest, without }) as ConfigurationSwitch;
          io.out(flags.json ? JSON.stringify(done) : switchText(done));
        } else if (withdraw !== undefined) {
          await send("POST", at(withdraw, "withdrawal"), { reason });
          io.out(
            flags.json ? JSON.stringify({ withdrawn: Number(withdraw) }) : `configuration epoch ${withdraw} withdrawn`,
          );
        } else {
          const { offer } = await send("GET", PATH) as { offer: ConfigurationOffer | null };
          if (offer !== null) show(offer, flags, io);
          else io.out(flags.json ? "null" : "no configuration was offered: nodes start with their files");
        }
      });
      finish(OK);
    });
}

const switchText = ({ epoch, hash, changed, later }: ConfigurationSwitch): string =>
  `configuration epoch ${epoch} (${hash.slice(0, 12)}) is in force: ${changed} limits changed now${
    later.length === 0 ? "" : `; at the next start of the gateway: ${later.join(", ")}`
  }`;

function show(offer: ConfigurationOffer, { json }: ConfigureFlags, io: CliIo): void {
  if (json) return io.out(JSON.stringify(offer));
  const { epoch, hash, person, reason, digest, state, acknowledged, refused, silent } = offer;
  io.out(
    `${paint(io, "bold", `configuration epoch ${epoch}`)} (${hash.slice(0, 12)}) of ${person}: ${state}; ${reason}`,
  );
  io.out(`acknowledged by ${acknowledged.join(", ") || "nobody"}`);
  for (const { node, why } of refused) io.out(paint(io, "red", `refused by ${node}: ${why}`));
  if (silent.length > 0) io.out(`nothing yet from ${silent.join(", ")}`);
  if (state === "waiting") {
    io.out(`another person of another role: cluster configure --approve ${epoch} --digest ${digest} --as <person>`);
  }
}
