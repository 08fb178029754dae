/**
 * The keys of people's names as a running program holds them: read from `people.keys`, again when somebody changed it, and
 * written there when a person is met for the first time.
 *
 * Nothing here throws on the way of a record: a name that cannot get a key that lasts is recorded as it is, and told about.
 */
import { UserError } from "../../../config/errors.ts";
import type { BookFile } from "../ledger.ts";
import { type KeyBook, keyBookText, keyRow, namedKey, type NameKey, parseKeyBook } from "./key_book.ts";
import { forgottenText, KEY_BYTES, PSEUDONYM_BYTES, textOf, TOKEN, tokenOf, unknownText } from "./token.ts";

export interface KeyRingOptions {
  readonly file: BookFile;
  /** Random bytes that nobody can foresee. */
  readonly random: (bytes: number) => Uint8Array;
  /** One line for people about a file that cannot be read or written. */
  readonly complain: (line: string) => void;
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export class KeyRing {
  readonly #options: KeyRingOptions;
  #stamp: string;
  /** By pseudonym, and by name in small letters. */
  #keys = new Map<string, NameKey>();
  #named = new Map<string, NameKey>();
  #forgotten = new Set<string>();
  /** Names that were forgotten while this program runs: what it still has in memory is not to be recorded under them. */
  readonly #gone = new Map<string, string>();
  /** Not in the file yet. */
  #unsaved: NameKey[] = [];
  #words: RegExp | null = null;
  #complaint = "";
  #readable = true;

  /** Throws PEOPLE_KEYS for a file that is damaged. */
  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#stamp = options.file.stamp();
    this.#take(parseKeyBook(options.file.read()));
  }

  /** What is said of a person, for the record. Needs no disk. */
  seal(name: string, text: string): string {
    const known = name.toLowerCase();
    const gone = this.#gone.get(known);
    if (gone !== undefined && !this.#named.has(known)) return forgottenText(gone);
    const key = this.#named.get(known) ?? (this.#readable ? this.#meet(known) : null);
    return key === null ? text : tokenOf(key, text, this.#options.random);
  }

  /** Every name that is known in a text, sealed. */
  sealWords(text: string): string {
    const words = this.#words ??= this.#pattern();
    if (words.source === NOTHING.source) return text;
    let sealed = "", at = 0;
    // What is sealed already is left alone: letters of a token are no name.
    for (const token of text.matchAll(TOKEN)) {
      sealed += this.#replaced(text.slice(at, token.index), words) + token[0];
      at = token.index + token[0].length;
    }
    return sealed + this.#replaced(text.slice(at), words);
  }

  /** The text with names in the place of what was sealed; who is forgotten, or has no key here, is said to be. */
  open(text: string): string {
    return text.replace(TOKEN, (whole, pseudonym: string, body: string) => {
      const key = this.#keys.get(pseudonym);
      if (key !== undefined) return textOf(pseudonym, key.key, body) ?? whole;
      return this.#forgotten.has(pseudonym) ? forgottenText(pseudonym) : unknownText(pseudonym);
    });
  }

  /** As `open`, within the text of JSON. */
  openJson(text: string): string {
    return text.includes("(person ")
      ? text.replace(TOKEN, (token) => JSON.stringify(this.open(token)).slice(1, -1))
      : text;
  }

  /** Pseudonyms of somebody of that name; none for one who is not known here. */
  pseudonyms(name: string): string[] {
    return [...this.#keys.values()].filter((one) => one.name === name.toLowerCase()).map(({ pseudonym }) => pseudonym);
  }

  /** People that are known. */
  get size(): number {
    return this.#named.size;
  }

  get names(): readonly string[] {
    return [...this.#named.keys()];
  }

  /** Reads what somebody else changed and keeps who was met. Cheap while nothing changes. */
  poll(): void {
    try {
      const stamp = this.#options.file.stamp();
      if (stamp !== this.#stamp) {
        const book = parseKeyBook(this.#options.file.read());
        this.#stamp = stamp;
        this.#take(book);
      }
      this.#readable = true;
      this.#save();
      this.#complaint = "";
    } catch (error) {
      // Somebody else is writing: the next call finds it done.
      if (error instanceof UserError && error.code === "ACCESS_BUSY") return;
      this.#readable = !(error instanceof UserError && error.code === "PEOPLE_KEYS");
      this.#say((error as Error).message);
    }
  }

  /**
   * Destroys every key of a name and returns their pseudonyms. `at` as ISO 8601. Throws PEOPLE_KEYS, ACCESS_BUSY, or what
   * writing the file throws; the keys are there then as before.
   */
  forget(name: string, at: string): string[] {
    const { file } = this.#options;
    return file.locked(() => {
      const book = parseKeyBook(file.read());
      const gone = book.people.filter((one) => one.name === name.toLowerCase()).map(({ pseudonym }) => pseudonym);
      const left: KeyBook = {
        version: 1,
        people: book.people.filter((one) => one.name !== name.toLowerCase()),
        forgotten: [...book.forgotten, ...gone.map((pseudonym) => ({ pseudonym, at }))],
      };
      file.write(keyBookText(left));
      this.#stamp = file.stamp();
      this.#take(left);
      return gone;
    });
  }

  #replaced(text: string, words: RegExp): string {
    return text.replace(words, (word) => this.seal(word, word));
  }

  #pattern(): RegExp {
    const names = [...this.#named.keys(), ...this.#gone.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
    return names.length === 0
      ? NOTHING
      : new RegExp(`(?<![\\p{L}\\p{N}])(?:${names.join("|")})(?![\\p{L}\\p{N}])`, "giu");
  }

  #meet(name: string): NameKey {
    const { random } = this.#options;
    const met = { name, pseudonym: hex(random(PSEUDONYM_BYTES)), key: random(KEY_BYTES) };
    this.#unsaved.push(met);
    this.#add(met);
    return met;
  }

  #add(key: NameKey): void {
    this.#keys.set(key.pseudonym, key);
    if (!this.#named.has(key.name)) this.#named.set(key.name, key);
    this.#words = null;
  }

  #save(): void {
    if (this.#unsaved.length === 0) return;
    const { file } = this.#options;
    file.locked(() => {
      const book = parseKeyBook(file.read());
      file.write(keyBookText({ ...book, people: [...book.people, ...this.#unsaved.map(keyRow)] }));
      this.#stamp = file.stamp();
      this.#unsaved = [];
      this.#take(parseKeyBook(file.read()));
    });
  }

  #take(book: KeyBook): void {
    this.#forgotten = new Set(book.forgotten.map(({ pseudonym }) => pseudonym));
    for (const { name, pseudonym } of this.#keys.values()) {
      if (this.#forgotten.has(pseudonym)) this.#gone.set(name, pseudonym);
    }
    this.#keys.clear();
    this.#named.clear();
    this.#words = null;
    for (const key of [...book.people.map(namedKey), ...this.#unsaved]) this.#add(key);
  }

  #say(line: string): void {
    if (line === this.#complaint) return;
    this.#complaint = line;
    this.#options.complain(line);
  }
}

const NOTHING = /(?!)/;
