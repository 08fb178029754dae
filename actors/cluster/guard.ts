/**
 * A node among others, as far as stopping goes. It obeys every kill that comes by any broker, the word on its own control page
 * before anything else; says on all brokers that it lives and what it has obeyed; and closes its gate when it hears nothing.
 *
 * A kill is heard once, whichever brokers bring it and however late: calls that were obeyed are known by their id, also after
 * a restart, so that the copy of a broker that was cut off does not undo what people have re-armed since. Opening never
 * travels: there is no word for it.
 */
import { BrokerError, type ClassedBroker, type Route, type Subscription } from "../../runtime/transport/mod.ts";
import {
  type Acknowledged,
  Answers,
  call,
  type ClusterKill,
  DEFAULT_CLUSTER,
  everywhere,
  groupName,
} from "./caller.ts";
import type { Secrets } from "./secrets.ts";
import { Silence } from "./silence.ts";
import { type Beat, beatsOf, callsOf, type KillAnswer, type KillCall, letterOf, read } from "./words.ts";

/** The local control page, as a guard uses it. */
export interface LocalPage {
  /** Makes a scope at least as strict, at once. `id`: of the call; absent: by itself. Null: there is no such scope here. */
  tighten(scope: string, state: number, reason: string, actor: string, id?: string): LocalWord | null;
}

export interface LocalWord {
  /** What the scope is now. */
  readonly state: number;
  /** The decision of the gate after which nothing passed any more. */
  readonly gateSequence: number;
}

/** A call that this node has made or obeyed, and what came of it here. */
export interface Obeyed extends KillAnswer {
  readonly scope: string;
  readonly from: string;
  readonly reason: string;
}

export interface GuardOptions {
  /** Name of the cluster; default DEFAULT_CLUSTER. */
  readonly cluster?: string;
  readonly node: string;
  /** Under which it reads calls; default its name, so that it obeys what it missed while it was away. */
  readonly reader?: string;
  /** Tells this process from others that bore its name. */
  readonly process: string;
  readonly secret: Secrets;
  readonly routes: readonly Route[];
  readonly page: LocalPage;
  /** Nodes that must acknowledge. */
  readonly nodes: readonly string[];
  readonly beatMs: number;
  readonly silenceMs: number;
  /** A `ScopeState`: what the firm becomes in a silence. */
  readonly silenceState: number;
  readonly hear: "anything" | "another";
  readonly ackMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since the Unix epoch. */
  readonly wallMillis: () => number;
  /** Runs a task after milliseconds. */
  readonly after: (ms: number, task: () => void) => void;
  /** Ids of calls that were obeyed, to outlive the process. */
  readonly obeyed: { read(): string | null; write(text: string): void };
  /** Puts on record what was heard, called or missed. */
  readonly record: (event: Readonly<Record<string, unknown>>) => void;
  /** Something is wrong with hearing, or is well again. */
  readonly concern: (what: "silence" | "broker", subject: string, active: boolean, detail: string) => void;
  /** What this node's own signs say of scopes that are not ACTIVE; absent: nothing. */
  readonly strict?: () => Beat["strict"];
  /** Hears each sign of life once. */
  readonly onBeat?: (beat: Beat) => void;
  /** One line for people: who is there, and what is wrong. */
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** How long answers are said again, and ids are kept, and how many. */
const ANSWERS_MS = 60_000;
const MOST_ANSWERS = 32;
const MOST_OBEYED = 1_000;
/** Signs of life that one broker may owe an answer to; more would only pile up behind a black hole. */
const MOST_UNANSWERED = 3;
const TAKE_MS = 500;
const FIRM = "firm";

interface Path {
  readonly route: Route;
  readonly silence: Silence;
  unanswered: number;
  down: boolean;
  /** Something came by it. */
  heard: boolean;
}

export class ClusterGuard {
  private readonly broker: ClassedBroker;
  private readonly paths: readonly Path[];
  private readonly silence: Silence;
  private readonly obeyed: string[];
  private readonly topics: { readonly calls: string; readonly beats: string };
  private answers: { readonly answer: Obeyed; readonly at: number }[] = [];
  private readonly asked = new Set<Answers>();
  /** Of each node: its latest process and sign, and when it was heard. */
  private readonly peers = new Map<string, { process: string; n: number; at: number }>();
  private readonly loops: Promise<void>[];
  private listening: Subscription | null = null;
  private beats = 0;
  private calls = 0;
  private readonly strangers = new Set<string>();
  private silent = false;
  private closed = false;

  constructor(private readonly options: GuardOptions) {
    const { cluster = DEFAULT_CLUSTER, node, routes, silenceMs, now } = options;
    this.topics = { calls: callsOf(cluster), beats: beatsOf(cluster) };
    this.broker = everywhere(node, routes);
    this.silence = new Silence(silenceMs, now());
    this.paths = routes.map((route) => ({
      route,
      silence: new Silence(silenceMs, now()),
      unanswered: 0,
      down: false,
      heard: false,
    }));
    this.obeyed = readIds(options.obeyed.read());
    this.loops = [this.listen(), ...this.paths.map((path) => this.hear(path))];
    this.beat();
    this.watch();
  }

