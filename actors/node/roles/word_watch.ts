/**
 * Words on the gateway's page that nobody has told the others: of a trigger, of the watchdog, of the mode. Each that became
 * stricter is spread once. What came from the others, or was told them by the console, is known there; and whoever kills by a
 * command tells them by himself, or does not want them to be told (`kill --here`).
 */
import type { ControlPage } from "../../../ffi/mod.ts";
import type { Obeyed } from "../../cluster/mod.ts";
import { FIRM, namedSlots } from "../scopes.ts";

export type SpreadWord = (scope: string, state: 1 | 2 | 3, reason: string, author: string) => void;

const COMMAND = "cli:";

export class WordWatch {
  readonly #control: ControlPage;
  readonly #latest: () => readonly Obeyed[];
  readonly #spread: SpreadWord;
  #epoch: number;
  #known: ReadonlyMap<string, number>;
  /** Ids of calls that were there at the last look. */
  #before: ReadonlySet<string>;

  /** `latest`: calls that this node has made or obeyed. */
  constructor(control: ControlPage, latest: () => readonly Obeyed[], spread: SpreadWord) {
    [this.#control, this.#latest, this.#spread] = [control, latest, spread];
    this.#epoch = control.header().requestEpoch;
    this.#known = this.#words();
    this.#before = this.#ids();
  }

  /** Called a few times a second. */
  look(): void {
    const { requestEpoch, actor, reason } = this.#control.header();
    if (requestEpoch === this.#epoch) return;
    const told = this.#latest().filter(({ id }) => !this.#before.has(id));
    const words = this.#words();
    const stricter = [...words].filter(([scope, state]) =>
      state > (this.#known.get(scope) ?? 0) && !told.some((one) => one.scope === scope && one.state >= state)
    );
    [this.#epoch, this.#known, this.#before] = [requestEpoch, words, this.#ids()];
    // The page says who was the last; where several words changed, the others may be anybody's, and are told as well.
    if (stricter.length === 1 && actor.startsWith(COMMAND)) return;
    for (const [scope, state] of stricter) this.#spread(scope, state as 1 | 2 | 3, reason, actor);
  }

  #ids(): ReadonlySet<string> {
    return new Set(this.#latest().map(({ id }) => id));
  }

  #words(): ReadonlyMap<string, number> {
    const control = this.#control;
    return new Map(namedSlots(control).map((slot) => [control.name(slot) || FIRM, control.scope(slot)]));
  }
}
