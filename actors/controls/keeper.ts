/**
 * Keeps the limits of a node: takes what the rule decided, stores it, puts it on record, loads the gate, and tells the firm.
 * It belongs to the node, so that a crash of the actor in front of it forgets nothing.
 *
 * Order: stored first, so that a tightening outlives a crash; then on record; then in force. A log that cannot record
 * undoes the store, and nothing changes: the gate is shut by then anyway.
 */
import { type Config, configHash, UserError } from "../../config/mod.ts";
import type { Principal } from "../protocol/access.ts";
import type {
  AlertView,
  LimitRef,
  LimitsCommand,
  LimitsPort,
  LimitsReply,
  LimitsView,
  LimitUsage,
} from "../protocol/limits.ts";
import { adopt, type Adopted } from "./adopt.ts";
import { type LimitsBook, parseLimitsBook } from "./book.ts";
import { decide, distrustClock, passTime, type State, type Step } from "./decide.ts";
import { listFacts } from "./facts.ts";
import { listLimits } from "./names.ts";
import { changesFrom, restore } from "./restore.ts";
import { SteadyClock } from "./steady_clock.ts";
import { digestOf } from "./two_persons.ts";

export interface LimitsKeeperOptions {
  /** As configured; the gate holds its limits already. */
  readonly config: Config;
  readonly file: { read(): string | null; write(text: string): void };
  readonly port: LimitsPort<Config>;
  /** Wall milliseconds, and milliseconds of a clock that nobody can set. */
  readonly wall: () => number;
  readonly monotonic: () => number;
  /** Appends to the audit log; false when it cannot record. */
  readonly record: (event: Readonly<Record<string, unknown>>) => boolean;
  /** Tells the firm. */
  readonly alert: (line: string) => void;
}

const MOST_ALERTS = 100;
const keyOf = ({ scope, limit, instrument }: LimitRef): string => JSON.stringify([scope, limit, instrument]);

export class LimitsKeeper {
  readonly #options: LimitsKeeperOptions;
  readonly #clock: SteadyClock;
  readonly #peaks = new Map<string, number>();
  readonly #alerts: AlertView[] = [];
  #state: State;
  #stuck = false;

  /** Brings back what was changed before, and what is due goes back at once. Throws LIMITS_FILE. */
  constructor(options: LimitsKeeperOptions) {
    const { config, file, port, wall, monotonic, record } = options;
    this.#options = options;
    const book = parseLimitsBook(file.read());
    this.#clock = new SteadyClock(wall, monotonic, book?.seen);
    const { state, alerts } = restore(config, book);
    this.#state = state;
    const changed = changesFrom(config, state.config);
    if (changed.length > 0) {
      port.load(config, state.config);
      const hashes = { hashBefore: configHash(config), hashAfter: configHash(state.config) };
      record({ action: "limits-restored", who: "node", changed, ...hashes });
    }
    for (const line of alerts) this.#tell(line);
    this.poll();
  }

  /** In force. */
  get config(): Config {
    return this.#state.config;
  }

