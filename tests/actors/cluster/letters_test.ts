/** Letters that nodes trade by: believed where they were meant to stand, as they were said, and nowhere else. */
import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { LetterFaults, LetterSeal, openSecret, readSecrets } from "../../../actors/cluster/mod.ts";
import type { UserError } from "../../../config/mod.ts";
import { decodeFrame, encodeFrame, FrameError, type Letter } from "../../../runtime/transport/mod.ts";

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);
const TOPIC = "main-orders";
const KEY = "anglerfish-1";
const seal = new LetterSeal("main", [OLD]);
const open = new LetterSeal("main", null);

const letter = (body = '{"kind":"ShardBeat"}', headers?: Letter["headers"]): Letter => ({
  envelope: {
    ...{ node: "o1", epoch: 3, sender: "/shards/x/door", sequence: 7, id: 5, cause: 4, root: 2, deadline: Infinity },
    schema: { id: "cwts.to-gateway", version: 1 },
  },
  body,
  ...(headers === undefined ? {} : { headers }),
});
const codeOf = (by: LetterSeal, one: Letter, topic = TOPIC, key = KEY): string => {
  const opened = by.open(topic, key, one);
  return opened.ok ? "ok" : opened.code;
};

Deno.test("a signed letter comes out as it was said", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (body) => {
    const opened = seal.open(TOPIC, KEY, seal.sign(TOPIC, KEY, letter(body)));
    assert.deepEqual(opened, { ok: true, letter: letter(body) });
  }));
  const traced = letter("{}", { traceparent: "00-1" });
  assert.deepEqual(seal.open(TOPIC, KEY, seal.sign(TOPIC, KEY, traced)), { ok: true, letter: traced });
});

Deno.test("no byte of a signed letter may change on its way", () => {
  const body = '{"to":1,"word":{"kind":"SubmitOrder","price":100,"quantity":"ä"}}';
  const frame = new TextEncoder().encode(
    encodeFrame({ key: KEY, letter: seal.sign(TOPIC, KEY, letter(body, { traceparent: "00-1" })) }),
  );
  let [refused, none] = [0, 0];
  for (let at = 0; at < frame.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const other = frame.slice();
      other[at] ^= 1 << bit;
      let read;
      try {
        read = decodeFrame(new TextDecoder().decode(other));
      } catch (error) {
        assert.ok(error instanceof FrameError);
        none++;
        continue;
      }
      assert.notEqual(codeOf(seal, read.letter, TOPIC, read.key), "ok", `byte ${at}, bit ${bit}`);
      refused++;
    }
  }
  assert.equal(refused + none, frame.length * 8);
  assert.ok(refused > none, `${refused} were letters, ${none} were none`);
});

Deno.test("a letter is believed in its cluster, on its topic and for its shard, and whatever its envelope says is signed", () => {
  const good = seal.sign(TOPIC, KEY, letter());
  assert.equal(codeOf(seal, good), "ok");
  assert.equal(codeOf(new LetterSeal("other", [OLD]), good), "LETTER_FORGED");
  assert.equal(codeOf(seal, good, "main-reports"), "LETTER_FORGED");
  assert.equal(codeOf(seal, good, TOPIC, "anglerfish-2"), "LETTER_FORGED");
  const changes: Partial<Letter["envelope"]>[] = [
    ...[{ node: "o2" }, { epoch: 4 }, { sender: "/y" }, { sender: null }, { sequence: 8 }, { id: 6 }, { cause: 5 }],
    ...[{ root: 3 }, { deadline: 9 }, { schema: null }, { schema: { id: "cwts.to-gateway", version: 2 } }],
    { schema: { id: "cwts.to-holder", version: 1 } },
  ];
  for (const change of changes) {
    const other = { ...good, envelope: { ...good.envelope, ...change } };
    assert.equal(codeOf(seal, other), "LETTER_FORGED", JSON.stringify(change));
  }
  assert.equal(codeOf(seal, { ...good, headers: { x: "y" } }), "LETTER_FORGED");
});

Deno.test("who has no secret, or another, signs nothing that is believed", () => {
  assert.equal(codeOf(seal, letter()), "LETTER_UNSIGNED");
  assert.equal(codeOf(seal, new LetterSeal("main", [NEW]).sign(TOPIC, KEY, letter())), "LETTER_FORGED");
  assert.equal(codeOf(seal, new LetterSeal("main", openSecret("main")).sign(TOPIC, KEY, letter())), "LETTER_FORGED");
  assert.equal(codeOf(seal, letter(`signed2:${"0".repeat(64)}\n{}`)), "LETTER_FORGED", "a later form");
  assert.equal(codeOf(seal, letter(`signed1:${"0".repeat(10)}`)), "LETTER_FORGED");
  assert.equal(codeOf(open, seal.sign(TOPIC, KEY, letter())), "LETTER_SIGNED");
  assert.deepEqual(open.sign(TOPIC, KEY, letter()), letter(), "without a secret a letter is as it was");
  assert.equal(codeOf(open, letter()), "ok");
});

