/** The second verifier of audit logs, against published vectors and against the native one. */
import assert from "node:assert/strict";
import {
  fromHex,
  leafHash,
  toHex,
  Tree,
  verifyConsistency,
  verifyInclusion,
  verifyLog,
} from "../../actors/auditors/verifier/mod.ts";
import { AuditLog, proveBeginning, proveInclusion, RecordType, verifyAudit } from "../../ffi/mod.ts";
import { readImportGraph } from "../../tools/import_graph.ts";
import { inDirectory, NOW } from "../ffi/native.ts";

/** Park and Miller's generator: a failure can be repeated from its seed. */
function chance(seed: number): (below: number) => number {
  let state = seed % 2147483647 || 1;
  return (below) => (state = state * 48271 % 2147483647) % below;
}

// Leaves and roots by size: testonly/constants.go of transparency-dev/merkle.
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

Deno.test("the published roots of RFC 6962 trees come out, and the published consistency proof holds", async () => {
  const leaves = await Promise.all(LEAVES.map((leaf) => leafHash(fromHex(leaf))));
  let grown = new Tree();
  for (const [size, root] of ROOTS.entries()) {
    assert.equal(toHex(await grown.root()), root);
    assert.equal(toHex(await (await new Tree().with(leaves.slice(0, size))).root()), root);
    if (size < leaves.length) grown = await grown.with([leaves[size]]);
  }
  const path = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
  ].map(fromHex);
  const [first, last] = [ROOTS[1], ROOTS[8]].map(fromHex);
  assert.ok(await verifyConsistency(1, 8, first, last, path));
  for (const [at, hash] of path.entries()) {
    const changed = hash.slice();
    changed[3] ^= 1;
    assert.ok(!await verifyConsistency(1, 8, first, last, path.with(at, changed)));
    assert.ok(!await verifyConsistency(1, 8, first, last, path.toSpliced(at, 1)));
    assert.ok(!await verifyConsistency(1, 8, first, last, path.toSpliced(at, 0, hash)));
  }
});

Deno.test("the second verifier is one file that imports nothing and is read in one sitting", async () => {
  const { edges } = await readImportGraph();
  const folder = "actors/auditors/verifier/";
  const inside = edges.filter(({ from }) => from.startsWith(folder));
  assert.deepEqual(inside, []);
  for await (const { name } of Deno.readDir(new URL(`../../${folder}`, import.meta.url))) {
    const source = await Deno.readTextFile(new URL(`../../${folder}${name}`, import.meta.url));
    assert.doesNotMatch(source, /\bDeno\.|node:|npm:|\bimport\b/, name);
    assert.ok(source.trimEnd().split("\n").length < 400, `${name} is read in one sitting`);
  }
});

Deno.test("proofs of the native core hold in the second verifier, for every record and every beginning", async () => {
  await inDirectory(async (directory) => {
    writeLog(directory, 40, chance(3), 2048).close();
    for (let size = 1; size <= 40; size += 3) {
      for (let index = 0; index < size; index++) {
        const { leaf, root, path } = proveInclusion(directory, index, size);
        const [from, to, steps] = [fromHex(leaf), fromHex(root), path.map(fromHex)];
        assert.ok(await verifyInclusion(from, index, size, steps, to));
        assert.ok(!await verifyInclusion(from, index, size + 1, steps, to) || index < size - 1);
        assert.ok(!await verifyInclusion(to, index, size, steps, from) || size === 1);
      }
      for (let earlier = 1; earlier <= size; earlier++) {
        const { earlierRoot, laterRoot, path } = proveBeginning(directory, earlier, size);
        const [first, last, steps] = [fromHex(earlierRoot), fromHex(laterRoot), path.map(fromHex)];
        assert.ok(await verifyConsistency(earlier, size, first, last, steps));
        if (earlier < size) assert.ok(!await verifyConsistency(earlier, size, last, first, steps));
      }
    }
  });
});

function writeLog(directory: string, records: number, draw: (below: number) => number, segmentBytes: number): AuditLog {
  const audit = AuditLog.open({ directory, durability: "memory", segmentBytes });
  for (let i = 0; i < records; i++) {
    audit.append(RecordType.Note, NOW + i, Uint8Array.from({ length: draw(90) }, () => draw(256)), draw(1000));
    // Ends a group now and then.
    if (draw(3) === 0) audit.head();
  }
  return audit;
}

const segmentsOf = (directory: string): string[] =>
  [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.endsWith(".log")).sort()
    .map((name) => `${directory}/${name}`);

/** One random damage to the files of a log; most of them leave it readable up to some place. */
function damage(files: readonly string[], draw: (below: number) => number): void {
  const file = files[draw(files.length)];
  const bytes = Deno.readFileSync(file);
  const [one, other] = [draw(bytes.length), draw(bytes.length)].sort((a, b) => a - b);
  const kinds: (() => Uint8Array)[] = [
    () => bytes.with(one, bytes[one] ^ 1 << draw(8)),
    () => bytes.subarray(0, one),
    () => joined(bytes.subarray(0, one), bytes.subarray(other)),
    () => joined(bytes.subarray(0, other), bytes.subarray(one)),
    () => bytes.slice().fill(0, one),
    () => bytes.slice().fill(draw(256), one, other),
    () => joined(bytes, Uint8Array.from({ length: 1 + draw(120) }, () => draw(256))),
    () => bytes,
  ];
  Deno.writeFileSync(file, kinds[draw(kinds.length)]());
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** More of them: `deno test -A --no-check tests/actors/verifier_test.ts -- --runs 100000`. */
const LOGS = Number(/^--runs$/.test(Deno.args[0] ?? "") ? Deno.args[1] : 200);
const DAMAGES = 12;

Deno.test(`both verifiers agree on ${LOGS} random logs and on ${LOGS * DAMAGES} damaged ones`, async () => {
  const seen = { good: 0, damaged: 0 };
  for (let seed = 1; seed <= LOGS; seed++) {
    await inDirectory(async (directory) => {
      const draw = chance(seed);
      const log = `${directory}/log`;
      const audit = writeLog(log, draw(30), draw, 300 + draw(3000));
      const head = audit.head();
      audit.close();
      const files = segmentsOf(log);
      const whole = files.map((file) => Deno.readFileSync(file));
      const untouched = await verifyLog(whole);
      assert.deepEqual(
        [untouched.ok, untouched.records, toHex(untouched.root), toHex(untouched.chain)],
        [true, head.records, head.root, head.chain],
        `seed ${seed}`,
      );
      for (let turn = 0; turn < DAMAGES; turn++) {
        damage(files, draw);
        const native = verifyAudit(log);
        const second = await verifyLog(files.map((file) => Deno.readFileSync(file)));
        const about = `seed ${seed}, turn ${turn}: ${native.damage} at ${native.badIndex}, ${second.bad?.why}`;
        assert.equal(second.ok, native.ok, about);
        assert.equal(toHex(second.chain), native.chain, about);
        if (second.ok) {
          assert.deepEqual([toHex(second.root), second.records], [native.root, native.records], about);
          seen.good++;
        } else {
          // The second one names the group, the first the place in it; a cut shows in the segment behind it, too.
          assert.ok(second.records <= native.records && second.bad!.segment - native.badSegment! <= 1, about);
          seen.damaged++;
        }
        files.forEach((file, i) => Deno.writeFileSync(file, whole[i]));
      }
    });
  }
  assert.ok(seen.good > LOGS / 4 && seen.damaged > LOGS * 6, JSON.stringify(seen));
});
