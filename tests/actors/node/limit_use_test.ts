/** Whoever changes a limit of a running node sees what was used of it, whatever kind it is. */
import assert from "node:assert/strict";
import { CAT } from "../controls/rig.ts";
import { composed } from "./composed.ts";

/** What only some orders use: a market order, and the same order again. */
const SOMETIMES = ["market_buffer_bps", "duplicate_window_ms"];

Deno.test("after two minutes of market every kind of limit has its use and the most that was, and none fills up by sizes", () =>
  composed(async ({ node, until }) => {
    await until(60);
    const { peak: value } = node.parts.books.use.ofStrategy(1, "max_quantity")!;
    const ref = { scope: "organism:anglerfish-1", limit: "max_quantity", instrument: null };
    node.controls.request(CAT, { verb: "tighten", ref, value, reason: "as large as its orders" }, "test");
    await until(120);
    const { limits } = node.controls.view();
    const kinds = new Map<string, boolean>();
    for (const { scope, limit, used, peak } of limits) {
      const kind = `${scope.slice(0, scope.indexOf(":"))} ${limit}`;
      kinds.set(kind, (kinds.get(kind) ?? false) || (used !== null && peak !== null));
    }
    const unknown = [...kinds].filter(([kind, known]) => !known && !SOMETIMES.some((one) => kind.endsWith(one)));
    assert.deepEqual(unknown, []);
    const of = (limit: string) => limits.find((row) => row.scope === "organism:anglerfish-1" && row.limit === limit)!;
    for (const limit of ["max_quantity", "max_notional", "rate_per_second", "rate_burst"]) {
      const { used, peak, value } = of(limit);
      assert.equal(peak! * (limit === "max_notional" ? 1e8 : 1), node.parts.books.use.ofStrategy(1, limit)!.peak);
      assert.ok(used! > 0 && peak! >= used! && peak! <= Number(value), `${limit}: ${used}, ${peak} of ${value}`);
    }
    assert.equal(of("max_quantity").peak, of("max_quantity").value, "its largest order is as large as may be");
    const { warnings } = node.controls.tree();
    assert.deepEqual(warnings.filter(({ limit }) => limit === "max_quantity" || limit.startsWith("rate")), []);
  }));
