/** Checkpoints, keys and witnesses: published vectors, forged notes, keys that change, and a log that is rewritten. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { Checkpointer } from "../../../actors/auditors/checkpoints/checkpointer.ts";
import { namedKey, rawPublicKey, SIGNATURE, signedCheckpoint } from "../../../actors/auditors/checkpoints/note.ts";
import {
  answerHttp,
  askWitness,
  HttpWitness,
  LocalWitness,
  type Seen,
} from "../../../actors/auditors/checkpoints/witness.ts";
import {
  checkpointFault,
  cosigned,
  fromHex,
  keyId,
  readCheckpoint,
  readKeys,
  toBase64,
  toHex,
} from "../../../actors/auditors/verifier/mod.ts";
import { NodeKeys } from "../../../actors/node/mod.ts";
import { AuditLog, proveBeginning, RecordType } from "../../../ffi/mod.ts";
import { inDirectory, NOW } from "../../ffi/native.ts";

/** An Ed25519 private key from its seed: RFC 8410 puts sixteen bytes in front. */
const keyOf = (seed: string) =>
  createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${seed}`, "hex"),
    format: "der",
    type: "pkcs8",
  });
const newKey = () => generateKeyPairSync("ed25519").privateKey;
const lineOf = (key: ReturnType<typeof newKey>, more = "") => `ed25519 ${toBase64(rawPublicKey(key))}${more}\n`;

// RFC 8032, section 7.1: seed, public key, message, signature.
const RFC_8032 = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
] as const;

Deno.test("the signatures of RFC 8032 come out of what signs, and hold in what verifies", async () => {
  for (const [seed, publicKey, message, signature] of RFC_8032) {
    const key = keyOf(seed);
    assert.equal(toHex(rawPublicKey(key)), publicKey);
    assert.equal(sign(null, Buffer.from(message, "hex"), key).toString("hex"), signature);
    const imported = await crypto.subtle.importKey("raw", fromHex(publicKey), "Ed25519", false, ["verify"]);
    assert.ok(await crypto.subtle.verify("Ed25519", imported, fromHex(signature), fromHex(message)));
  }
});

Deno.test("the published checkpoint of C2SP is read, and a published key has the published id", async () => {
  const note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
    "\u2014 example.com/behind-the-sofa " +
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
  const { origin, size, time, signatures, text } = readCheckpoint(note);
  assert.deepEqual([origin, size, time, signatures.length], ["example.com/behind-the-sofa", 20852163, null, 1]);
  assert.equal(signatures[0].bytes.length, 64);
  assert.equal(text, note.split("\n\n")[0] + "\n");
  // The key of the Go checksum database, as the go command has it built in.
  const [key] = readKeys("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
  assert.equal(toHex(await keyId(key.name!, 1, key.bytes)), "033de0ae");
});

const STATEMENT = { origin: "cwts/test/000001", records: 12, root: "ab".repeat(32), time: 1_700_000_000 };

Deno.test("a checkpoint holds for the key that signed it, and every changed character is noticed", async () => {
  const key = newKey();
  const note = signedCheckpoint(STATEMENT, [key]);
  const keys = readKeys(lineOf(key));
  assert.equal(await checkpointFault(readCheckpoint(note), keys), null);
  assert.equal(
    await checkpointFault(readCheckpoint(note), readKeys(namedKey(STATEMENT.origin, SIGNATURE.log, key))),
    null,
  );
  assert.notEqual(await checkpointFault(readCheckpoint(note), readKeys(lineOf(newKey()))), null);
  assert.notEqual(await checkpointFault(readCheckpoint(note), readKeys(namedKey("cwts/test/000002", 1, key))), null);
  for (let at = 0; at < note.length; at++) {
    for (const other of ["A", "7", "\n", " "]) {
      if (note[at] === other) continue;
      const changed = note.slice(0, at) + other + note.slice(at + 1);
      let holds: boolean;
      try {
        holds = await checkpointFault(readCheckpoint(changed), keys) === null;
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
        holds = false;
      }
      assert.ok(!holds, `${JSON.stringify(other)} at ${at} of ${JSON.stringify(note)}`);
    }
  }
});

Deno.test("while a key gives way to the next both sign, and each holds in its time and not out of it", async () => {
  await inDirectory(async (directory) => {
    Deno.mkdirSync(directory, { recursive: true });
    const keys = new NodeKeys(directory);
    const [begin, day] = [1_700_000_000, 86_400];
    const first = keys.current(begin);
    const other = new NodeKeys(directory);
    const name = other.name(begin);
    const next = keys.rotate(begin + day, 2 * day);
    // Whoever has read the keys before notices.
    assert.equal(toBase64(rawPublicKey(other.current(begin + day))), next);
    assert.equal(other.name(begin + day), name);
    assert.deepEqual([other.signing(begin + 2 * day).length, other.signing(begin + 4 * day).length], [2, 1]);
    const published = readKeys(other.published(begin + 5 * day));
    assert.equal(published.length, 2);
    const at = (time: number, signers = other.signing(time)) =>
      checkpointFault(readCheckpoint(signedCheckpoint({ ...STATEMENT, time }, signers)), published);
    assert.equal(await at(begin + day / 2, [first]), null);
    assert.equal(await at(begin + 2 * day), null);
    assert.equal(await at(begin + 2 * day, [first]), null);
    assert.equal(await at(begin + 5 * day), null);
    assert.match((await at(begin + 5 * day, [first]))!, /not in use/);
    assert.match((await at(begin + day / 2, [other.current(begin)]))!, /not in use/);
    for (const file of ["node.key", "node.key.old", "node.pub"]) {
      assert.equal(Deno.statSync(`${directory}/${file}`).mode! & 0o777, 0o600, file);
    }
  });
});

Deno.test("a rotation that was cut short is finished by whoever looks at the keys next", async () => {
  await inDirectory((directory) => {
    Deno.mkdirSync(directory, { recursive: true });
    new NodeKeys(directory).current(1_700_000_000);
    const before = Deno.readTextFileSync(`${directory}/node.pub`);
    new NodeKeys(directory).rotate(1_700_001_000, 60);
    // The private keys were written, the list of public ones was not.
    Deno.writeTextFileSync(`${directory}/node.pub`, before);
    const keys = readKeys(new NodeKeys(directory).published(1_700_001_500));
    assert.deepEqual(keys.map(({ until }) => until), [1_700_001_500, null]);
    assert.equal(toBase64(keys[1].bytes), toBase64(rawPublicKey(new NodeKeys(directory).current(1_700_001_500))));
  });
});

Deno.test("a file that holds no key is refused in a sentence that does not quote it", async () => {
  await inDirectory((directory) => {
    Deno.mkdirSync(directory, { recursive: true });
    Deno.writeTextFileSync(`${directory}/node.key`, "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n");
    assert.throws(
      () => new NodeKeys(directory).current(0),
      (error: Error) => /holds no Ed25519 key/.test(error.message) && !/secret/.test(error.message),
    );
  });
});

Deno.test("a checkpoint is made after so many records, after so long, and at the end, and never of what is not kept", () => {
  const key = newKey();
  using log = AuditLog.memory();
  let now = 0;
  const notes: string[] = [];
  const complaints: Error[] = [];
  const checkpoints = new Checkpointer({
    log,
    origin: STATEMENT.origin,
    keys: () => [key],
    keep: (note) => void notes.push(note),
    now: () => now,
    wallNanos: () => 1.7e18 + now,
    everyRecords: 10,
    everyMs: 1000,
    complain: (error) => void complaints.push(error),
  });
  const append = (count: number) => {
    for (let i = 0; i < count; i++) log.append(RecordType.Note, NOW, new Uint8Array(8));
    checkpoints.poll();
    return notes.length;
  };
  assert.equal(append(1), 1);
  assert.equal(append(9), 1);
  assert.equal(append(1), 2);
  now += 999e6;
  assert.equal(append(1), 2);
  now += 2e6;
  assert.equal(append(0), 3);
  now += 5000e6;
  assert.equal(append(0), 3);
  append(3);
  checkpoints.make();
  checkpoints.make();
  const read = notes.map(readCheckpoint);
  assert.deepEqual(read.map(({ size }) => size), [1, 11, 12, 15]);
  assert.equal(toHex(read[3].root), log.head().root);
  assert.equal(read[3].time, 1_700_000_006);
  assert.deepEqual(complaints, []);
});

Deno.test("a checkpoint that cannot be written is said once, and the log goes on", () => {
  using log = AuditLog.memory();
  const complaints: string[] = [];
  const checkpoints = new Checkpointer({
    log,
    origin: STATEMENT.origin,
    keys: () => [newKey()],
    keep: () => {
      throw new Error("no room");
    },
    now: () => 0,
    wallNanos: () => 0,
    everyRecords: 1,
    everyMs: 1,
    complain: ({ message }) => void complaints.push(message),
  });
  for (let i = 0; i < 3; i++) {
    log.append(RecordType.Note, NOW, new Uint8Array(8));
    checkpoints.poll();
  }
  assert.deepEqual([complaints, log.head().records], [["no room"], 3]);
});

/** A log that is written, a witness of it, and the key by which that is checked. */
interface Scene {
  readonly audit: AuditLog;
  readonly note: () => { readonly text: string; readonly size: number };
  readonly beginning: (from: number, to: number) => readonly string[];
  readonly witness: LocalWitness;
  readonly seen: Map<string, Seen>;
  readonly witnessKey: string;
}

async function watched(use: (scene: Scene) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const [key, own, seen] = [newKey(), newKey(), new Map<string, Seen>()];
    using audit = AuditLog.open({ directory, durability: "batch" });
    const witness = new LocalWitness({
      name: "example.com/w",
      key: own,
      logs: readKeys(lineOf(key)),
      recall: (origin) => seen.get(origin) ?? null,
      remember: (origin, what) => void seen.set(origin, what),
      time: () => 1_700_000_100,
    });
    const note = () => {
      audit.commit();
      const { records, root } = audit.head();
      return { text: signedCheckpoint({ ...STATEMENT, records, root }, [key]), size: records };
    };
    const beginning = (from: number, to: number) => proveBeginning(directory, from, to).path;
    await use({ audit, note, beginning, witness, seen, witnessKey: namedKey("example.com/w", SIGNATURE.witness, own) });
  });
}

const append = (audit: AuditLog, count: number, byte = 0) => {
  for (let i = 0; i < count; i++) audit.append(RecordType.Note, NOW, new Uint8Array(8).fill(byte));
};

Deno.test("a witness signs a log that grew, and its signature holds for what it saw and nothing else", async () => {
  await watched(async ({ audit, note, beginning, witness, witnessKey, seen }) => {
    const [key] = readKeys(witnessKey);
    for (const count of [3, 5, 0, 700]) {
      append(audit, count);
      const { text, size } = note();
      const line = await askWitness(witness, text, size, beginning);
      assert.equal(await cosigned(readCheckpoint(text + line), key), 1_700_000_100);
      assert.equal(seen.get(STATEMENT.origin)!.size, size);
      assert.equal(await cosigned(readCheckpoint(text), key), null);
      const [first] = readKeys(namedKey("example.com/w", SIGNATURE.witness, newKey()));
      assert.equal(await cosigned(readCheckpoint(text + line), first), null);
      append(audit, 1);
      assert.equal(await cosigned(readCheckpoint(note().text + line), key), null);
    }
  });
});

Deno.test("a witness signs no log that was rewritten, that shrank, or whose key it does not know", async () => {
  await watched(async ({ audit, note, beginning, witness, seen }) => {
    append(audit, 40);
    await askWitness(witness, note().text, 40, beginning);
    const before = seen.get(STATEMENT.origin);
    await watched(async (other) => {
      append(other.audit, 41, 7);
      const { text } = other.note();
      await assert.rejects(askWitness(witness, text, 41, other.beginning), /no signature|none of its signatures/);
      await assert.rejects(
        askWitness(other.witness, text.replace(/\n41\n/, "\n40\n"), 40, other.beginning),
        /not what was signed/,
      );
    });
    const shorter = note().text;
    append(audit, 10);
    await askWitness(witness, note().text, 50, beginning);
    await assert.rejects(askWitness(witness, shorter, 40, beginning), /has seen a log of 50 records/);
    seen.set(STATEMENT.origin, { size: 45, root: before!.root });
    append(audit, 5);
    await assert.rejects(askWitness(witness, note().text, 55, beginning), /does not begin as it did before/);
    assert.equal(seen.get(STATEMENT.origin)!.size, 45);
  });
});

Deno.test("a witness is asked over HTTP, and what is no request is refused", async () => {
  await watched(async ({ audit, note, beginning, witness, witnessKey }) => {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request) => answerHttp(witness, request),
    );
    const at = `http://127.0.0.1:${server.addr.port}`;
    append(audit, 9);
    await askWitness(new HttpWitness(`${at}/add-checkpoint`), note().text, 9, beginning);
    append(audit, 9);
    const { text } = note();
    const line = await askWitness(new HttpWitness(`${at}/add-checkpoint`), text, 18, beginning);
    assert.equal(await cosigned(readCheckpoint(text + line), readKeys(witnessKey)[0]), 1_700_000_100);
    const status = async (path: string, init?: RequestInit) => {
      const response = await fetch(at + path, init);
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status("/"), 404);
    assert.equal(await status("/add-checkpoint"), 405);
    assert.equal(await status("/add-checkpoint", { method: "POST", body: "old x" }), 400);
    assert.equal(await status("/add-checkpoint", { method: "POST", body: `old 0\n\n${text}` }), 409);
    assert.equal(await status("/add-checkpoint", { method: "POST", body: "x".repeat(70_000) }), 413);
  });
});
