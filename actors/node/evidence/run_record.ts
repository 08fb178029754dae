/**
 * A run as its log tells it: the configuration it was started with, what the gate was loaded with, the names of its
 * scopes, and how limits were changed since. Nothing else is asked: the log is the evidence.
 */
import { createHash } from "node:crypto";
import { type Config, configHash, UserError } from "../../../config/mod.ts";
import { RecordType } from "../../../ffi/layout.gen.ts";
import {
  AuditLog,
  type AuditRecord,
  type AuditVerdict,
  ControlPage,
  decodeAudit,
  OrderGate,
  readAudit,
  verifyAudit,
} from "../../../ffi/mod.ts";
import { restore } from "../../controls/restore.ts";
import { withLimit } from "../../controls/names.ts";
import type { LimitRef, LimitValue } from "../../protocol/mod.ts";
import type { Deployment } from "../deployment.ts";
import { tellFacts } from "../facts.ts";
import { instrumentsOf } from "../instruments.ts";
import { loadLimits, type NamedScope } from "../limits.ts";
import { readNamed } from "../names.ts";

export interface RunStart {
  readonly version: string;
  /** Hash of the configuration the run was started with. */
  readonly config: string;
  readonly organisms: readonly { readonly id: string }[];
  readonly instruments: readonly string[];
}

export type Change = Readonly<Record<string, unknown>> & { readonly action: string; readonly hashAfter: string };

export interface RunRecord {
  readonly start: RunStart;
  readonly scopes: readonly NamedScope[];
  /** Over what the gate was loaded with. */
  readonly gate: string;
  /** What ran, as it went on record at the start; null on a log that does not say. */
  readonly deployment: Deployment | null;
  /** Changes of limits, oldest first. */
  readonly changes: readonly Change[];
  /** Hash of the configuration in force at the end of the log. */
  readonly configAtEnd: string;
}

const IN_FORCE = /^(limits-restored|limit-tightened|limit-loosened|limit-reverted)$/;

/** SHA-256 over every record with which limits and facts were loaded, in order: version, length, payload. */
class LoadHash {
  readonly #sha = createHash("sha256");
  add({ version, payload }: AuditRecord): void {
    const head = new DataView(new ArrayBuffer(8));
    head.setUint32(0, version, true);
    head.setUint32(4, payload.length, true);
    this.#sha.update(new Uint8Array(head.buffer)).update(payload);
  }
  hex(): string {
    return this.#sha.digest("hex");
  }
}

/**
 * How far a log is sound. A run that crashed, or still runs, may end in a group that was never acknowledged: nothing before
 * it is less sound. Throws LOG_DAMAGED for anything else that does not verify.
 */
export function soundLog(directory: string): AuditVerdict {
  const verdict = verifyAudit(directory);
  if (verdict.ok || verdict.damage === "torn tail") return verdict;
  throw new UserError(
    "LOG_DAMAGED",
    `the log ${directory} does not verify from record ${verdict.badIndex} on (${verdict.damage}): see audit verify`,
  );
}

/** The first `most` records of a log. What was never finished behind them is not looked at. */
export function* firstRecords(directory: string, most: number): Generator<AuditRecord, void> {
  if (most === 0) return;
  for (const record of readNamed(directory)) {
    yield record;
    if (record.index + 1 >= most) return;
  }
}

/** Reads a log from its beginning. Throws NO_START when it does not begin as a run of a node does. */
export function readRun(directory: string, most: number = soundLog(directory).records): RunRecord {
  let start: RunStart | null = null;
  let scopes: readonly NamedScope[] | null = null;
  let deployment: Deployment | null = null;
  const loaded = new LoadHash();
  const changes: Change[] = [];
  for (const record of firstRecords(directory, most)) {
    if (record.type === RecordType.NodeStarted) start ??= decodeAudit(record) as RunStart;
    else if (record.type === RecordType.LimitsSet && scopes === null) loaded.add(record);
    else if (record.type === RecordType.Note) {
      const said = decodeAudit(record) as { scopes?: readonly NamedScope[]; deployment?: Deployment };
      scopes ??= said.scopes ?? null;
      deployment ??= said.deployment ?? null;
    } else if (record.type === RecordType.OperatorAction) {
      const action = decodeAudit(record) as Change;
      if (IN_FORCE.test(action.action)) changes.push(action);
    }
  }
  if (start === null || scopes === null) {
    throw new UserError("NO_START", "the log does not say how its run began: name the log of a node's run");
  }
  const gate = loaded.hex();
  return { start, scopes, gate, deployment, changes, configAtEnd: changes.at(-1)?.hashAfter ?? start.config };
}

export interface Rehearsal {
  /** As `RunRecord.gate`. */
  readonly gate: string;
  readonly scopes: readonly NamedScope[];
}

/** Loads a configuration into a gate of its own, and says what that gate was loaded with. */
export function rehearse(config: Config): Rehearsal {
  const directory = Deno.makeTempDirSync({ prefix: "cwts-describe-" });
  try {
    let scopes: readonly NamedScope[];
    {
      using audit = AuditLog.open({ directory, durability: "memory" });
      using control = ControlPage.memory();
      using gate = OrderGate.create({ audit, control });
      const instruments = instrumentsOf(config);
      scopes = loadLimits(config, instruments, gate, 0);
      tellFacts(config, scopes, instruments, gate, 0);
    }
    const loaded = new LoadHash();
    for (const record of readAudit(directory)) if (record.type === RecordType.LimitsSet) loaded.add(record);
    return { gate: loaded.hex(), scopes };
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/**
 * The configuration in force at the end of a log, from the one it was started with and the changes on record. Throws
 * CONFIG_NOT_OF_RUN or GATE_NOT_OF_RUN for another configuration, CHANGES_BROKEN when the changes do not lead to the hash
 * on record.
 */
export function configInForce(config: Config, run: RunRecord): Config {
  const given = configHash(config);
  if (given !== run.start.config) {
    throw new UserError(
      "CONFIG_NOT_OF_RUN",
      `the configuration given has the hash ${given}, and the run was started with ${run.start.config}: give the file and the flags it was started with`,
    );
  }
  const { gate } = rehearse(config);
  if (gate !== run.gate) {
    throw new UserError(
      "GATE_NOT_OF_RUN",
      `a gate loaded with this configuration holds ${gate}, and that of the run was loaded with ${run.gate}: use the version it ran with, ${run.start.version}`,
    );
  }
  const now = run.changes.reduce(applied, config);
  if (configHash(now) === run.configAtEnd) return now;
  throw new UserError(
    "CHANGES_BROKEN",
    `the changes on record lead to the hash ${
      configHash(now)
    }, and the last of them says ${run.configAtEnd}: verify the log`,
  );
}

function applied(config: Config, change: Change): Config {
  if (change.action === "limits-restored") {
    const changed = change.changed as { ref: LimitRef; value: LimitValue; base: LimitValue }[];
    return restore(config, { version: 1, seen: 0, next: 1, changed, pending: [], temporary: [] }).state.config;
  }
  const loosened = change.action === "limit-loosened";
  const { scope, limit, instrument } = (loosened ? change.ref : change) as LimitRef;
  return withLimit(config, { scope, limit, instrument }, change.to as LimitValue, !loosened).config;
}