  get hash(): string {
    return configHash(this.#state.config);
  }

  /** Never throws a refusal: it is the reply. */
  carryOut(by: Principal, command: LimitsCommand, from: string): LimitsReply {
    try {
      const jumped = this.poll();
      // A tightening waits for nothing, and needs no clock.
      if (jumped && (command.verb === "propose" || command.verb === "approve")) {
        throw new UserError("CLOCK_JUMPED", "the clock jumped, so nothing was changed: check it, and ask again");
      }
      const usage = "ref" in command ? this.#usage(command.ref) : { used: null, peak: null, volume: null };
      const step = decide(this.#state, by, command, this.#clock.now(), usage);
      this.#take(step, { who: by.id, person: by.person, from });
      return { ok: true, id: step.id, hash: this.hash, lowered: step.lowered };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#options.record({ action: "limit-refused", who: by.id, from, code: error.code, asked: command });
      return { ok: false, code: error.code, detail: error.message };
    }
  }

  /** Takes the limits of a configuration that two persons have agreed on. Throws AUDIT_FAILED, and what the store throws. */
  adopt(
    next: Config,
    who: { readonly who: string; readonly person: string; readonly from: string },
    reason: string,
  ): Adopted {
    const adopted = adopt(this.#state.config, next);
    const { config, changed, later } = adopted;
    const names = new Set(changed.map(({ ref }) => keyOf(ref)));
    const temporary = this.#state.temporary.filter(({ ref }) => !names.has(keyOf(ref)));
    const hashes = { hashBefore: this.hash, hashAfter: configHash(config) };
    this.#take({
      state: { ...this.#state, config, temporary },
      ...{ id: 0, lowered: [] },
      event: { action: "limits-adopted", reason, changed, later, ...hashes },
      alert: `${changed.length} limits changed with a configuration of the cluster: ${reason}`,
    }, who);
    return adopted;
  }

  /** A request without a mandate. */
  refuseStranger(from: string): LimitsReply {
    this.#options.record({ action: "limit-refused", who: "unknown", from, code: "NO_MANDATE" });
    this.#tell("somebody without a mandate asked for another limit, and was refused");
    return {
      ok: false,
      code: "NO_MANDATE",
      detail: "limits are changed by people through the console, and by nobody else",
    };
  }

  /** Does what time causes; true when the clock jumped. */
  poll(): boolean {
    const jumped = this.#clock.jumped();
    const next = (): Step | null => jumped ? distrustClock(this.#state) : passTime(this.#state, this.#clock.now());
    if (jumped) {
      this.#tell("the wall clock jumped: temporary limits go back now, and what waits has to be proposed anew");
    }
    for (let step = next(); step !== null; step = next()) {
      try {
        this.#take(step, { who: "node", person: "node", from: "node" });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // A log that cannot record has shut the gate: looser limits let nothing through there, and it stays so. A file that
        // cannot be written is tried again, and people are told each time it was.
        if (error.code === "AUDIT_FAILED") this.#stuck = true;
        if (error.code !== "STORE_RESTING") this.#tell(error.message);
        break;
      }
    }
    return jumped;
  }

  /** Whether `poll` would do something. */
  get due(): boolean {
    if (this.#stuck || !this.#timed) return false;
    return this.#clock.disagrees || passTime(this.#state, this.#clock.now()) !== null;
  }

  /** Whether there is anything that time ends. */
  get #timed(): boolean {
    return this.#state.pending.length + this.#state.temporary.length > 0;
  }

  /** Looks at what is used, for the peaks that proposals are decided on. */
  sample(): void {
    for (const row of listLimits(this.#state.config)) this.#usage(row);
  }

  view(): LimitsView {
    const { config, pending, temporary } = this.#state;
    return {
      hash: configHash(config),
      limits: listLimits(config).map((row) => ({ ...row, ...this.#usage(row) })),
      facts: listFacts(config),
      pending: pending.map((proposal) => {
        const { ref, ...rest } = proposal;
        return { ...ref, ...rest, digest: digestOf(proposal) };
      }),
      temporary: temporary.map(({ ref, ...rest }) => ({ ...ref, ...rest })),
      alerts: this.#alerts,
    };
  }

  #usage(ref: LimitRef): LimitUsage {
    const { used, volume, peak } = this.#options.port.usage(ref);
    if (peak !== undefined) return { used, peak, volume };
    const key = keyOf(ref);
    if (used !== null) this.#peaks.set(key, Math.max(used, this.#peaks.get(key) ?? 0));
    return { used, peak: this.#peaks.get(key) ?? null, volume };
  }

  #take(step: Step, who: { readonly who: string; readonly person: string; readonly from: string }): void {
    const { file, port, record } = this.#options;
    const before = this.#state;
    file.write(this.#text(step.state));
    // `from` says where a request came from, in this record as in every other: the value before has a name of its own.
    const { from: was, ...event } = step.event;
    if (!record({ ...event, ...(was === undefined ? {} : { was }), ...who, alert: step.alert })) {
      file.write(this.#text(before));
      throw new UserError(
        "AUDIT_FAILED",
        "the audit log cannot record, so no limit was changed: mend it and start anew",
      );
    }
    port.load(before.config, step.state.config);
    this.#state = step.state;
    this.#tell(step.alert);
  }

  #text({ config, pending, temporary, next }: State): string {
    const book: LimitsBook = {
      version: 1,
      seen: this.#clock.now(),
      next,
      changed: changesFrom(this.#options.config, config),
      pending: structuredClone(pending) as LimitsBook["pending"],
      temporary: structuredClone(temporary) as LimitsBook["temporary"],
    };
    return `${JSON.stringify(book, null, 2)}\n`;
  }

  #tell(text: string): void {
    this.#alerts.unshift({ at: this.#clock.now(), text });
    if (this.#alerts.length > MOST_ALERTS) this.#alerts.pop();
    this.#options.alert(text);
  }
}
