/** The copies of the log that a configuration asks for, and what the node does about them. */
import { join, resolve } from "node:path";
import type { Config } from "../../config/mod.ts";
import { brokerCredentials, UserError } from "../../config/mod.ts";
import type { Micros, Stopwatch } from "../../runtime/mod.ts";
import type { ConcernReport } from "../../supervision/mod.ts";
import type { SinkPlan } from "../auditors/replica/report.ts";
import { concern, type SinkView } from "../protocol/mod.ts";
import { AuditSink, type SinkFound } from "./sinks.ts";

/** Wall milliseconds that a node which ends gives its copies to catch up. */
const FINISH_MS = 15_000;

export interface AuditSinksOptions {
  readonly config: Config;
  readonly dataDir: string;
  readonly run: number;
  /** Name of the node in its checkpoints. */
  readonly node: string;
  readonly stopwatch: Stopwatch;
  readonly now: () => Micros;
  readonly report: (concern: ConcernReport, now: Micros) => void;
  /** Puts on record what is wrong with a copy, and that it is over. */
  readonly note: (event: Readonly<Record<string, unknown>>) => void;
  readonly err: (line: string) => void;
  readonly after: (millis: number, task: () => void) => void;
}

export class AuditSinks {
  readonly #options: AuditSinksOptions;
  readonly #sinks: readonly AuditSink[];
  #ended = false;

  constructor(options: AuditSinksOptions) {
    this.#options = options;
    const { stopwatch, config: { audit } } = options;
    this.#sinks = plans(options).map(({ plan, where }) =>
      new AuditSink({ plan, where, stopwatch, lagMs: audit.sinkLagMs, changed: (...what) => this.#changed(...what) })
    );
  }

  /** Returns at once. */
  poll(): void {
    for (const sink of this.#sinks) sink.poll();
  }

  views(): readonly SinkView[] {
    return this.#sinks.map((sink) => sink.view());
  }

  /** After the log was closed: waits a while for the copies to have all of it, and says what they lack. */
  async finish(): Promise<void> {
    this.#ended = true;
    const late = Promise.withResolvers<void>();
    if (this.#sinks.length > 0) this.#options.after(FINISH_MS, late.resolve);
    for (const sink of this.#sinks) {
      const found = await sink.finish(late.promise);
      if (found !== null) this.#options.err(`${found.code}: ${found.sentence}`);
    }
  }

  close(): void {
    for (const sink of this.#sinks) sink.close();
  }

  #changed(sink: AuditSink, found: SinkFound | null): void {
    if (this.#ended) return;
    const { now, report, note, err } = this.#options;
    const { name: subject } = sink;
    const time = now();
    const { where, records } = sink.view();
    const [code, detail] = [found?.code ?? null, found?.sentence ?? `${where} has the whole log again`];
    err(code === null ? detail : `${code}: ${detail}`);
    note({ sink: subject, where, records, active: found !== null, code, detail });
    report(concern({ kind: "audit-sink", subject, active: found !== null, detail, time }), time);
  }
}

function plans({ config: { audit }, dataDir, run, node }: AuditSinksOptions): { plan: SinkPlan; where: string }[] {
  const found: { plan: SinkPlan; where: string }[] = [];
  if (audit.replicaDir !== undefined) {
    const { replicaDir } = audit;
    found.push({ plan: { kind: "replica", places: { dataDir, replicaDir, run } }, where: `the replica ${replicaDir}` });
  }
  if (audit.broker !== undefined) {
    const { broker, topic } = audit;
    found.push({
      plan: { kind: "topic", places: { dataDir, run, node, broker, topic } },
      where: `the topic ${topic} of ${broker}`,
    });
  }
  return found;
}

/** Before anything is made on disk. Throws REPLICA_DIR or BROKER_PASSWORD_FILE. */
export function refuseWrongSinks({ node: { dataDir }, audit: { replicaDir, broker } }: Config): void {
  if (broker !== undefined) brokerCredentials();
  if (replicaDir === undefined) return;
  const [data, replica] = [real(dataDir), real(replicaDir)];
  if (!within(replica, data) && !within(data, replica)) return;
  throw new UserError(
    "REPLICA_DIR",
    `audit.replica_dir ${replicaDir} and the data directory ${dataDir} are one: name a directory on another disk`,
  );
}

const within = (path: string, above: string): boolean => path === above || path.startsWith(join(above, "/"));

/** As far as it exists, without links. */
function real(path: string): string {
  const whole = resolve(path);
  try {
    return Deno.realPathSync(whole);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const above = resolve(whole, "..");
    return above === whole ? whole : join(real(above), whole.slice(above.length));
  }
}
