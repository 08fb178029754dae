/** A new configuration for a cluster: offered, acknowledged, refused, put in force by a second person, and there for who comes late. */
import assert from "node:assert/strict";
import { hostDesk } from "../../actors/node/mod.ts";
import type { Invitation, Role } from "../../actors/protocol/mod.ts";
import { ensureCore } from "../../ffi/build.ts";
import { readAudit } from "../../ffi/mod.ts";
import { decodeAudit } from "../../ffi/mod.ts";
import { runDirectory } from "../../actors/node/mod.ts";
import { logIn, PASSWORD } from "../actors/access/desk.ts";
import { inside, outside } from "../cli/run.ts";
import { missing, need } from "../services/needs.ts";
import { startRedis } from "../services/redis.ts";
import { TestCluster } from "./processes.ts";

ensureCore();

const absent = missing("redis");
const STAFF: readonly (readonly [string, Role])[] = [["bob", "risk-officer"], ["cat", "risk-approver"]];

async function staff(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const access = hostDesk(directory, () => {});
  const enrol = ({ person, token }: Invitation) => access.enrol(person, token, PASSWORD, "test");
  await enrol(access.addFirst("root", ["security-admin"], "host:test"));
  const root = await logIn(access, "root");
  for (const [person, role] of STAFF) await enrol(access.addPerson(root, person, [role], "test"));
  access.close();
}

/** What operators did, in the latest run or in the one that is named. */
const actions = (data: string, run?: number) =>
  [...readAudit(runDirectory(data, run))].filter(({ typeName }) => typeName === "OperatorAction")
    // deno-lint-ignore no-explicit-any -- records of all kinds
    .map((record) => decodeAudit(record) as any).filter(({ action }) => /^(configuration|limits)-/.test(action ?? ""));

