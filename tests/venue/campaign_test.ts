/** A small part of the campaign of `main.ts`, for every day. */
import assert from "node:assert/strict";
import { campaign } from "./main.ts";

Deno.test("nodes and their exchange are killed at random moments: every execution is on record once, and positions are equal", async () => {
  const { kills, executions, withdrawn } = await campaign({ kills: 4, seed: 3 });
  assert.equal(kills, 4);
  assert.ok(executions > 20, `${executions} executions`);
  assert.ok(withdrawn > 0, "something rested when a node died");
});
