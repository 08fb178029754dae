/** `audit timestamp`: a checkpoint stamped by a time stamping authority (RFC 3161), kept beside the log and checked with it. */
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { Command } from "commander";
import { toHex } from "../actors/auditors/verifier/mod.ts";
import { keepTimestamp, STAMPED, TOKEN } from "../actors/node/attestation_files.ts";
import { UserError } from "../config/errors.ts";
import { parseCheckpoint, readNamed } from "./audit_checkpoint.ts";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { addRunFlags, chooseLog, type RunFlags } from "./run_flags.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit timestamp --tsa http://127.0.0.1:3180/
  $ deno task cwts audit verify --tsa-ca authority.pem      checks what is stored beside the log

The authority hears the hash of the checkpoint and nothing else. Without --tsa it is audit.tsa of the configuration, which the
node asks by itself as well. Permissions let both reach this machine only: docs/audit.md says how to let them reach another.
`;

interface TimestampFlags extends RunFlags {
  readonly tsa?: string;
}

export function addAuditTimestamp(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  addRunFlags(audit.command("timestamp").description("have the checkpoint of a log stamped by an authority (RFC 3161)"))
    .option("--tsa <url>", "the authority; default: audit.tsa")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: TimestampFlags) => {
      const url = await chooseAuthority(flags);
      const directory = await chooseLog(flags, io);
      const { CHECKPOINT, readCheckpointFile } = await import("../actors/node/mod.ts");
      const { askForTimestamp } = await import("../actors/auditors/timestamps/request.ts");
      const note = readCheckpointFile(directory);
      if (note === null) {
        throw new UserError("CHECKPOINT", `there is no checkpoint in ${directory}: choose another run`);
      }
      const { size } = parseCheckpoint(note, CHECKPOINT);
      const { bytes, token } = await asked(() => askForTimestamp(url, hashOf(note), randomBytes(8)), url);
      keepTimestamp(directory, note, bytes);
      io.out(
        `the first ${size.toLocaleString("en")} records were there at ${timeText(token.time)}, says ${
          nameOf(token.certificate)
        }`,
      );
      finish(OK);
    });
}

async function chooseAuthority({ tsa, config }: TimestampFlags): Promise<string> {
  const { loadConfig } = await import("../config/mod.ts");
  const url = tsa ?? loadConfig({ file: config }).config.audit.tsa;
  if (url === undefined) {
    throw new UserError("USAGE", "name the authority with --tsa <url>, or in the configuration as audit.tsa");
  }
  if (!/^https?:\/\/./.test(url)) {
    throw new UserError("USAGE", `--tsa ${url} is no address: it begins with http:// or https://`);
  }
  return url;
}

async function asked<T>(ask: () => Promise<T>, url: string): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new UserError(
      "TIMESTAMP",
      `no time stamp from ${url}: ${(error as Error).message}; nothing was stored, so ask again or ask another`,
    );
  }
}

export interface StoredTimestamp {
  /** What is wrong; null when the stamp holds and is of this log. */
  readonly fault: string | null;
  readonly records: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly authority: string;
  /** Whether one of the named authorities issued the certificate; null when none was named. */
  readonly vouched: boolean | null;
}

/**
 * The stamp beside a log that was verified up to `verified`; null when there is none. `ca`: PEM file of those who may have issued
 * its certificate. Throws USAGE, CHECKPOINT.
 */
export async function storedTimestamp(
  directory: string,
  verified: { readonly records: number; readonly root: string },
  ca: string | undefined,
): Promise<StoredTimestamp | null> {
  const bytes = await Deno.readFile(join(directory, TOKEN)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (bytes === null) return null;
  const { readToken, tokenFault, vouchedBy } = await import("../actors/auditors/timestamps/token.ts");
  const note = await readNamed(join(directory, STAMPED), "a log whose stamped checkpoint is beside it");
  const { size, root } = parseCheckpoint(note, STAMPED);
  const nothing = { records: size, time: 0, authority: "", vouched: null };
  let token: ReturnType<typeof readToken>;
  try {
    token = readToken(bytes);
  } catch (error) {
    return { ...nothing, fault: `${TOKEN} is no time stamp: ${(error as Error).message}` };
  }
  const authorities = ca === undefined ? null : certificates(await readNamed(ca, "--tsa-ca"), ca);
  const vouched = authorities === null ? null : vouchedBy(token, authorities);
  const fault = tokenFault(token, hashOf(note)) ??
    (vouched === false ? "its certificate is not by whom --tsa-ca names" : null) ??
    await otherLog(directory, size, toHex(root), verified);
  return { fault, records: size, time: token.time, authority: nameOf(token.certificate), vouched };
}

export function timestampText({ fault, records, time, authority, vouched }: StoredTimestamp): string {
  if (fault !== null) return `the time stamp of ${records.toLocaleString("en")} records does not hold: ${fault}`;
  const whose = vouched === null ? " (name who issued its certificate with --tsa-ca)" : "";
  return `the first ${records.toLocaleString("en")} records were there at ${timeText(time)}, says ${authority}${whose}`;
}

/** Why what was stamped is not the beginning of this log; null when it is. */
async function otherLog(
  directory: string,
  size: number,
  root: string,
  { records, root: whole }: { readonly records: number; readonly root: string },
): Promise<string | null> {
  if (size > records) return `${size} records were stamped, and the log has ${records}`;
  const { verifyAuditAgainst } = await import("../ffi/mod.ts");
  const same = size === records ? root === whole : verifyAuditAgainst(directory, { records: size, root }).ok;
  return same ? null : `the first ${size} records are not those that were stamped`;
}

function certificates(pem: string, file: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw new UserError("KEYS", `${file} holds no certificate: name a PEM file`);
  return found.map((one) => new X509Certificate(one));
}

const hashOf = (note: string): Uint8Array => createHash("sha256").update(note).digest();
const nameOf = ({ subject }: X509Certificate): string => subject.replaceAll("\n", ", ");
const timeText = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
