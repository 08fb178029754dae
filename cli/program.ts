/** Puts the commands together and turns whatever happens into an exit code. */
import { Command, CommanderError } from "commander";
import { addAlerts } from "./alerts.ts";
import { addAudit } from "./audit.ts";
import { addBacktest } from "./backtest.ts";
import { addBench } from "./bench.ts";
import { addCluster } from "./cluster.ts";
import { addConfig } from "./config.ts";
import { addControls } from "./controls.ts";
import { addCrash } from "./crash.ts";
import { addDoctor } from "./doctor.ts";
import { describeFailure, OK, USAGE } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { addKeys } from "./keys.ts";
import { addKill } from "./kill.ts";
import { addLetters } from "./letters.ts";
import { addPeople } from "./people.ts";
import { addRearm } from "./rearm.ts";
import { addRelease } from "./release.ts";
import { addStart } from "./start.ts";
import { addVenue } from "./venue.ts";
import { addVersion } from "./version.ts";
import { addWatchdog } from "./watchdog.ts";

const ABOUT =
  `CWTS runs trading strategies as supervised actors and lets no order reach a market except through one gate.

Start with:  deno task start        Stop trading at once, from any terminal:  deno task kill`;

/** Runs one command line; resolves with the exit code: 0 fine, 1 failure, 2 wrong usage. */
export async function run(args: readonly string[], io: CliIo): Promise<number> {
  let exit = OK;
  const finish = (code: number) => exit = code;
  const program = new Command("cwts").description(ABOUT);
  for (
    const add of [
      addStart,
      addBacktest,
      addKill,
      addRearm,
      addWatchdog,
      addPeople,
      addKeys,
      addControls,
      addAlerts,
      addAudit,
      addCrash,
      addLetters,
      addCluster,
      addConfig,
      addRelease,
      addDoctor,
      addBench,
      addVenue,
      addVersion,
    ]
  ) add(program, io, finish);
  for (const command of family(program)) {
    command.exitOverride();
    command.showSuggestionAfterError();
    command.configureOutput({
      writeOut: (text) => io.out(text.replace(/\n$/, "")),
      writeErr: (text) => io.err(text.replace(/\n$/, "")),
      outputError: (text, write) =>
        write(text.replace(/^error: /, `${paint(io, "red", "error")}: `).replace(/\n\(Did you mean/, " (did you mean")),
      getOutHelpWidth: () => 120,
      getErrHelpWidth: () => 120,
    });
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return exit;
  } catch (error) {
    // Help is an exit of commander's with code 0; a call without any command is not what anybody wanted.
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
    const failure = describeFailure(error);
    io.err(`${paint(io, "red", "error")}: ${failure.sentence}`);
    return failure.exit;
  }
}

function* family(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* family(child);
}
