/** Files that keep what people decided, when they are damaged: one sentence, and nothing is taken for granted. */
import assert from "node:assert/strict";
import { UserError } from "../../../config/mod.ts";
import { parseBook } from "../../../actors/access/book.ts";
import { parseLimitsBook } from "../../../actors/controls/book.ts";
import { parseRearmBook } from "../../../actors/controls/rearm_desk.ts";

const FILES = [
  { read: parseBook, code: "ACCESS_FILE", name: "access.json" },
  { read: parseLimitsBook, code: "LIMITS_FILE", name: "limits.json" },
  { read: parseRearmBook, code: "REARM_FILE", name: "rearm.json" },
] as const;

for (const { read, code, name } of FILES) {
  Deno.test(`a damaged ${name} is refused with its name, the place and the way out`, () => {
    for (const damaged of ["", "{", "[]", '{"version":2}', '{"version":1}']) {
      assert.throws(() => read(damaged), (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.code, code);
        assert.match(
          error.message,
          new RegExp(`^the file ${name} of the data directory is damaged \\(.+\\): put a copy`),
        );
        return true;
      });
    }
    assert.doesNotThrow(() => read(null));
  });
}