  /** Nodes heard lately. */
  get present(): readonly string[] {
    const { now, silenceMs } = this.options;
    return [...this.peers].filter(([, { at }]) => now() - at <= silenceMs).map(([node]) => node).sort();
  }

  /** Calls of the last minute, the latest last. */
  get latest(): readonly Obeyed[] {
    const { now } = this.options;
    return this.answers.filter(({ at }) => now() - at < ANSWERS_MS).map(({ answer }) => answer);
  }

  /** Whether a kill would be heard here now, as far as anybody can know. */
  get hears(): boolean {
    return this.paths.some((path) => path.heard && this.wouldHear(path));
  }

  /** Counts the silence from now on. */
  begin(): void {
    this.silence.heard(this.options.now());
    this.silent = false;
  }

  /** Says on every broker what was done here, and who else has done it. The word stands on this node's page already. */
  async spread(scope: string, state: 1 | 2 | 3, reason: string, author: string): Promise<ClusterKill> {
    const { cluster = DEFAULT_CLUSTER, node, process, secret, nodes, ackMs, now, wallMillis, record } = this.options;
    const n = ++this.calls;
    const id = `${node}.${process}.${n}`;
    this.remember(id);
    const said: KillCall = { kind: "kill", id, from: node, author, scope, state, reason, wall: wallMillis() };
    const others = [...new Set([...nodes, ...this.present])].filter((one) => one !== node);
    const answers = new Answers(id, others, now);
    this.asked.add(answers);
    this.answered({ id, outcome: "done", state, gateSequence: 0, scope, from: node, reason });
    try {
      const outcome = await call(
        said,
        { cluster, broker: this.broker, secret, n, answers, withinMs: ackMs },
        () => others,
      );
      record({ cluster: "called", ...said, kept: outcome.kept, failed: outcome.failed, ...namesOf(outcome) });
      return outcome;
    } finally {
      this.asked.delete(answers);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.broker.close();
    await Promise.all(this.loops);
  }

  private async listen(): Promise<void> {
    const { node, reader = node, secret } = this.options;
    this.listening = await this.broker.subscribe(`calls-${groupName(reader)}`, this.topics.calls, {
      ...{ from: "next", passing: this.options.reader !== undefined && this.options.reader !== this.options.node },
    });
    await this.take(this.listening, (body) => {
      const word = read({ body }, secret);
      if (word.kind === "kill") this.obey(word);
      else this.stranger(word.kind);
    });
  }

  private obey(said: KillCall): void {
    const { page, record, err } = this.options;
    const { id, scope, state, reason, author, from } = said;
    this.heard(from);
    if (this.obeyed.includes(id)) return;
    // The word first: whatever else fails, the gate is shut.
    const word = page.tighten(scope, state, reason, `cluster:${from}:${author}`, id);
    this.remember(id);
    const told = { id, scope, from, reason };
    const answer: Obeyed = word === null
      ? { ...told, outcome: "absent", state: 0, gateSequence: 0 }
      : { ...told, outcome: "done", state: word.state, gateSequence: word.gateSequence };
    this.answered(answer);
    this.sign();
    record({
      cluster: "obeyed",
      ...said,
      outcome: answer.outcome,
      now: answer.state,
      gateSequence: answer.gateSequence,
    });
    if (word === null) err(`${from} kills ${scope}, which this node does not have`);
    else err(`${from} kills ${scope}: ${reason} (${author})`);
  }

  private answered(answer: Obeyed): void {
    this.answers = [...this.answers, { answer, at: this.options.now() }].slice(-MOST_ANSWERS);
  }

  private remember(id: string): void {
    const { obeyed, err } = this.options;
    this.obeyed.push(id);
    this.obeyed.splice(0, Math.max(0, this.obeyed.length - MOST_OBEYED));
    try {
      obeyed.write(JSON.stringify({ obeyed: this.obeyed }));
    } catch (error) {
      // A kill that is obeyed again after a restart is strict; one that is not obeyed would not be.
      err(`which kills were obeyed cannot be kept: ${(error as Error).message}`);
    }
  }

  private async hear(path: Path): Promise<void> {
    const { node, reader = node, secret } = this.options;
    const group = `beats-${groupName(reader)}`;
    while (!this.closed) {
      try {
        const subscription = await path.route.broker.subscribe(group, this.topics.beats, {
          ...{ from: "next", passing: this.options.reader !== undefined && this.options.reader !== this.options.node },
        });
        await this.take(subscription, (body) => {
          const word = read({ body }, secret);
          if (word.kind === "beat") this.hearBeat(word, path);
          else this.stranger(word.kind);
        });
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        if (!this.closed) await this.pause();
      }
    }
  }

  private hearBeat(beat: Beat, path: Path): void {
    const { node, process, n, answers } = beat;
    const { now, onBeat } = this.options;
    // A broker that brings signs of life and would bring no kill is not heard.
    if (!this.wouldHear(path)) return;
    path.silence.heard(now());
    path.heard = true;
    if (path.down) {
      path.down = false;
      this.tellPath(path, false);
    }
    const known = this.peers.get(node);
    // Each comes by every broker, and none is believed twice.
    if (known !== undefined && known.process === process && n <= known.n) return;
    this.peers.set(node, { process, n, at: now() });
    if (known === undefined && node !== this.options.node) this.options.out(`${node} is heard`);
    this.heard(node);
    onBeat?.(beat);
    if (node !== this.options.node) { for (const one of this.asked) one.hear(node, answers); }
  }

  private heard(from: string): void {
    const { hear, node, now, concern } = this.options;
    if (hear === "another" && from === node) return;
    this.silence.heard(now());
    if (!this.silent) return;
    this.silent = false;
    concern(
      "silence",
      "",
      false,
      "this node hears the others again; what its gate was shut for stays until it is re-armed",
    );
  }

  private beat(): void {
    if (this.closed) return;
    this.sign();
    this.options.after(this.options.beatMs, () => this.beat());
  }

  /**
   * Says that this node lives, on each broker by which it would hear a kill, unless too much of that is unanswered there. So
   * whoever is heard can be killed, and who hears its own voice would hear a kill.
   */
  private sign(): void {
    const { node, process, secret, now, strict } = this.options;
    this.answers = this.answers.filter(({ at }) => now() - at < ANSWERS_MS);
    const n = ++this.beats;
    const answers = this.answers.map(({ answer: { id, outcome, state, gateSequence } }) => ({
      ...{ id, outcome, state, gateSequence },
    }));
    const said: Beat = { kind: "beat", node, process, n, answers, strict: strict?.() };
    const letter = letterOf(said, secret, node, n);
    for (const path of this.paths) {
      if (!this.wouldHear(path) || path.unanswered >= MOST_UNANSWERED) continue;
      path.unanswered++;
      const settled = () => void path.unanswered--;
      path.route.broker.publish(this.topics.beats, node, letter).then(settled, settled);
    }
  }

  /** Whether a kill would come by this broker, as far as anybody can know. */
  private wouldHear(path: Path): boolean {
    const at = this.paths.indexOf(path);
    return this.listening?.partitions.some((partition) => partition % this.paths.length === at) ?? false;
  }

  private watch(): void {
    if (this.closed) return;
    const { now, beatMs, after } = this.options;
    for (const path of this.paths) {
      if (!path.silence.over(now())) continue;
      path.down = true;
      this.tellPath(path, true);
    }
    if (this.silence.over(now())) this.cutOff();
    after(beatMs / 2, () => this.watch());
  }

  private cutOff(): void {
    const { page, silenceState, now, hear, record, concern, err } = this.options;
    const ms = Math.round(this.silence.lasts(now()));
    const what = hear === "another" ? "no other node" : "nothing";
    const reason = `dead-man: heard ${what} on any broker for ${ms} ms`;
    const word = page.tighten(FIRM, silenceState, reason, "cluster");
    this.silent = true;
    record({ cluster: "cut-off", reason, state: word?.state, gateSequence: word?.gateSequence });
    concern("silence", "", true, reason);
    err(`${reason}: the firm is stopped here until somebody re-arms it`);
  }

  private tellPath({ route: { name } }: Path, active: boolean): void {
    const { record, concern, silenceMs } = this.options;
    const detail = active ? `${name} has brought nothing for ${silenceMs} ms` : `${name} brings what is sent again`;
    record({ cluster: active ? "path-down" : "path-up", broker: name });
    concern("broker", name, active, detail);
  }

  private stranger(kind: string): void {
    // Once is enough to look for whoever it is; a flood of them must not fill a log.
    if (this.strangers.has(kind)) return;
    this.strangers.add(kind);
    const { err, record } = this.options;
    record({ cluster: "stranger", kind });
    err(
      kind === "strange"
        ? "somebody without the cluster's secret writes to its topics: nothing of it is obeyed"
        : "a node says what this one cannot read, and it is not obeyed: is that node a newer version?",
    );
  }

  private async take(subscription: Subscription, use: (body: string) => void): Promise<void> {
    while (!this.closed) {
      try {
        const taken = await subscription.take(500, TAKE_MS);
        for (const one of taken) {
          if (one.kind === "letter") use(one.letter.body);
          else if (one.kind === "bad") this.stranger("strange");
        }
        if (taken.length > 0) await subscription.commit(taken);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        if (error.code === "BROKER_CLOSED") return;
        // A commit that failed lets things come again, and they are known.
        await this.pause();
      }
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.options.after(this.options.beatMs, resolve));
  }
}

function namesOf({ acknowledged, silent }: ClusterKill) {
  return { acknowledged: acknowledged.map(({ node }: Acknowledged) => node), silent };
}

function readIds(text: string | null): string[] {
  if (text === null) return [];
  try {
    const { obeyed } = JSON.parse(text);
    return Array.isArray(obeyed) ? obeyed.filter((one) => typeof one === "string") : [];
  } catch {
    // Damaged: kills that were obeyed may be obeyed once more, which is the strict side.
    return [];
  }
}
