/** Logs of a data directory that tests write, with signed checkpoints, and directories to copy them into. */
import { generateKeyPairSync } from "node:crypto";
import { signedCheckpoint } from "../../../../actors/auditors/checkpoints/note.ts";
import type { SinkReport } from "../../../../actors/auditors/replica/report.ts";
import { Replica } from "../../../../actors/auditors/replica/replica.ts";
import { AuditLog } from "../../../../ffi/mod.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const NOTE = 11;

export class Logs implements Disposable {
  readonly directory = Deno.makeTempDirSync({ prefix: "cwts-replica-" });
  readonly data = `${this.directory}/data`;
  readonly replica = `${this.directory}/replica`;
  #log: AuditLog | null = null;
  #run = 0;

  runPath(run = this.#run): string {
    return `${this.data}/runs/${String(run).padStart(6, "0")}`;
  }

  copyPath(run = this.#run): string {
    return `${this.replica}/runs/${String(run).padStart(6, "0")}`;
  }

  get run(): number {
    return this.#run;
  }

  /** Begins a run; small segments, so that there are several. */
  begin(run: number, segmentBytes = 64 * 1024): AuditLog {
    this.#log?.close();
    this.#run = run;
    Deno.mkdirSync(this.runPath(), { recursive: true });
    this.#log = AuditLog.open({ directory: this.runPath(), segmentBytes });
    return this.#log;
  }

  append(count: number, word = "record"): void {
    const log = this.#log!;
    for (let i = 0; i < count; i++) {
      log.appendJson(NOTE, log.records, { word, n: log.records, padding: "x".repeat(i % 90) });
    }
    log.commit();
  }

  /** Signs what there is. */
  sign(): { readonly records: number; readonly root: string } {
    const { records, root } = this.#log!.head();
    const note = signedCheckpoint({ origin: "cwts/test/000001", records, root, time: 1 }, [privateKey]);
    Deno.writeTextFileSync(`${this.runPath()}/checkpoint`, note);
    return { records, root };
  }

  close(): void {
    this.#log?.close();
    this.#log = null;
  }

  /** A replica that begins anew, as after a restart. */
  open(run = this.#run): Replica {
    return new Replica({ dataDir: this.data, replicaDir: this.replica, run });
  }

  /** Until the replica has everything, earlier runs too, and has verified it, or finds a fault. */
  async settled(replica: Replica): Promise<SinkReport> {
    for (let looks = 0; looks < 200; looks++) {
      const report = await replica.look({ verify: true, settle: true });
      if (report.faults.some(({ lasting }) => lasting)) return report;
      if (report.faults.length > 0 || report.caughtUp && report.waiting === 0 && looks > 1) return report;
    }
    throw new Error("the replica does not settle");
  }

  [Symbol.dispose](): void {
    this.close();
    Deno.removeSync(this.directory, { recursive: true });
  }
}

/** Name and content of every file of a log that a replica has. */
export function segments(directory: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...Deno.readDirSync(directory)]
      .filter(({ name }) => name.startsWith("audit-"))
      .sort((a, b) => a.name.localeCompare(b.name))
      .map(({ name }) => [name, Deno.readFileSync(`${directory}/${name}`).toHex()]),
  );
}

export function flip(file: string, at: number): void {
  const bytes = Deno.readFileSync(file);
  bytes[at] ^= 1;
  Deno.writeFileSync(file, bytes);
}
