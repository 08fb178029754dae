/**
 * Forgets a person: the key of the name is destroyed, so that no log, copy or topic says the name any more, and the files
 * beside the log lose it. Hashes, roots and proofs stay as they are.
 *
 * Order: on record first, then out of the files, and the key last. Whatever stops it in between, the next call does it whole.
 */
import { join } from "node:path";
import { UserError } from "../../config/mod.ts";
import { RecordType } from "../../ffi/layout.gen.ts";
import { ControlPage, readAudit } from "../../ffi/mod.ts";
import { forgottenText, KEYS_FILE, scrubbed, wordOf } from "../access/names/mod.ts";
import type { AccessDesk } from "../access/mod.ts";
import { ALERTS_FILE } from "../alerts/mod.ts";
import { REARM_FILE } from "../controls/mod.ts";
import { openNames } from "./names.ts";
import { planRetention } from "./retention/plan.ts";
import { RetentionBook } from "./retention/book.ts";
import { StateFile } from "./state_file.ts";
import { wallMillis, wallNanos } from "./wall.ts";

export const PERSON_FORGOTTEN = "person-forgotten";
const NO_PSEUDONYM = "0".repeat(16);
/** Kinds of record that say nothing in words. */
const WORDLESS: ReadonlySet<number> = new Set([
  ...[RecordType.Decision, RecordType.Execution, RecordType.MarketSeen, RecordType.BasketDecided],
  ...[RecordType.LimitsSet, RecordType.VenueInput],
]);

export interface ForgetOptions {
  readonly dataDir: string;
  readonly person: string;
  readonly reason: string;
  /** Who asks, as on record. */
  readonly who: string;
  /** `audit.retention_years`. */
  readonly years: number;
  /** Forgets also whom the retention time still keeps; it is on record. */
  readonly early: boolean;
  readonly desk: AccessDesk;
  /** Waits until a running node has the act on record; false when it does not come to it. Absent: no node runs. */
  readonly onRecord?: (book: RetentionBook) => Promise<boolean>;
}

export interface Forgotten {
  readonly pseudonyms: readonly string[];
  /** Runs whose logs name the person by a pseudonym. */
  readonly runs: readonly number[];
  /** Runs of before names were encrypted, or from before the person was known: there the name stands in clear. */
  readonly inClear: readonly number[];
  /** Other files of the data directory that still hold the name as a word. */
  readonly files: readonly string[];
}

/**
 * Throws UNKNOWN_PERSON, FORGET_SELF, PERSON_ACTIVE, PERSON_HELD, PERSON_KEPT, FORGET_UNRECORDED, and what damaged files of the
 * data directory throw; the person is known then as before.
 */
export async function forgetPerson(options: ForgetOptions): Promise<Forgotten> {
  const { dataDir, reason, who, early, desk, onRecord } = options;
  const person = options.person.toLowerCase();
  const names = openNames(dataDir);
  const pseudonyms = names.pseudonyms(person);
  const row = desk.people().find(({ id }) => id === person);
  if (pseudonyms.length === 0 && row === undefined) {
    throw new UserError(
      "UNKNOWN_PERSON",
      `nobody called "${person}" has a key in ${KEYS_FILE} or is enrolled here: people list names who is`,
    );
  }
  if (who.replace(/^host:/, "").toLowerCase() === person) {
    throw new UserError("FORGET_SELF", "nobody forgets himself: another one who may certify has to");
  }
  if (row !== undefined && row.state !== "disabled") {
    throw new UserError("PERSON_ACTIVE", `${person} has access here: people disable ${person} first`);
  }
  const book = new RetentionBook(dataDir);
  const named = namedIn(options, person, pseudonyms);
  refuseKept(named, book, options);
  const instead = forgottenText(pseudonyms[0] ?? NO_PSEUDONYM);
  const runs = named.filter(({ sealed }) => sealed).map(({ run }) => run);
  book.change({
    ...{ action: PERSON_FORGOTTEN, who, pseudonyms, runs, early },
    reason: scrubbed(reason, person, instead),
  }, () => {});
  if (onRecord !== undefined && !(await onRecord(book))) {
    book.withdrawPerson(pseudonyms);
    throw new UserError(
      "FORGET_UNRECORDED",
      `the running node did not put it on record, so ${person} is not forgotten: see whether its log can record`,
    );
  }
  desk.forget(person, (value) => scrubbed(value, person, instead));
  book.scrub((value) => scrubbed(value, person, instead));
  // A running node writes these anew by itself, without the name.
  if (onRecord === undefined) scrubFiles(dataDir, person, instead);
  dropProjections(dataDir);
  scrubPage(dataDir, person);
  names.forget(person, new Date(wallMillis()).toISOString());
  const inClear = named.filter(({ clear }) => clear).map(({ run }) => run);
  return { pseudonyms, runs, inClear, files: filesThatSay(dataDir, person) };
}

