/** Checkpoints from the command line: a log held against one, proofs that bring one, keys that change, witnesses. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { cwts, inside, outside, withDirectory } from "./run.ts";

ensureCore();

interface Run {
  readonly directory: string;
  readonly log: string;
  /** `audit NAME … --data-dir`. */
  readonly audit: (...args: string[]) => ReturnType<typeof inside>;
  /** Copies that lie elsewhere: a checkpoint and public keys. */
  readonly kept: { readonly checkpoint: string; readonly key: string };
}

async function withRun(use: (run: Run) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const data = `${directory}/data`;
    const start = ["start", "--data-dir", data, "--speed", "max", "--duration", "30s", "--console-port", "off"];
    const { exit, out, err } = await outside([...start, "--durability", "memory"]);
    assert.equal(exit, 0, err);
    const audit = (name: string, ...more: string[]) => inside(["audit", name, ...more, "--data-dir", data]);
    const kept = { checkpoint: `${directory}/kept.checkpoint`, key: `${directory}/kept.pub` };
    Deno.copyFileSync(`${data}/runs/000001/checkpoint`, kept.checkpoint);
    const published = (await audit("key")).out;
    assert.ok(out.includes(`checkpoints are signed by ${published}`), out);
    Deno.writeTextFileSync(kept.key, published);
    await use({ directory: data, log: `${data}/runs/000001`, audit, kept });
  });
}

const flags = ({ checkpoint, key }: Run["kept"]) => ["--checkpoint", checkpoint, "--key", key];

/** Cuts the last group off, exactly behind the seal before it. */
function cutCleanly(log: string): void {
  const path = `${log}/audit-0000000000.log`;
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  const seals: number[] = [];
  for (let at = view.getUint32(12, true); at < bytes.length;) {
    const seal = view.getUint32(at, true) === 0x45535743;
    at += seal ? 96 : 80 + Math.ceil(view.getUint32(at + 4, true) / 8) * 8;
    if (seal) seals.push(at);
  }
  Deno.writeFileSync(path, bytes.subarray(0, seals.at(-2)));
}

Deno.test("a log that was cut behind a seal looks whole, and not against a checkpoint kept elsewhere", async () => {
  await withRun(async ({ log, audit, kept }) => {
    const whole = await audit("verify", ...flags(kept));
    assert.equal(whole.exit, 0, whole.out);
    assert.match(whole.out, /the first [\d,]+ records are those that cwts\/[0-9a-f]{16}\/000001 signed at 2/);
    assert.equal((await audit("verify", "--independent", ...flags(kept))).exit, 0);
    cutCleanly(log);
    assert.equal((await audit("verify")).exit, 0);
    assert.equal((await audit("verify", "--independent")).exit, 0);
    const cut = await audit("verify", ...flags(kept));
    assert.match(cut.out, /^DAMAGED .*: missing at record \d+/);
    assert.equal(cut.exit, 1);
    const second = await audit("verify", "--independent", ...flags(kept));
    assert.match(second.out, /^DAMAGED .*: records are missing that were there when the root was noted/);
    assert.equal(second.exit, 1);
    // And the proof of a record that is still there is of another log than the checkpoint's.
    assert.match((await audit("prove", "3")).err, /has not reached|no such record|not what its checkpoint says/);
  });
});

Deno.test("a log with an end that was written anew is found out against a checkpoint", async () => {
  await withRun(async ({ log, audit, kept }) => {
    cutCleanly(log);
    const { AuditLog, RecordType } = await import("../../ffi/mod.ts");
    const forged = AuditLog.open({ directory: log, durability: "memory" });
    for (let i = 0; i < 20_000; i++) forged.append(RecordType.Note, 1_700_000_000_000_000, new Uint8Array(8));
    forged.close();
    assert.equal((await audit("verify")).exit, 0);
    const { exit, out } = await audit("verify", ...flags(kept));
    assert.match(out, /^DAMAGED .*: changed at record \d+/);
    assert.equal(exit, 1);
    assert.match((await audit("prove", "3")).err, /is not what its checkpoint says/);
  });
});

Deno.test("a checkpoint that somebody else signed, or that was changed, is refused in a sentence", async () => {
  await withRun(async ({ audit, kept }) => {
    const strange = { ...kept, key: `${kept.key}.strange` };
    Deno.writeTextFileSync(strange.key, `ed25519 ${btoa("x".repeat(32))}\n`);
    const { exit, err } = await audit("verify", ...flags(strange));
    assert.notEqual(exit, 0);
    assert.match(err, /do not trust .*none of its signatures is by a key that was given/);
    Deno.writeTextFileSync(kept.checkpoint, Deno.readTextFileSync(kept.checkpoint).replace(/\ntime \d/, "\ntime 3"));
    assert.match((await audit("verify", ...flags(kept))).err, /do not trust .*it is not what was signed/);
    Deno.writeTextFileSync(kept.checkpoint, "hello");
    assert.match((await audit("verify", ...flags(kept))).err, /this is no checkpoint/);
    assert.match((await audit("verify", "--checkpoint", kept.checkpoint)).err, /--checkpoint and --key go together/);
    assert.match((await audit("verify", "--checkpoint", "nowhere", "--key", kept.key)).err, /there is no file nowhere/);
  });
});

