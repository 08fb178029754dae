/** `audit verify`: reads every record of a log, its tiles, and a checkpoint, and says whether each is as it was written. */
import type { Command } from "commander";
import type { AuditDamage, AuditVerdict } from "../ffi/mod.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";
import { toHex } from "../actors/auditors/verifier/mod.ts";
import { checkpointText, chooseCheckpoint } from "./audit_checkpoint.ts";
import { storedTimestamp, timestampText } from "./audit_timestamp.ts";
import { verifyAgainst } from "./audit_against.ts";
import { verifyIndependently } from "./audit_second.ts";
import { Progress } from "./progress.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit verify
  $ deno task cwts audit verify --data-dir ./cwts-data --run 3 --json
  $ deno task cwts audit verify --independent       once more, without native code
  $ deno task cwts audit verify --checkpoint copy/checkpoint --key copy/node.pub
  $ deno task cwts audit verify --against /mnt/replica   the first record in which a replica differs
  $ deno task cwts audit verify --mend-tiles        write tiles anew that are missing or wrong

Exit code 1 means damage. The hashes find every change inside the log; that records were cut off at its end, or that an end
was written anew, they find against a checkpoint that was kept elsewhere.
`;

const MEANING: Readonly<Record<Exclude<AuditDamage, "none">, string>> = {
  "torn tail": "the last group of records has no seal, as after a loss of power while it was written",
  changed: "the bytes of the record, or of the seal behind it, are not those that were written",
  missing: "a record or a seal is missing before this place",
  reordered: "records or seals are not in the order in which they were written",
  unreadable: "there is no readable record head here",
  "segment missing": "a whole segment file is missing",
  "wrong tile": "the log is whole, and a tile beside it is not of this log; --mend-tiles writes it anew",
  "other format": "this log was written in another format version; check it with the version of CWTS that wrote it",
};

interface VerifyFlags extends RunFlags {
  readonly json?: boolean;
  readonly independent?: boolean;
  readonly against?: string;
  readonly tsaCa?: string;
  readonly mendTiles?: boolean;
  readonly checkpoint?: string;
  readonly key?: string;
}

export function addAuditVerify(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("verify").description("check every record of a log"))
    .option("--json", "print one JSON object")
    .option("--independent", "use the second verifier, which shares no code with the native core")
    .option("--checkpoint <file>", "a checkpoint of this log, kept elsewhere")
    .option("--key <file>", "public keys that may have signed it")
    .option("--against <dir>", "another copy of the log, or a replica directory: both are checked and compared")
    .option("--tsa-ca <file>", "certificates (PEM) of whom the authority of a stored time stamp has its own from")
    .option("--mend-tiles", "afterwards write the tiles anew that are missing or wrong")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: VerifyFlags) => {
      const directory = await chooseLog(flags, io);
      if (flags.against !== undefined) {
        return finish(await verifyAgainst(directory, flags.against, flags.json ?? false, io));
      }
      const noted = await chooseCheckpoint(flags);
      if (flags.independent) {
        return finish(
          await verifyIndependently(directory, { json: flags.json ?? false, noted: noted ?? undefined, io }),
        );
      }
      const { mendTiles, verifyAuditAgainst, verifyAuditInBackground } = await import("../ffi/mod.ts");
      const progress = new Progress(io);
      const verdict = noted === null
        ? await verifyAuditInBackground(
          directory,
          (bytes) => progress.show(`${(bytes / 1_048_576).toFixed(0)} MiB checked`),
        )
        : verifyAuditAgainst(directory, { records: noted.size, root: toHex(noted.root) });
      const seconds = progress.seconds;
      progress.end();
      const rate = Math.round(verdict.records / seconds);
      const stamp = verdict.ok || verdict.damage === "wrong tile"
        ? await storedTimestamp(directory, verdict, flags.tsaCa)
        : null;
      const timestamp = stamp === null ? {} : { timestamp: stamp };
      if (flags.json) {
        io.out(JSON.stringify({ log: directory, ...verdict, ...timestamp, seconds, recordsPerSecond: rate }));
      } else for (const line of verdictText(verdict, directory, rate, io)) io.out(line);
      if (noted !== null && verdict.ok && !flags.json) io.out(checkpointText(noted));
      if (stamp !== null && !flags.json) io.out(timestampText(stamp));
      if (flags.mendTiles && (verdict.ok || verdict.damage === "wrong tile")) {
        const mended = mendTiles(directory);
        if (!flags.json) io.out(`${mended} tile${mended === 1 ? "" : "s"} written anew`);
        return finish(OK);
      }
      finish(verdict.ok && (stamp?.fault ?? null) === null ? OK : FAILURE);
    });
}

export function verdictText(
  verdict: AuditVerdict,
  directory: string,
  rate: number,
  io: Pick<CliIo, "color">,
): string[] {
  const { records, segments, bytes, root, chain, damage } = verdict;
  const size = `${records.toLocaleString("en")} records, ${segments} segment${segments === 1 ? "" : "s"}, ${
    (bytes / 1_048_576).toFixed(1)
  } MiB`;
  if (damage === "none") {
    return [
      `${paint(io, "green", "intact")}  ${directory}: ${size}`,
      `root ${root}`,
      `chain ${chain}`,
      ...(verdict.tiles + verdict.missingTiles > 0
        ? [`${verdict.tiles.toLocaleString("en")} tiles fit, ${verdict.missingTiles.toLocaleString("en")} are missing`]
        : []),
      `${rate.toLocaleString("en")} records/s`,
    ];
  }
  return [
    `${paint(io, "red", "DAMAGED")}  ${directory}: ${damage} at record ${verdict.badIndex}`,
    `${MEANING[damage]} (${placeOf(verdict)})`,
    `${records.toLocaleString("en")} records before it are intact, up to root ${root}`,
  ];
}

const placeOf = ({ badTile, badSegment, badOffset }: AuditVerdict): string =>
  badTile === null ? `segment ${badSegment}, byte ${badOffset}` : `tile/${badTile.level}, tile ${badTile.number}`;
