/** The timers of one organism: taken away while it has to be still, and those that were due or set meanwhile due at once after. */
import type { Micros, Timers } from "../../runtime/mod.ts";

export interface TimerMessage {
  readonly kind: "OrganismTimer";
  readonly key: string;
}

export class OwnTimers {
  readonly #timers: Timers<TimerMessage>;
  readonly #set = new Set<string>();
  /** Null while they run. */
  #held: Set<string> | null = null;

  constructor(timers: Timers<TimerMessage>) {
    this.#timers = timers;
  }

  set(key: string, delay: Micros): void {
    if (this.#held !== null) return void this.#held.add(key);
    this.#set.add(key);
    this.#timers.once(nameOf(key), delay, { kind: "OrganismTimer", key });
  }

  /** A timer's message arrived; it may have been on its way when they were stopped. */
  fired(key: string, then: () => void): void {
    this.#set.delete(key);
    if (this.#held !== null) this.#held.add(key);
    else then();
  }

  pause(): void {
    if (this.#held !== null) return;
    this.#held = new Set(this.#set);
    for (const key of this.#set) this.#timers.cancel(nameOf(key));
    this.#set.clear();
  }

  go(): void {
    const held = this.#held;
    this.#held = null;
    for (const key of held ?? []) this.set(key, 0);
  }
}

const nameOf = (key: string): string => `organism:${key}`;