Deno.test({
  name: `a configuration is offered, acknowledged by every node, put in force by a second person, and survives starts${
    need(absent)
  }`,
  ignore: absent.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using redis = await startRedis();
    const cluster = await TestCluster.open(`redis://127.0.0.1:${redis.port}`);
    try {
      const data = cluster.data("g1");
      await staff(data);
      const gateway = cluster.gateway("g1", "--console-port", "0");
      cluster.organisms("o1");
      await cluster.trading("o1");
      const url = /^console: (\S+)/m.exec(gateway.out)![1];
      const configure = (...args: string[]) =>
        inside(["cluster", "configure", ...args, "--console", url], { secret: () => PASSWORD });
      const before = cluster.status().gateway.config;

      const next = `${cluster.directory}/next.toml`;
      // A limit, which counts at once; and a parameter of an organism, which counts at the next start.
      await Deno.writeTextFile(next, '[firm.limits]\nmax_gross = "77000000"\n\n[mode]\nrecover_ms = 7000\n');
      assert.match((await configure()).err + (await configure("--as", "bob")).out, /no configuration was offered/);
      const nobody = await configure(next, "--reason", "index roll");
      assert.notEqual(nobody.exit, 0, "who shows nothing offers nothing");
      const wrongRole = await configure(next, "--reason", "index roll", "--as", "cat");
      assert.match(wrongRole.err, /cat may not propose-limits/);
      const offer = await configure(next, "--reason", "index roll", "--as", "bob", "--json");
      assert.equal(offer.exit, 0, offer.err);
      const { epoch, hash, digest } = JSON.parse(offer.out);
      assert.equal(epoch, 1);
      assert.notEqual(hash, before);
      await cluster.until("every node acknowledges", ({ nodes }) =>
        ["g1", "o1"].every((name) => {
          const found = nodes.find(({ node }) => node === name)?.offer;
          return found?.epoch === 1 && found.refused === null && !found.switched;
        }));
      const { out } = await outside(["cluster", "status", "--broker", cluster.broker]);
      assert.match(out, /o1 +organisms +running .* epoch 1 acknowledged/);

      const same = await configure("--approve", "1", "--digest", digest, "--as", "bob");
      assert.match(same.err, /bob may not approve-limits/);
      const wrong = await configure("--approve", "1", "--digest", "0123456789abcdef", "--as", "cat");
      assert.match(wrong.err, /the digest is not that of change 1/);
      // A node that cannot run it stands in the way.
      const bars = cluster.organisms("o2", "--feed", "replay:other.gz");
      await cluster.until(
        "another node refuses it",
        ({ nodes }) =>
          nodes.some(({ node, offer }) => node === "o2" && offer?.refused !== null && offer?.refused !== undefined),
      );
      const waits = await configure("--approve", "1", "--digest", digest, "--as", "cat");
      assert.match(waits.err, /configuration epoch 1 waits: o2 refuses it/);
      assert.ok(cluster.status().concerns.some((one) => /^o2 cannot run configuration epoch 1: /.test(one)));
      bars.kill("SIGTERM");
      await bars.ended;
      await cluster.until("it has gone", ({ nodes }) => nodes.find(({ node }) => node === "o2")?.state !== "running");

      const done = await configure("--approve", "1", "--digest", digest, "--as", "cat");
      assert.equal(done.exit, 0, done.err);
      assert.match(done.out, /configuration epoch 1 \(\w{12}\) is in force: 1 limits changed now; .*what is no limit/);
      const again = await configure("--approve", "1", "--digest", digest, "--as", "cat");
      assert.match(again.err, /configuration epoch 1 does not wait any more/);
      const limits = await inside(["controls", "limits", "--json", "--console", url, "--as", "bob"], {
        secret: () => PASSWORD,
      });
      const gross = JSON.parse(limits.out).limits.find((one: { scope: string; limit: string }) =>
        one.scope === "firm" && one.limit === "max_gross"
      );
      assert.equal(gross.value, "77000000", "the limit counts now");
      assert.equal(cluster.status().gateway.config, before, "the rest does not");
      const acts = actions(data).slice(0, 3);
      assert.deepEqual(acts.map(({ action }) => action), [
        "configuration-offered",
        "configuration-switched",
        "limits-adopted",
      ]);
      assert.notEqual(acts[0].who, acts[1].who, "two persons are on record");

      await Deno.writeTextFile(next, "[mode]\nrecover_ms = 9000\n");
      const second = await configure(next, "--reason", "a slip", "--as", "bob", "--json");
      assert.equal(JSON.parse(second.out).epoch, 2, second.err);
      const gone = await configure("--withdraw", "2", "--reason", "not needed", "--as", "bob");
      assert.match(gone.out, /configuration epoch 2 withdrawn/, gone.err);
      assert.equal(actions(data).at(-1)!.action, "configuration-withdrawn");

      // The same file, and yet the gateway starts with what was put in force; organisms nodes go along, and so do late ones.
      gateway.kill("SIGTERM");
      assert.equal(await gateway.ended, 0, gateway.out);
      const anew = cluster.gateway("g1");
      await anew.said(
        new RegExp(`configuration epoch 1 of the cluster: ${hash.slice(0, 12)}, and not ${before.slice(0, 12)}`),
      );
      await cluster.until("it serves", ({ gateway }) => gateway.epoch === 2 && gateway.config === hash);
      await cluster.trading("o1");
      cluster.organisms("o3");
      await cluster.until(
        "the late one trades as well",
        ({ shards, nodes }) =>
          shards.some(({ holder, state }) => holder === "o3" && state === "trading") &&
          nodes.find(({ node }) => node === "o3")?.config === hash,
      );
    } finally {
      await cluster.end();
    }
  },
});

Deno.test("what cannot be asked is one sentence", async () => {
  const cases: [string[], RegExp][] = [
    [["a.toml", "--approve", "1"], /one thing at a time/],
    [["--approve", "1"], /name it with --digest/],
    [["--withdraw", "1"], /name it with --reason/],
    [["/nowhere.toml", "--reason", "x"], /\/nowhere\.toml/],
    [["--console", "http://127.0.0.1:1"], /no node answers at/],
  ];
  for (const [args, sentence] of cases) {
    const { exit, err } = await inside(["cluster", "configure", ...args]);
    assert.notEqual(exit, 0);
    assert.match(err, sentence);
  }
});
