/** `controls incident`: a kill's record from the data directory, and whether its signature holds. */
import type { Command } from "commander";
import { chooseDataDir, type DataDirFlags, requireNodeDirectory } from "./data_dir.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { parseWhole } from "./numbers.ts";

export function addControlsIncident(controls: Command, io: CliIo, finish: (exit: number) => void): void {
  controls.command("incident [id]").description(
    "print the record of a kill and check its signature; the latest without id",
  )
    .option("--data-dir <dir>", "data directory of the node")
    .option("--config <file>", "TOML file that names the data directory")
    .option("--json", "print one JSON object")
    .action(async (id: string | undefined, flags: DataDirFlags & { readonly json?: boolean }) => {
      const directory = chooseDataDir(flags, io);
      requireNodeDirectory(directory);
      const { listIncidents, readIncident } = await import("../actors/node/incident_file.ts");
      const wanted = id === undefined ? listIncidents(directory).at(-1) ?? 1 : parseWhole(id, "the number", 1);
      const { openNames } = await import("../actors/node/names.ts");
      const { incident, key, signature, holds } = readIncident(directory, wanted);
      // As JSON it is what was signed, which somebody else can check; in words it has the names.
      if (flags.json) io.out(JSON.stringify({ incident, key, signature, holds }));
      else {
        io.out(openNames(directory, io.err).openJson(JSON.stringify(incident, null, 2)));
        io.out(`signed by ${key}`);
        io.out(
          holds ? "the signature holds" : paint(io, "red", "THE SIGNATURE DOES NOT HOLD: this is not what was signed"),
        );
      }
      finish(holds ? OK : FAILURE);
    });
}
