/** `audit verify --against`: two copies of one log held against one another, and the first record in which they differ. */
import { join } from "node:path";
import { UserError } from "../config/errors.ts";
import type { AuditVerdict } from "../ffi/mod.ts";
import { FAILURE, OK } from "./failure.ts";
import { type CliIo, paint } from "./io.ts";

export interface Comparison {
  /** Records that are the same in both, from the first on. */
  readonly same: number;
  /** Root over those; null when they end within what is damaged. */
  readonly root: string | null;
  readonly here: AuditVerdict;
  readonly there: AuditVerdict;
  /** What is different in record `same`; null when one is the beginning of the other. */
  readonly difference: { readonly here: string; readonly there: string } | null;
}

/** The log that `against` means: a directory of segments, or one of runs, in which it is the run of the same name. */
export function otherLog(against: string, log: string): string {
  const run = /(\d{6})\/?$/.exec(log)?.[1];
  const inside = run === undefined ? null : join(against, "runs", run);
  for (const directory of inside === null ? [against] : [inside, against]) {
    if (hasSegments(directory)) return directory;
  }
  const names = inside === null ? against : `${against} nor in ${inside}`;
  throw new UserError("NO_RUN", `there is no log in ${names}: name the replica directory, or that of the segments`);
}

export async function compareLogs(here: string, there: string): Promise<Comparison> {
  const { verifyAuditAgainst, verifyAuditInBackground } = await import("../ffi/mod.ts");
  const [ours, theirs] = [await verifyAuditInBackground(here), await verifyAuditInBackground(there)];
  const whole = { here: ours, there: theirs };
  if (sound(ours) && sound(theirs)) {
    const [shorter, longer] = ours.records <= theirs.records ? [ours, there] : [theirs, here];
    const { records, root } = shorter;
    const held = verifyAuditAgainst(longer, { records, root });
    if (held.ok || held.damage === "wrong tile") return { ...whole, same: records, root, difference: null };
  }
  return { ...whole, ...await firstDifference(here, there) };
}

/** Tiles are beside the log, and a group that a crash left is none of it. */
const sound = ({ ok, damage }: AuditVerdict): boolean => ok || damage === "wrong tile" || damage === "torn tail";

/** Record by record, as their bytes lie in the logs. */
async function firstDifference(here: string, there: string): Promise<Pick<Comparison, "same" | "root" | "difference">> {
  const { AuditReader } = await import("../ffi/mod.ts");
  using ours = new AuditReader(here, 0);
  using theirs = new AuditReader(there, 0);
  for (let same = 0;; same++) {
    const [mine, other] = [await read(ours), await read(theirs)];
    if (mine.end && other.end) return { same, root: null, difference: null };
    if (mine.bytes !== null && mine.bytes === other.bytes) continue;
    return { same, root: null, difference: { here: mine.text, there: other.text } };
  }
}

interface Read {
  readonly end: boolean;
  /** As text, to compare; null when there is no record. */
  readonly bytes: string | null;
  /** For people. */
  readonly text: string;
}

async function read(reader: InstanceType<typeof import("../ffi/mod.ts").AuditReader>): Promise<Read> {
  const { NativeError } = await import("../ffi/mod.ts");
  try {
    const record = reader.next();
    if (record === null) return { end: true, bytes: null, text: "nothing: the log ends before it" };
    const whole = new TextDecoder("latin1").decode(reader.bytes());
    return { end: false, bytes: whole, text: `${record.typeName} of ${record.payload.length} bytes` };
  } catch (error) {
    if (!(error instanceof NativeError)) throw error;
    return { end: false, bytes: null, text: `damage: ${error.message}` };
  }
}

function hasSegments(directory: string): boolean {
  try {
    return [...Deno.readDirSync(directory)].some(({ name }) => /^audit-\d{10}\.log$/.test(name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** Compares, prints, and returns the exit code: 0 when one log is the beginning of the other, or they are equal. */
export async function verifyAgainst(here: string, against: string, json: boolean, io: CliIo): Promise<number> {
  const there = otherLog(against, here);
  const found = await compareLogs(here, there);
  const agree = found.root !== null;
  if (json) io.out(JSON.stringify({ log: here, against: there, agree, ...found }));
  else for (const line of comparisonText(found, here, there, io)) io.out(line);
  return agree ? OK : FAILURE;
}

function comparisonText(found: Comparison, log: string, against: string, io: CliIo): string[] {
  const { same, root, here, there, difference } = found;
  const count = (records: number) => `${records.toLocaleString("en")} record${records === 1 ? "" : "s"}`;
  if (root !== null) {
    const more = here.records - there.records;
    const rest = more === 0
      ? "neither has more"
      : more > 0
      ? `the first has ${count(more)} more`
      : `the second has ${count(-more)} more`;
    return [`${paint(io, "green", "agree")}  ${log} and ${against}: ${count(same)}, ${rest}`, `root ${root}`];
  }
  return [
    `${paint(io, "red", "DIFFER")}  ${log} and ${against}: ${
      difference === null ? `damaged behind record ${same}` : `first at record ${same}`
    }`,
    ...(difference === null ? [] : [`the first has ${difference.here}`, `the second has ${difference.there}`]),
    `the first is ${verdictWord(here)}, the second ${verdictWord(there)}`,
  ];
}

const verdictWord = ({ ok, damage, badIndex }: AuditVerdict): string =>
  ok ? "whole in itself" : `damaged: ${damage} at record ${badIndex}`;
