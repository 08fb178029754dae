/**
 * Configurations that were offered to a cluster, as a node knows them: read from their topic from the beginning, so that a node that
 * comes late has them, too. Nothing is believed before it is signed as kills are, and each is looked at here: can this node
 * run it? Which one nodes start with is what the gateway said last.
 */
import { z } from "zod";
import { type Config, configHash, UserError, withShared } from "../../../config/mod.ts";
import { BrokerError, type Letter, type Subscription } from "../../../runtime/transport/mod.ts";
import { readSigned, type Secrets, signedText } from "../../cluster/mod.ts";
import type { OfferStatus } from "../../protocol/mod.ts";
import { instrumentsOf } from "../instruments.ts";
import { organismSpecs } from "../organisms.ts";
import { refuseWithoutWords, treeOf } from "../scopes.ts";
import { sleepWall } from "../wall.ts";
import type { ClusterLink } from "./cluster_link.ts";

/** Text of a common part: far above what anybody writes, below what every broker takes. */
const LONGEST = 700_000;
const TAKE_MS = 500;
/** The history of a topic has been read when nothing has come for so long, milliseconds. */
const QUIET_MS = 1_000;
const LONGEST_READING_MS = 20_000;

const whole = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(1_000);
const word = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("offered"),
    epoch: whole,
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    shared: z.string().max(LONGEST),
    person: text,
    role: text,
    at: whole,
    reason: text,
  }),
  z.strictObject({ kind: z.literal("switched"), epoch: whole, person: text }),
  z.strictObject({ kind: z.literal("withdrawn"), epoch: whole, person: text, reason: text }),
]);
export type ConfigurationWord = z.infer<typeof word>;
export type Offered = Extract<ConfigurationWord, { readonly kind: "offered" }>;

interface Known {
  readonly offer: Offered;
  /** As this node would run it; a sentence where it cannot. */
  readonly outcome: Config | string;
  state: "waiting" | "switched" | "withdrawn";
}

export class ConfigurationBook {
  readonly #link: ClusterLink;
  readonly #own: Config;
  readonly #secret: Secrets;
  readonly #known = new Map<number, Known>();
  #switched = 0;
  #letters = 0;

  constructor(link: ClusterLink, own: Config, secret: Secrets) {
    [this.#link, this.#own, this.#secret] = [link, own, secret];
  }

  get #topic(): string {
    return `${this.#link.options.cluster}-configuration`;
  }

  /** Reads what there is, and goes on until the link closes. */
  async open(signal: AbortSignal): Promise<void> {
    const { broker, options: { cluster, node }, start } = this.#link;
    await broker.createTopic(this.#topic, 1);
    const subscription = await broker.subscribe(`${cluster}-${node}-${start}-configuration`, this.#topic, {
      passing: true,
    });
    let waited = 0;
    let quiet = 0;
    const step = async () => {
      const taken = await subscription.take(100, TAKE_MS);
      for (const one of taken) if (one.kind === "letter") this.#hear(one.letter);
      if (taken.length > 0) await subscription.commit(taken);
      return taken.length;
    };
    while (!signal.aborted && quiet < QUIET_MS && waited < LONGEST_READING_MS) {
      const count = await step();
      waited += TAKE_MS;
      quiet = count > 0 || subscription.partitions.length === 0 ? 0 : quiet + TAKE_MS;
    }
    this.#link.keep(this.#follow(subscription, step));
  }

  /** The latest that was offered. */
  get latest(): Known | null {
    return this.#known.get(Math.max(0, ...this.#known.keys())) ?? null;
  }

  /** What nodes start with: what the gateway put in force last, where this node can run it; else its own. */
  get effective(): { readonly config: Config; readonly epoch: number } {
    const outcome = this.#known.get(this.#switched)?.outcome;
    return typeof outcome === "object" ? { config: outcome, epoch: this.#switched } : { config: this.#own, epoch: 0 };
  }

  /** The configuration of that hash, this node's own or one that was offered; null where it has none. */
  of(hash: string): Config | null {
    if (configHash(this.#own) === hash) return this.#own;
    const known = [...this.#known.values()].find(({ offer }) => offer.hash === hash);
    return typeof known?.outcome === "object" ? known.outcome : null;
  }

  get status(): OfferStatus | undefined {
    const { latest } = this;
    if (latest === null) return undefined;
    const { offer: { epoch, hash }, outcome, state } = latest;
    return { epoch, hash, refused: typeof outcome === "string" ? outcome : null, switched: state === "switched" };
  }

  /** Resolves when a broker keeps it. */
  async say(said: ConfigurationWord): Promise<void> {
    const { node } = this.#link.options;
    const n = ++this.#letters;
    await this.#link.broker.publish(this.#topic, "configuration", {
      envelope: {
        ...{ node, epoch: this.#link.start, sender: "configuration", sequence: n, id: n, cause: 0, root: n },
        deadline: Infinity,
        schema: { id: "cwts.configuration", version: 1 },
      },
      body: signedText(JSON.stringify(said), this.#secret),
    });
    this.#take(said);
  }

  async #follow(subscription: Subscription, step: () => Promise<number>): Promise<void> {
    while (!this.#link.closing.aborted) {
      try {
        await step();
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        if (this.#link.closing.aborted || error.code === "BROKER_CLOSED") break;
        this.#link.trouble(error);
        await sleepWall(TAKE_MS, this.#link.closing);
      }
    }
    await subscription.close().catch(() => {});
  }

  #hear({ body, envelope }: Letter): void {
    const said = readSigned(body, this.#secret);
    if (said === null) {
      return this.#link.refused(`a configuration of ${envelope.node} is not signed with the cluster's secret`);
    }
    let read: unknown;
    try {
      read = JSON.parse(said);
    } catch {
      read = null;
    }
    const parsed = word.safeParse(read);
    if (parsed.success) this.#take(parsed.data);
    else this.#link.refused(`a configuration of ${envelope.node} cannot be read: is that node a newer version?`);
  }

  #take(said: ConfigurationWord): void {
    const known = this.#known.get(said.epoch);
    if (said.kind === "offered") {
      if (known === undefined) {
        this.#known.set(said.epoch, { offer: said, outcome: lookAt(this.#own, said), state: "waiting" });
      }
      return;
    }
    if (known === undefined || known.state === "withdrawn") return;
    known.state = said.kind;
    // What was put in force stays so until the next is: an older word that comes late changes nothing.
    if (said.kind === "switched") this.#switched = Math.max(this.#switched, said.epoch);
  }
}

/** Everything that a start would refuse, before anybody counts on it. */
function lookAt(own: Config, { shared, hash }: Offered): Config | string {
  try {
    const config = withShared(own, shared);
    const found = configHash(config);
    if (found !== hash) {
      return `it makes the configuration ${found.slice(0, 12)} here and ${
        hash.slice(0, 12)
      } there: the files of the market differ`;
    }
    const instruments = instrumentsOf(config);
    refuseWithoutWords(treeOf(config, instruments));
    organismSpecs(config, instruments);
    return config;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}