Deno.test("a proof brings its record and checkpoint, and is checked with the public key alone", async () => {
  await withRun(async ({ audit, directory, kept }) => {
    const file = `${directory}/proof.json`;
    const text = (await audit("prove", "7")).out;
    Deno.writeTextFileSync(file, text);
    const check = (...more: string[]) => inside(["audit", "check", file, ...more]);
    const good = await check("--key", kept.key);
    assert.equal(good.exit, 0, good.err);
    assert.match(
      good.out,
      /^holds .*record 7 is in the log of \d+ records\nthe first [\d,]+ records are those that cwts/,
    );
    assert.equal((await check(...flags(kept))).exit, 0);
    const proof = JSON.parse(text);
    const changed = (more: object) => Deno.writeTextFileSync(file, JSON.stringify({ ...proof, ...more }));
    changed({ record: `${proof.record.slice(0, -2)}ff` });
    assert.match((await check("--key", kept.key)).out, /DOES NOT HOLD[^]*the record is not the one/);
    changed({ index: 8, record: undefined });
    assert.match((await check("--key", kept.key)).out, /DOES NOT HOLD[^]*the path does not lead/);
    changed({
      checkpoint: proof.checkpoint.replace(/\n(\d+)\n/, (_: string, size: string) => `\n${Number(size) + 1}\n`),
    });
    assert.match((await check("--key", kept.key)).err, /do not trust/);
    changed({ checkpoint: undefined });
    assert.match((await check("--key", kept.key)).err, /brings no checkpoint/);
  });
});

Deno.test("a new key goes into use, and checkpoints of the old one go on to hold", async () => {
  await withRun(async ({ audit, directory, kept }) => {
    assert.match((await audit("rotate-key", "--overlap", "1h")).out, /^new key: ed25519 /);
    const published = (await audit("key")).out;
    assert.match(
      published,
      /^ed25519 \S+ until \S+Z\ned25519 \S+ from \S+Z$|^ed25519 \S+ from \S+Z until \S+Z\ned25519 \S+ from \S+Z$/,
    );
    Deno.writeTextFileSync(kept.key, published);
    assert.equal((await audit("verify", ...flags(kept))).exit, 0);
    const again = await outside([
      "start",
      "--data-dir",
      directory,
      "--speed",
      "max",
      "--duration",
      "5s",
      "--console-port",
      "off",
    ]);
    assert.equal(again.exit, 0, again.err);
    const note = Deno.readTextFileSync(`${directory}/runs/000002/checkpoint`);
    assert.equal(note.match(/^\u2014 /gm)?.length, 2);
    Deno.writeTextFileSync(kept.checkpoint, note);
    assert.equal((await audit("verify", ...flags(kept))).exit, 0);
  });
});

Deno.test("a witness in a directory and one behind HTTP sign a checkpoint, and a check asks for them", async () => {
  await withRun(async ({ audit, directory, kept }) => {
    const file = `${directory}/proof.json`;
    Deno.writeTextFileSync(file, (await audit("prove", "7")).out);
    const state = `${directory}/witness`;
    const server = cwts(["audit", "witness", "--state", state, "--logs", kept.key, "--name", "example.com/w"]).spawn();
    const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!/add-checkpoint/.test(said)) said += (await lines.read()).value ?? assert.fail(said);
    try {
      Deno.writeTextFileSync(`${directory}/w.pub`, /witness key: (\S+)/.exec(said)![1]);
      const cosigned = await audit("cosign", "--witness", /asked at (\S+)/.exec(said)![1]);
      assert.equal(cosigned.exit, 0, cosigned.err);
      const seen = { ...kept, checkpoint: `${directory}/seen` };
      Deno.writeTextFileSync(seen.checkpoint, `${cosigned.out}\n`);
      const witness = ["--witness", `${directory}/w.pub`];
      const good = await inside(["audit", "check", file, ...flags(seen), ...witness]);
      assert.equal(good.exit, 0, good.err);
      assert.match(good.out, /witness example.com\/w saw it at 2/);
      const unseen = await inside(["audit", "check", file, ...flags(kept), ...witness]);
      assert.equal(unseen.exit, 1);
      assert.match(unseen.out, /DOES NOT HOLD[^]*witness example.com\/w did not sign it/);
    } finally {
      server.kill("SIGTERM");
      await server.status;
      await lines.cancel();
      await server.stderr.cancel();
    }
    const local = ["--witness", state, "--logs", kept.key, "--name", "example.com/w"];
    assert.match((await audit("cosign", ...local)).out, /\n\u2014 example.com\/w \S+$/);
    Deno.writeTextFileSync(`${directory}/witness/seen.json`, JSON.stringify({}));
    const refused = await inside([
      "audit",
      "cosign",
      "--witness",
      "http://127.0.0.1:1/add-checkpoint",
      "--data-dir",
      directory,
    ]);
    assert.notEqual(refused.exit, 0);
    assert.match(refused.err, /start the witness/);
  });
});

Deno.test("tiles that are missing or wrong are named, counted and mended", async () => {
  await withRun(async ({ log, audit }) => {
    const whole = await audit("verify");
    assert.match(whole.out, /\n\d+ tiles fit, 0 are missing\n/);
    const bytes = Deno.readFileSync(`${log}/tile/0`);
    Deno.writeFileSync(`${log}/tile/0`, bytes.with(40, bytes[40] ^ 1));
    const wrong = await audit("verify");
    assert.equal(wrong.exit, 1);
    assert.match(wrong.out, /^DAMAGED .*: wrong tile at record 1\nthe log is whole.*\(tile\/0, tile 0\)/);
    assert.match((await audit("verify", "--mend-tiles")).out, /\n1 tile written anew$/);
    Deno.truncateSync(`${log}/tile/0`, bytes.length - 8192);
    assert.match((await audit("verify")).out, /\n\d+ tiles fit, 1 are missing\n/);
    assert.match((await audit("verify", "--mend-tiles")).out, /\n1 tile written anew$/);
  });
});
