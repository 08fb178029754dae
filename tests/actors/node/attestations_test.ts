/** A node that asks an authority and a witness by itself: nothing waits, what fails is told and asked again, and the end is covered. */
import assert from "node:assert/strict";
import { Attestations } from "../../../actors/node/attestations.ts";
import { loadConfig } from "../../../config/mod.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { openssl, startAuthority } from "../auditors/timestamps/authority.ts";
import { need } from "../../services/needs.ts";
import { inside } from "../../cli/run.ts";
import { openWitness } from "../../../actors/node/mod.ts";
import { answerHttp } from "../../../actors/auditors/checkpoints/witness.ts";
import { parseKeys } from "../../../cli/audit_checkpoint.ts";
import { records, run, withDirectory } from "./run.ts";

ensureCore();

const SHORT = { CWTS_NODE_DURATION: "5" };

/** Asks over a directory with a checkpoint, by a clock that the test moves. */
function rig(directory: string, environment: Record<string, string>) {
  const told: string[] = [];
  const notes: Readonly<Record<string, unknown>>[] = [];
  const clock = { seconds: 0 };
  const { config } = loadConfig({ directory, environment });
  const attestations = new Attestations({
    ...{ config, directory, stopwatch: { now: () => clock.seconds * 1e9 } },
    note: (event) => void notes.push(event),
    err: (line) => void told.push(line),
    answerMs: 300,
  });
  return { attestations, told, notes, clock };
}

const until = async (what: () => boolean) => {
  for (let looks = 0; !what(); looks++) {
    assert.ok(looks < 500, "it does not come to it");
    await new Promise((next) => setTimeout(next, 10));
  }
};

const checkpoint = (directory: string, size: number) =>
  Deno.writeTextFileSync(`${directory}/checkpoint`, `cwts/a/1\n${size}\nAAAA\n\n— x y\n`);

Deno.test("who does not answer is told of once, asked again later each time, and nothing waits for it", () =>
  withDirectory(async (directory) => {
    let asked = 0;
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
      asked++;
      return new Response("out of order", { status: 503 });
    });
    const { attestations, told, notes, clock } = rig(directory, {
      CWTS_AUDIT_TSA: `http://127.0.0.1:${server.addr.port}/`,
    });
    attestations.poll();
    assert.equal(asked, 0, "there is no checkpoint yet");
    checkpoint(directory, 10);
    const begun = performance.now();
    attestations.poll();
    assert.ok(performance.now() - begun < 100, "the node does not wait");
    await until(() => attestations.views()[0].fault !== null);
    assert.deepEqual(attestations.views()[0].records, 0);
    assert.match(
      told[0],
      /^TIMESTAMP_UNREACHABLE: no time stamp from http:\S+: it answers with status 503; asked again/,
    );
    assert.deepEqual(notes.map(({ attestation, active, code }) => [attestation, active, code]), [[
      "tsa",
      true,
      "TIMESTAMP_UNREACHABLE",
    ]]);
    // 2 s, then 4, then 8.
    for (const [seconds, count] of [[1.9, 1], [2, 2], [5.9, 2], [6, 3], [13.9, 3], [14, 4]]) {
      clock.seconds = seconds;
      attestations.poll();
      await until(() => asked >= count);
      await new Promise((next) => setTimeout(next, 30));
      assert.equal(asked, count, `at ${seconds} s`);
    }
    assert.equal(told.length, 1, "once");
    await attestations.finish();
    assert.equal(asked, 5, "the end is asked about");
    await server.shutdown();
  }));

Deno.test("an authority that hangs holds nobody up, and is given up when the node ends", () =>
  withDirectory(async (directory) => {
    let asked = 0;
    const hanging = Promise.withResolvers<Response>();
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => (asked++, hanging.promise));
    const { attestations, told, clock } = rig(directory, {
      CWTS_AUDIT_WITNESS: `http://127.0.0.1:${server.addr.port}/`,
    });
    checkpoint(directory, 10);
    attestations.poll();
    attestations.poll();
    await new Promise((next) => setTimeout(next, 50));
    await until(() => told.length > 0);
    assert.match(
      told[0],
      /^WITNESS_UNREACHABLE: no signature of the witness http:\S+: no answer in 0.3 s; asked again/,
    );
    assert.equal(asked, 1, "one question at a time");
    clock.seconds = 10;
    attestations.poll();
    const begun = performance.now();
    await attestations.finish();
    assert.ok(performance.now() - begun < 900, "the end is bounded");
    hanging.resolve(new Response());
    await server.shutdown();
  }));

Deno.test({
  name: `a node has its first and its last checkpoint stamped and signed, and they hold${
    need(openssl === null ? ["openssl"] : [])
  }`,
  ignore: openssl === null,
  fn: () =>
    withDirectory(async (directory) => {
      await using authority = await startAuthority();
      const plain = await run(directory, { environment: SHORT });
      const data = `${directory}/data`;
      const keys = parseKeys(Deno.readTextFileSync(`${data}/node.pub`), "node.pub");
      const { witness, key } = openWitness(`${directory}/witness`, "example.com/w", keys);
      Deno.writeTextFileSync(`${directory}/w.pub`, key);
      let refuses = false;
      const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) =>
        refuses
          ? new Response("the log does not begin as it did before\n", { status: 422 })
          : await answerHttp(witness, request));
      const environment = {
        ...SHORT,
        CWTS_AUDIT_TSA: authority.url,
        CWTS_AUDIT_WITNESS: `http://127.0.0.1:${server.addr.port}/add-checkpoint`,
      };
      const { summary } = await run(directory, { environment });
      const log = `${data}/runs/000002`;
      const verdict = JSON.parse(
        (await inside(["audit", "verify", "--data-dir", data, "--tsa-ca", authority.ca, "--json"])).out,
      );
      assert.deepEqual([verdict.timestamp.fault, verdict.timestamp.records, verdict.timestamp.vouched], [
        null,
        summary.audit.records,
        true,
      ]);
      const signed = Deno.readTextFileSync(`${log}/witnessed.checkpoint`);
      assert.equal(Number(signed.split("\n")[1]), summary.audit.records);
      assert.match(signed, /^— example\.com\/w /m);
      const held = await inside([
        "audit",
        "verify",
        "--data-dir",
        data,
        "--checkpoint",
        `${log}/witnessed.checkpoint`,
        "--key",
        `${data}/node.pub`,
      ]);
      assert.equal(held.exit, 0, held.out + held.err);
      assert.deepEqual(
        records(directory).filter(({ value }) =>
          value?.attestation !== undefined
        ),
        [],
      );
      assert.equal(plain.summary.audit.root, summary.audit.root, "who vouches changes no root");

      refuses = true;
      const { attestations, told } = rig(log, { CWTS_AUDIT_WITNESS: environment.CWTS_AUDIT_WITNESS });
      attestations.poll();
      await until(() => told.length > 0);
      assert.match(
        told[0],
        /^WITNESS_REFUSES: .*does not begin as it did before: compare the log with an earlier copy/,
      );
      assert.equal(Deno.readTextFileSync(`${log}/witnessed.checkpoint`), signed);
      await server.shutdown();
    }),
});

Deno.test("an address that is none stops the start before anything is made", () =>
  withDirectory(async (directory) => {
    await assert.rejects(run(directory, { environment: { ...SHORT, CWTS_AUDIT_TSA: "ftp://x" } }), {
      code: "ATTESTATION_ADDRESS",
      message: /audit\.tsa ftp:\/\/x is no address: it begins with http/,
    });
    assert.throws(() => Deno.statSync(`${directory}/data`), Deno.errors.NotFound);
  }));
