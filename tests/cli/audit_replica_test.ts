/** A node with a replica of its log: killed at any moment, on a full disk, with a byte flipped; and the commands about it. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { decodeAudit, readAudit, RecordType, verifyAudit } from "../../ffi/mod.ts";
import { flip } from "../actors/auditors/replica/logs.ts";
import { cwts, inside, outside, withDirectory } from "./run.ts";

ensureCore();

const NODE = ["start", "--speed", "max", "--seed", "7", "--console-port", "off"];
const KILLS = 6;

const logOf = (directory: string, run: number) => `${directory}/runs/${String(run).padStart(6, "0")}`;

/** A node that runs until it is killed at a moment of its own, once its log has begun. */
async function killed(directory: string, replica: string, afterMs: number): Promise<void> {
  const child = cwts([...NODE, "--data-dir", directory], { CWTS_AUDIT_REPLICA_DIR: replica }).spawn();
  const output = child.output();
  const before = runs(directory);
  try {
    await until("the node has begun", () => runs(directory) > before || runs(directory) > 0 && size(directory) > 4_096);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
  } finally {
    child.kill("SIGKILL");
    await output;
  }
}

function runs(directory: string): number {
  try {
    return [...Deno.readDirSync(`${directory}/runs`)].length;
  } catch {
    return 0;
  }
}

function size(directory: string): number {
  const log = logOf(directory, runs(directory));
  try {
    return Deno.statSync(`${log}/audit-0000000000.log`).size;
  } catch {
    return 0;
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1_200; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within a minute: ${what}`);
}

Deno.test("a node killed at any moment leaves a replica that the next start brings up to the log", async () => {
  await withDirectory(async (directory) => {
    const [data, replica] = [`${directory}/data`, `${directory}/replica`];
    for (let kill = 0; kill < KILLS; kill++) await killed(data, replica, kill * 350);
    const last = await outside([...NODE, "--duration", "5s", "--data-dir", data], { CWTS_AUDIT_REPLICA_DIR: replica });
    assert.equal(last.exit, 0, last.err);
    assert.doesNotMatch(last.err, /REPLICA_|LOG_UNREADABLE|SINK_/);
    for (let run = 1; run <= runs(data); run++) {
      const [log, copy] = [verifyAudit(logOf(data, run)), verifyAudit(logOf(replica, run))];
      // A run that was killed before its log began has none.
      if (log.segments === 0) continue;
      assert.deepEqual([copy.ok, copy.records, copy.root, copy.chain], [log.ok, log.records, log.root, log.chain]);
    }
  });
});

Deno.test("verify --against says whether two copies agree, and names the first record in which they do not", async () => {
  await withDirectory(async (directory) => {
    const [data, replica] = [`${directory}/data`, `${directory}/replica`];
    const run = await outside([...NODE, "--duration", "20s", "--data-dir", data], { CWTS_AUDIT_REPLICA_DIR: replica });
    assert.equal(run.exit, 0, run.err);
    const against = (...more: string[]) => inside(["audit", "verify", "--data-dir", data, "--against", ...more]);

    const same = await against(replica);
    assert.equal(same.exit, 0, same.err);
    assert.match(same.out, /^agree .*: \d+ records, neither has more\nroot [0-9a-f]{64}$/);

    const segment = `${logOf(replica, 1)}/audit-0000000000.log`;
    flip(segment, Math.floor(Deno.statSync(segment).size / 2));
    const differs = await against(replica, "--json");
    assert.equal(differs.exit, 1);
    const found = JSON.parse(differs.out);
    assert.equal(found.agree, false);
    const damaged = verifyAudit(logOf(replica, 1));
    assert.ok(Math.abs(found.same - damaged.badIndex!) <= 1, `${found.same}, and the damage is at ${damaged.badIndex}`);
    assert.match(
      (await against(replica)).out,
      /^DIFFER .*: first at record \d+\nthe first has \w+ of \d+ bytes\nthe second has /,
    );

    assert.match((await against(`${directory}/nowhere`)).err, /there is no log in .*nowhere/);
  });
});

Deno.test("a replica inside the data directory is refused before anything is made", async () => {
  await withDirectory(async (directory) => {
    const data = `${directory}/data`;
    for (const replica of [data, `${data}/copy`, directory]) {
      const { exit, err } = await outside([...NODE, "--duration", "1s", "--data-dir", data], {
        CWTS_AUDIT_REPLICA_DIR: replica,
      });
      assert.notEqual(exit, 0);
      assert.match(err, /audit\.replica_dir .* are one: name a directory on another disk/);
      assert.equal(runs(data), 0);
    }
  });
});

const canMount = Deno.build.os === "linux" && Deno.uid() === 0;
const command = (program: string, ...args: string[]) =>
  new Deno.Command(program, { args, stderr: "null" }).outputSync();

Deno.test({
  name: `a replica whose disk is full puts the node into SafeMode, on record, and stops no decision${
    canMount ? "" : " [needs root, to mount a small disk]"
  }`,
  ignore: !canMount,
  async fn() {
    await withDirectory(async (directory) => {
      const [data, replica] = [`${directory}/data`, `${directory}/replica`];
      Deno.mkdirSync(replica);
      assert.ok(command("mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", replica).success);
      try {
        const env = { CWTS_AUDIT_REPLICA_DIR: replica };
        const doctor = await inside(["doctor", "--data-dir", data, "--json"]);
        assert.ok(!JSON.parse(doctor.out).checks.some(({ name }: { name: string }) => name === "log replica"));
        const child = cwts([...NODE, "--data-dir", data], env).spawn();
        const output = child.output();
        try {
          await until("the full disk is on record", () => notes(data).some(({ active }) => active === true));
          const sequence = size(data);
          await until("the gate goes on recording", () => size(data) > sequence);
        } finally {
          child.kill("SIGINT");
        }
        const { code, stderr } = await output;
        const err = new TextDecoder().decode(stderr);
        assert.equal(code, 0, err);
        assert.match(err, /REPLICA_UNWRITABLE: run 1: the replica cannot be written \(write: .*No space left/);
        const modes = records(data, RecordType.ModeChanged) as { to: string; reason: string }[];
        assert.ok(modes.some(({ to, reason }) => to === "SafeMode" && /the replica cannot be written/.test(reason)));
        assert.ok(verifyAudit(logOf(data, 1)).ok);
      } finally {
        command("umount", "-l", replica);
      }
    });
  },
});

interface SinkNote {
  readonly sink?: string;
  readonly active?: boolean;
  readonly code?: string;
}

const notes = (directory: string) =>
  (records(directory, RecordType.Note) as SinkNote[]).filter(({ sink }) => sink === "replica");

function records(directory: string, type: number): unknown[] {
  if (size(directory) === 0) return [];
  return [...readAudit(logOf(directory, 1))].filter((one) => one.type === type).map(decodeAudit);
}