interface Named {
  readonly run: number;
  readonly sealed: boolean;
  readonly clear: boolean;
  readonly until: number;
  readonly held: boolean;
}

function refuseKept(named: readonly Named[], book: RetentionBook, { person, early }: ForgetOptions): void {
  const held = named.filter(({ held }) => held).map(({ run }) => run);
  if (held.length > 0) {
    const { reason } = book.read().holds.find(({ run }) => run === held[0])!;
    throw new UserError(
      "PERSON_HELD",
      `${person} is named in run ${held.join(", ")}, which somebody holds (${reason}): audit unhold ends a hold`,
    );
  }
  const until = Math.max(0, ...named.map((one) => one.until));
  if (early || wallMillis() >= until) return;
  const runs = named.filter((one) => wallMillis() < one.until).map(({ run }) => run);
  throw new UserError(
    "PERSON_KEPT",
    `${person} is named in run ${
      runs.join(", ")
    }, and who did what is kept as long as the log (audit.retention_years): ` +
      `possible from ${day(until)} on; --early forgets before, which goes on record with its reason`,
  );
}

/** A moment that no calendar holds is as far as one can look. */
const day = (millis: number): string =>
  millis <= 8.64e15 ? new Date(millis).toISOString().slice(0, 10) : "the end of time";

/** Runs whose records name the person, by a pseudonym or in clear. Reads every log. */
function namedIn({ dataDir, years }: ForgetOptions, person: string, pseudonyms: readonly string[]): Named[] {
  const { holds } = new RetentionBook(dataDir).read();
  return planRetention(dataDir, { years, holds, now: wallMillis() }).flatMap(({ run, directory, until, hold }) => {
    let sealed = false, clear = false;
    for (const { type, payload } of readAudit(directory)) {
      if (WORDLESS.has(type) || (sealed && clear)) continue;
      const text = new TextDecoder().decode(payload);
      sealed ||= pseudonyms.some((pseudonym) => text.includes(pseudonym));
      clear ||= wordOf(person).test(text);
    }
    return sealed || clear ? [{ run, sealed, clear, until, held: hold !== null }] : [];
  });
}

function scrubFiles(dataDir: string, person: string, instead: string): void {
  for (const name of ["limits.json", REARM_FILE, ALERTS_FILE]) {
    const file = new StateFile(dataDir, name);
    if (file.read() === null) continue;
    file.locked(() => {
      const value = JSON.parse(file.read()!);
      file.write(`${JSON.stringify(scrubbed(value, person, instead), null, 2)}\n`);
    });
  }
}

/** They are made of logs with the names that were known, and can be made again. */
function dropProjections(dataDir: string): void {
  try {
    Deno.removeSync(join(dataDir, "projections"), { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The control page says who asked last, and why: a request that changes no state takes its place. */
function scrubPage(dataDir: string, person: string): void {
  if (!isFile(join(dataDir, "control.page"))) return;
  using page = ControlPage.openExisting(dataDir);
  const { actor, reason } = page.header();
  if (!wordOf(person).test(`${actor} ${reason}`)) return;
  page.tighten(0, page.scope(0), "who asked last was forgotten", "node", wallNanos());
}

/** Files outside of the logs in which the name stands as a word. */
function filesThatSay(dataDir: string, person: string): string[] {
  const found: string[] = [];
  const visit = (folder: string, at: string) => {
    for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
      const [path, shown] = [join(folder, name), join(at, name)];
      if (isDirectory && shown !== "runs") visit(path, shown);
      else if (isFile && wordOf(person).test(new TextDecoder("latin1").decode(Deno.readFileSync(path)))) {
        found.push(shown);
      }
    }
  };
  visit(dataDir, "");
  return found.sort();
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
