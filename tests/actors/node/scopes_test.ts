/** The tree of scopes in a whole node: who stands where is on record, and organisms of one account share its limits. */
import assert from "node:assert/strict";
import { Code } from "../../../ffi/mod.ts";
import { records, run, withDirectory } from "./run.ts";

const TWO_IN_ONE_ACCOUNT = `
[[instruments]]
symbol = "ALPHA"
[[customers]]
id = "house"
[[customers]]
id = "client"
[[accounts]]
id = "main"
customer = "client"
[[accounts.limits.instruments]]
symbol = "ALPHA"
max_position = 8
${
  ["left", "right"].map((id) => `
[[organisms]]
id = "${id}"
species = "anglerfish"
instruments = ["ALPHA"]
[organisms.limits]
max_position = 8
[organisms.parameters]
quote_lots = 5
`).join("")
}`;

Deno.test("two organisms of one account cannot break together what neither breaks alone, and the account is named", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/cwts.toml`, TWO_IN_ONE_ACCOUNT);
    const { summary } = await run(directory, { environment: { CWTS_NODE_DURATION: "60" } });
    assert.equal(summary.audit.verified, true);
    const story = records(directory);
    const named = story.find(({ typeName, value }) => typeName === "Note" && "scopes" in value)!.value.scopes;
    const node = (name: string): number => named.find((scope: { name: string }) => scope.name === name).node;
    assert.deepEqual(named.map((scope: { name: string }) => scope.name), [
      "firm",
      "customer:house",
      "customer:client",
      "account:main",
      "organism:left",
      "organism:right",
    ]);
    const refused = story.filter(({ typeName, value }) =>
      typeName === "Decision" && value.decision.code === Code.PositionLimit
    );
    const byAccount = refused.filter(({ value }) => value.decision.scope === node("account:main"));
    assert.ok(byAccount.length > 0, `${refused.length} refused`);
    for (const { value } of byAccount) {
      assert.equal(value.decision.limit, 8);
      assert.ok(value.decision.measured > 8);
    }
    assert.ok(summary.accepted > 0);
  });
});
