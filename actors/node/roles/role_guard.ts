/**
 * A node with a role among those that are stopped together: it obeys every kill from its first moment, as a standby and as a
 * node without a gate, too. What its page and its record are changes when it becomes the gateway; who it is does not.
 */
import { brokerCredentials, brokerName, type Config } from "../../../config/mod.ts";
import { processMark } from "../../../runtime/transport/mod.ts";
import {
  type Beat,
  ClusterGuard,
  type LocalPage,
  type Obeyed,
  openSecret,
  readSecrets,
  waysTo,
} from "../../cluster/mod.ts";
import { SILENCE_STATES } from "../cluster.ts";
import { afterWall, sleepWall, wallMillis, wallNanos } from "../wall.ts";
import type { ClusterOptions, KillWays } from "./cluster_options.ts";

/** How long a node waits until it would hear a kill, milliseconds. */
const HEARING_MS = 30_000;
const LOOK_MS = 50;

type Concern = (what: "silence" | "broker", subject: string, active: boolean, detail: string) => void;

export interface RoleGuardOptions {
  readonly options: ClusterOptions;
  readonly settings: Config["cluster"];
  readonly ways: KillWays;
  readonly page: LocalPage;
  /** To outlive the process; absent: it knows nothing of what was said before it. */
  readonly obeyed?: { read(): string | null; write(text: string): void };
  readonly onBeat?: (beat: Beat) => void;
  readonly concern?: Concern;
  /** Of this start of a process. */
  readonly start: number;
  readonly out: (line: string) => void;
}

export class RoleGuard {
  /** What a kill closes. */
  page: LocalPage;
  record: (event: Readonly<Record<string, unknown>>) => void = () => {};
  concern: Concern;
  /** Scopes that are not ACTIVE, of the gateway. */
  strict: () => Beat["strict"] = () => undefined;
  readonly guard: ClusterGuard;
  readonly #err: (line: string) => void;

  /** Throws CLUSTER_SECRET. */
  constructor({ options, settings, ways, page, obeyed, onBeat, concern, start, out }: RoleGuardOptions) {
    const { node, cluster, err } = options;
    const { beatMs, silenceMs, silenceState, hear, ackMs, nodes } = settings;
    this.page = page;
    this.#err = err;
    this.concern = concern ?? ((_what, _subject, active, detail) => active ? err(detail) : out(detail));
    const secret = ways.secretFile === undefined ? openSecret(cluster) : readSecrets(ways.secretFile);
    this.guard = new ClusterGuard({
      ...{ cluster, node, process: processMark, secret, nodes, beatMs, silenceMs, hear, ackMs, out, err, wallMillis },
      reader: obeyed === undefined ? `${node}-${start}` : node,
      routes: waysTo(ways.urls, `${node}-guard`, { who: brokerCredentials(), chance: ways.chance }),
      silenceState: SILENCE_STATES[silenceState],
      page: { tighten: (...word) => this.page.tighten(...word) },
      now: () => wallNanos() / 1e6,
      after: afterWall,
      obeyed: obeyed ?? { read: () => null, write: () => {} },
      record: (event) => this.record(event),
      concern: (...told) => this.concern(...told),
      strict: () => this.strict(),
      onBeat,
    });
  }

  get latest(): readonly Obeyed[] {
    return this.guard.latest;
  }

  /** Resolves when a kill would be heard here, or says that it would not be yet. The silence counts from then on. */
  async hearing(signal: AbortSignal): Promise<void> {
    for (let waited = 0; !this.guard.hears && waited < HEARING_MS && !signal.aborted; waited += LOOK_MS) {
      await sleepWall(LOOK_MS, signal);
    }
    if (!this.guard.hears && !signal.aborted) {
      this.#err("no broker has brought a sign of life yet: no kill would be heard");
    }
    this.guard.begin();
  }

  close(): Promise<void> {
    return this.guard.close();
  }
}

/** For people, at the start. */
export const introduceGuard = ({ brokers, secretFile }: KillWays): string =>
  `killed by ${brokers.map(brokerName).join(", ")}${
    secretFile === undefined
      ? ": whoever may write there may kill, and letters are not signed, so he may trade, too; --cluster-secret <file> asks for a secret"
      : ", and letters are believed, when signed with the cluster's secret"
  }`;
