/** Time stamps of a real authority: asked for, read, and every way to spoil one found. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { der, readDer } from "../../../../actors/auditors/timestamps/der.ts";
import { askForTimestamp, timestampRequest, tokenOf } from "../../../../actors/auditors/timestamps/request.ts";
import { readToken, tokenFault, vouchedBy } from "../../../../actors/auditors/timestamps/token.ts";
import { need } from "../../../services/needs.ts";
import { openssl, startAuthority } from "./authority.ts";

const ignore = openssl === null;
const lacks = need(ignore ? ["openssl"] : []);
const HASH = new Uint8Array(32).map((_, i) => i * 7);
const NONCE = Uint8Array.of(0x91, 2, 3, 4, 5, 6, 7, 8);

for (const key of ["rsa:2048", "ec"]) {
  Deno.test({
    name: `a time stamp of an authority with a key of ${key} is asked for and holds${lacks}`,
    ignore,
    async fn() {
      await using authority = await startAuthority({ key });
      const before = Math.floor(Date.now() / 1000) * 1000;
      const { bytes, token } = await askForTimestamp(authority.url, HASH, NONCE);
      assert.deepEqual(readToken(bytes).imprint, HASH);
      assert.ok(token.time >= before && token.time <= Date.now(), `${token.time}`);
      assert.equal(tokenFault(token, HASH), null);
      assert.ok(vouchedBy(token, [new X509Certificate(Deno.readTextFileSync(authority.ca))]));
      await using stranger = await startAuthority();
      assert.ok(!vouchedBy(token, [new X509Certificate(Deno.readTextFileSync(stranger.ca))]));
    },
  });
}

Deno.test({
  name: `a token that is of something else, or was changed anywhere, does not hold${lacks}`,
  ignore,
  async fn() {
    await using authority = await startAuthority();
    const { bytes } = await askForTimestamp(authority.url, HASH, NONCE);
    assert.equal(tokenFault(readToken(bytes), HASH.map((byte) => byte ^ 1)), "it is of something else");
    const ca = new X509Certificate(Deno.readTextFileSync(authority.ca));
    let refused = 0;
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] ^= 0x01;
      try {
        const token = readToken(changed);
        // What is left unsigned by design says nothing that is read: names of algorithms, and versions of structures.
        if (tokenFault(token, HASH) !== null || !vouchedBy(token, [ca])) refused++;
        else assert.deepEqual([token.time, token.serial, token.nonce], said(bytes));
      } catch (error) {
        refused++;
        assert.ok(error instanceof Error);
      }
    }
    assert.ok(refused > bytes.length * 0.9, `${refused} of ${bytes.length}`);
    for (let end = 0; end < bytes.length; end += 7) assert.throws(() => readToken(bytes.slice(0, end)));
  },
});

const said = (bytes: Uint8Array<ArrayBuffer>) => {
  const { time, serial, nonce } = readToken(bytes);
  return [time, serial, nonce];
};

Deno.test({
  name: `a certificate that is not for time stamps is refused by its authority's program, and by us${lacks}`,
  ignore,
  async fn() {
    await using authority = await startAuthority({ uses: "web" });
    assert.throws(() => authority.answer(timestampRequest(HASH, NONCE)), /openssl ts/);
    await using good = await startAuthority();
    const { token } = await askForTimestamp(good.url, HASH, NONCE);
    const without = { ...token, certificate: new X509Certificate(Deno.readTextFileSync(authority.ca)) };
    assert.equal(tokenFault(without, HASH), "its certificate is not for time stamps");
  },
});

Deno.test({
  name: `an answer to another question, and a refusal, are told in words${lacks}`,
  ignore,
  async fn() {
    await using authority = await startAuthority();
    const old = authority.answer(timestampRequest(HASH, NONCE));
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response(old));
    const url = `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/`;
    await assert.rejects(askForTimestamp(url, HASH, NONCE.map((byte) => byte ^ 1)), /answers another question/);
    await assert.rejects(askForTimestamp(url, HASH.map((byte) => byte ^ 1), NONCE), /is of something else/);
    await server.shutdown();
    // SHA-256 is named by an arc that ends in 4, 2, 1; with another end it is a hash that the authority does not take.
    const request = timestampRequest(HASH, NONCE);
    const at = request.findIndex((byte, i) => byte === 0x01 && request[i - 1] === 0x02 && request[i - 2] === 0x04);
    request[at] = 0x03;
    assert.throws(() => tokenOf(authority.answer(request)), /the authority refuses \(status 2/);
  },
});

Deno.test("DER is read and written by the same rules", () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const written = der(0x04, new Uint8Array(length));
    assert.equal(readDer(written).content.length, length);
    assert.throws(() => readDer(written.slice(0, -1)), RangeError);
  }
});