Deno.test("letters are signed with a key of their own, which is made of the secret, and kills with the secret", () => {
  const signedWith = (key: Uint8Array, { envelope, body }: Letter) => {
    const { schema, ...rest } = envelope;
    const line = ["main", TOPIC, KEY, ...Object.values({ ...rest, deadline: null }), schema!.id, schema!.version, null];
    const mac = createHmac("sha256", key).update(`${JSON.stringify(line)}\n${body}`).digest("hex");
    return { envelope, body: `signed1:${mac}\n${body}` };
  };
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 80 }), fc.string({ unit: "grapheme" }), (secret, body) => {
      const by = new LetterSeal("main", [secret]);
      const own = new Uint8Array(hkdfSync("sha256", secret, "", "letters of a cluster of CWTS, 1", 32));
      assert.deepEqual(by.sign(TOPIC, KEY, letter(body)), signedWith(own, letter(body)));
      assert.equal(codeOf(by, signedWith(secret, letter(body))), "LETTER_FORGED");
    }),
  );
});

Deno.test("a secret is changed in three steps, and at each the nodes believe each other", () => {
  const steps = [[OLD], [OLD, NEW], [NEW, OLD], [NEW]].map((secrets) => new LetterSeal("main", secrets));
  const believes = steps.map((reader) => steps.map((writer) => codeOf(reader, writer.sign(TOPIC, KEY, letter()))));
  for (let step = 0; step + 1 < steps.length; step++) {
    assert.deepEqual([believes[step][step + 1], believes[step + 1][step]], ["ok", "ok"], `step ${step + 1}`);
  }
  assert.deepEqual([believes[0][3], believes[3][0]], ["LETTER_FORGED", "LETTER_FORGED"]);
});

Deno.test("a file is one secret of bytes, or one or two of hex digits", async () => {
  const path = await Deno.makeTempFile();
  try {
    const read = (content: Uint8Array | string) => {
      if (typeof content === "string") Deno.writeTextFileSync(path, content);
      else Deno.writeFileSync(path, content);
      Deno.chmodSync(path, 0o600);
      return readSecrets(path).map((secret) => secret.toHex());
    };
    const [one, two] = [OLD.toHex(), NEW.toHex()];
    assert.deepEqual(read(OLD), [one]);
    const lines = new Uint8Array(32).fill(10);
    assert.deepEqual(read(lines), [lines.toHex()], "bytes that are ends of lines are bytes");
    assert.deepEqual(read(`${one}\n`), [one]);
    assert.deepEqual(read(`${two}\n${one}\n`), [two, one]);
    assert.deepEqual(read(`${two}\r\n${one}`), [two, one]);
    const text = "a long sentence that nobody else would think of";
    assert.deepEqual(read(text), [new TextEncoder().encode(text).toHex()]);
    const refused = (content: string, sentence: RegExp) =>
      assert.throws(
        () => read(content),
        (error: UserError) => error.code === "CLUSTER_SECRET" && sentence.test(error.message),
      );
    refused(`${two}\nabcd\n`, /a line of 2 bytes in hex digits, and each needs 32/);
    refused("ab".repeat(20), /a line of 20 bytes/);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a sender is told of once for each fault, and names that are made up fill nothing", () => {
  const faults = new LetterFaults();
  assert.match(
    faults.tell("LETTER_UNSIGNED", "o1", TOPIC)!,
    /^letters on main-orders that name "o1" .*\(LETTER_UNSIGNED\)$/,
  );
  assert.equal(faults.tell("LETTER_UNSIGNED", "o1", "main-status"), null);
  assert.match(faults.tell("LETTER_FORGED", "o1", TOPIC)!, /\(LETTER_FORGED\)$/);
  assert.match(
    faults.tell("LETTER_SIGNED", "\u001b[2J", TOPIC)!,
    /^letters on main-orders that name a node without a name of one as/,
  );
  const told = Array.from({ length: 1_000 }, (_, n) => faults.tell("LETTER_FORGED", `x${n}`, TOPIC)).filter(Boolean);
  assert.equal(told.length, 98);
  assert.match(told.at(-1)!, /more than 100 names are refused/);
});
