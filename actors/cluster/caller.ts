/** A kill on all nodes at once, from a node or from a command: said on every broker, and who has said that it is done. */
import { BrokerError, ClassedBroker, type Route, within } from "../../runtime/transport/mod.ts";
import type { Secrets } from "./secrets.ts";
import { beatsOf, callsOf, type KillAnswer, type KillCall, letterOf, read } from "./words.ts";

/** What a kill of the cluster came to, as far as it is known after the time. */
export interface ClusterKill {
  readonly id: string;
  /** Brokers that keep the call. */
  readonly kept: readonly string[];
  readonly failed: readonly { readonly broker: string; readonly why: string }[];
  /** Nodes that have said that they are shut. */
  readonly acknowledged: readonly Acknowledged[];
  /** Nodes that should have, and have not said so in time. */
  readonly silent: readonly string[];
}

export interface Acknowledged {
  readonly node: string;
  readonly outcome: KillAnswer["outcome"];
  /** What the scope is there, and the decision of its gate after which nothing passed any more. */
  readonly state: number;
  readonly gateSequence: number;
  /** From the call to hearing of it, milliseconds. */
  readonly afterMs: number;
}

/** A broker that is cut off is not waited for longer when all is over, milliseconds. */
const CLOSE_MS = 2_000;

/** Of nodes that are told no name. */
export const DEFAULT_CLUSTER = "main";
const LOOK_MS = 50;
/** Who waits longer than this for the first broker to open has to do without any, milliseconds. */
const LONGEST_OPENING_MS = 10_000;

/** All that nodes say about stopping goes to all brokers at once. */
export const everywhere = (node: string, routes: readonly Route[]): ClassedBroker =>
  new ClassedBroker({
    ...{ node, routes, retryMs: CLOSE_MS },
    classes: { control: "everywhere" },
    classOf: () => "control",
  });

/** Gathers the answers to one call. */
export class Answers {
  private readonly heard = new Map<string, Acknowledged>();
  private readonly complete = Promise.withResolvers<void>();
  private readonly begun: number;

  constructor(
    private readonly id: string,
    private readonly expected: readonly string[],
    private readonly now: () => number,
  ) {
    this.begun = now();
  }

  hear(node: string, answers: readonly KillAnswer[]): void {
    const mine = answers.find(({ id }) => id === this.id);
    if (mine === undefined || this.heard.has(node)) return;
    const { outcome, state, gateSequence } = mine;
    this.heard.set(node, { node, outcome, state, gateSequence, afterMs: Math.round(this.now() - this.begun) });
    if (this.expected.length > 0 && this.silent().length === 0) this.complete.resolve();
  }

  /** Resolves when all that are expected have answered; where nobody is, the time decides. */
  get all(): Promise<void> {
    return this.complete.promise;
  }

  get acknowledged(): readonly Acknowledged[] {
    return [...this.heard.values()];
  }

  /** Of the nodes that are known by now, who has not. */
  silent(also: readonly string[] = []): readonly string[] {
    return [...new Set([...this.expected, ...also])].filter((node) => !this.heard.has(node));
  }
}

/** Says it on every broker, and waits for the answers that somebody gives to `answers`. */
export async function call(
  said: KillCall,
  { cluster, broker, secret, n, answers, withinMs }: {
    readonly cluster: string;
    readonly broker: ClassedBroker;
    readonly secret: Secrets;
    /** Numbers what this sender calls. */
    readonly n: number;
    readonly answers: Answers;
    readonly withinMs: number;
  },
  /** Nodes that have been heard of by then. */
  present: () => readonly string[],
): Promise<ClusterKill> {
  const past = within(answers.all, withinMs);
  // A broker that is slower than the nodes has not failed: it is asked once more when all have answered.
  const [spread] = await Promise.all([
    broker.publishEverywhere(callsOf(cluster), "kill", letterOf(said, secret, said.from, n), past),
    past,
  ]);
  return {
    id: said.id,
    kept: spread.kept,
    failed: spread.failed.map(({ name, why }) => ({ broker: name, why })),
    acknowledged: answers.acknowledged,
    silent: answers.silent(present()),
  };
}

export interface CommandOptions {
  /** Name of the cluster; default DEFAULT_CLUSTER. */
  readonly cluster?: string;
  readonly secret: Secrets;
  readonly routes: readonly Route[];
  /** Resolves when a broker is open; absent: they are. */
  readonly ready?: Promise<unknown>;
  /** Nodes that must answer. */
  readonly nodes: readonly string[];
  /** Counted from then on. */
  readonly withinMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** For who is no node: hears signs of life for as long as the call takes. Closes the brokers. */
export async function callFromCommand(said: KillCall, options: CommandOptions): Promise<ClusterKill> {
  const { cluster = DEFAULT_CLUSTER, secret, routes, nodes, withinMs, now, ready } = options;
  if (ready !== undefined) await within(ready, LONGEST_OPENING_MS);
  const broker = everywhere(said.from, routes);
  const answers = new Answers(said.id, nodes, now);
  const present = new Set<string>();
  let over = false;
  // Signs of life are no calls: each broker brings its own.
  const hear = async ({ broker }: Route) => {
    while (!over) {
      try {
        const subscription = await broker.subscribe(`call-${groupName(said.id)}`, beatsOf(cluster), {
          from: "next",
          passing: true,
        });
        while (!over) {
          for (const one of await subscription.take(100, LOOK_MS)) {
            const word = one.kind === "letter" ? read(one.letter, secret) : null;
            if (word === null || word.kind !== "beat") continue;
            present.add(word.node);
            answers.hear(word.node, word.answers);
          }
        }
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        // Not open yet, or gone.
        await within(answers.all, LOOK_MS);
      }
    }
  };
  // The call goes first; what is missed of the answers meanwhile, the signs of life say again.
  const calling = call(said, { cluster, broker, secret, n: 1, answers, withinMs }, () => [...present]);
  const hearing = Promise.all(routes.map(hear));
  try {
    return await calling;
  } finally {
    over = true;
    await within(broker.close(), CLOSE_MS);
    await within(hearing, CLOSE_MS);
  }
}

/** As every broker takes it. */
export const groupName = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 60);
