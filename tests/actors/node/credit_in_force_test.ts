/** Credit after trade goes by the credit in force, also when that has been changed while the node runs. */
import assert from "node:assert/strict";
import type { LimitRef } from "../../../actors/protocol/mod.ts";
import type { Config } from "../../../config/mod.ts";
import { BOB, configOf } from "../controls/rig.ts";
import { composed } from "./composed.ts";

const CAPITAL: LimitRef = { scope: "controls.capital", limit: "account:main", instrument: null };
const FUNDED = `
[[controls.capital]]
scope = "account:main"
amount = "100000"
credit = "60000"
`;

Deno.test("a credit that is tightened while the node runs counts after trade at once", () =>
  composed(async ({ node, until }) => {
    const limits = () => node.postTrade.view().credit.map(({ scope, limit }) => [scope, limit]);
    await until(1);
    assert.deepEqual(limits(), [["account:main", 60_000e8]]);
    const value = JSON.stringify({ amount: "100000", credit: "40000", profit_max_age_ms: 5_000 });
    const changed = node.controls.request(BOB, { verb: "tighten", ref: CAPITAL, value, reason: "less" }, "here");
    await until(2);
    await changed;
    assert.deepEqual(limits(), [["account:main", 40_000e8]]);
  }, { change: (config: Config) => ({ ...config, controls: configOf(FUNDED).controls }) }));
