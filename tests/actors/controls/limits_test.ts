import assert from "node:assert/strict";
import { configHash } from "../../../config/mod.ts";
import { BOB, CAT, codeOf, configOf, DAN, FILE, GROSS, openRig, POSITION, principal, START } from "./rig.ts";

const HOUR = 3_600_000, DAY = 24 * HOUR;
const FIRM_NODE = 0;

Deno.test("one person tightens, and the gate holds it at once", () => {
  using rig = openRig();
  const before = configHash(configOf());
  assert.equal(rig.gate.scopeUsage(FIRM_NODE).limits.maxGross, 5_000_000e8);
  const reply = rig.tighten(BOB, GROSS, "4500000");
  assert.deepEqual(reply, { ok: true, id: 1, hash: rig.keeper.hash, lowered: [] });
  assert.equal(rig.gate.scopeUsage(FIRM_NODE).limits.maxGross, 4_500_000e8);
  const [event] = rig.events;
  assert.deepEqual(
    [event.action, event.who, event.from, event.was, event.to, event.hashBefore, event.hashAfter],
    ["limit-tightened", "bob", "here", "5000000", "4500000", before, rig.keeper.hash],
  );
  assert.match(rig.alerts[0], /^bob tightened max_gross of firm from 5000000 to 4500000/);
});

Deno.test("a limit that lies below comes down with the one above it, so that nothing delays a tightening", () => {
  using rig = openRig();
  const reply = rig.tighten(BOB, { ...POSITION, scope: "firm" }, 1000);
  assert.ok(reply.ok);
  assert.ok(reply.lowered.some(({ scope }) => scope === "account:main"));
  assert.equal(rig.valueOf(POSITION), 1000);
  const organism = { scope: "organism:anglerfish-1", limit: "max_position", instrument: null };
  assert.equal(rig.valueOf(organism), 1000);
});

Deno.test("loosening takes a second person of another role, who sees limit and usage, and then counts", () => {
  using rig = openRig();
  const proposed = rig.propose(BOB, GROSS, "6000000");
  assert.ok(proposed.ok);
  assert.equal(rig.valueOf(GROSS), "5000000");
  assert.equal(rig.gate.scopeUsage(FIRM_NODE).limits.maxGross, 5_000_000e8);
  const [waiting] = rig.keeper.view().pending;
  assert.deepEqual([waiting.from, waiting.to, waiting.person, waiting.usage.used], ["5000000", "6000000", "bob", 0]);
  assert.ok(rig.approve(CAT, proposed.id).ok);
  assert.equal(rig.gate.scopeUsage(FIRM_NODE).limits.maxGross, 6_000_000e8);
  const loosened = rig.events.find(({ action }) => action === "limit-loosened")!;
  assert.deepEqual([loosened.proposedBy, loosened.who], ["bob", "cat"]);
  assert.notEqual(loosened.hashBefore, loosened.hashAfter);
  assert.equal(loosened.hashAfter, rig.keeper.hash);
  assert.equal(rig.alerts.length, 2);
});

Deno.test("compliance may be the second person", () => {
  using rig = openRig();
  rig.propose(BOB, GROSS, "6000000");
  assert.ok(rig.approve(DAN, 1).ok);
});

Deno.test("what is no tightening is not tightened, and what is no loosening is not proposed", () => {
  using rig = openRig();
  assert.equal(codeOf(rig.tighten(BOB, GROSS, "5000001")), "LIMIT_LOOSENS");
  assert.equal(codeOf(rig.tighten(BOB, GROSS, null)), "LIMIT_LOOSENS");
  assert.equal(codeOf(rig.tighten(BOB, GROSS, "5000000.00")), "LIMIT_UNCHANGED");
  assert.equal(codeOf(rig.propose(BOB, GROSS, "4500000")), "LIMIT_TIGHTENS");
  // A larger window for duplicates and a larger buffer let less through, not more.
  const window = { scope: "organism:anglerfish-1", limit: "duplicate_window_ms", instrument: null };
  assert.equal(codeOf(rig.tighten(BOB, window, 0)), "LIMIT_LOOSENS");
  assert.equal(codeOf(rig.tighten(BOB, window, 500)), "ok");
  const buffer = { scope: "instrument:ALPHA", limit: "market_buffer_bps", instrument: null };
  assert.equal(codeOf(rig.propose(BOB, buffer, 200)), "LIMIT_TIGHTENS");
  assert.equal(codeOf(rig.tighten(BOB, { ...buffer, limit: "collar_bps" }, 200)), "ok");
});

Deno.test("bad limits are refused with one sentence, and what is in force stays", () => {
  using rig = openRig();
  const hash = rig.keeper.hash;
  const cases = [
    [{ ...GROSS, limit: "max_gros" }, "1", "UNKNOWN_LIMIT", /did you mean max_gross\?/],
    [{ ...GROSS, limit: "maxGross" }, "1", "UNKNOWN_LIMIT", /did you mean max_gross\?/],
    [{ ...GROSS, scope: "account:man" }, "1", "UNKNOWN_SCOPE", /did you mean account:main\?/],
    [{ ...GROSS, scope: "accounts" }, "1", "UNKNOWN_SCOPE", /there is no scope/],
    [{ ...POSITION, instrument: "ALPH" }, 1, "UNKNOWN_INSTRUMENT", /did you mean ALPHA\?/],
    [POSITION, -5, "LIMIT_VALUE", /must be a whole number from 0 to .*, not -5/],
    [POSITION, 1.5, "LIMIT_VALUE", /whole number/],
    [POSITION, "ten", "LIMIT_VALUE", /whole number/],
    [GROSS, 7, "LIMIT_VALUE", /decimal above zero in quotes/],
    [GROSS, "-7", "LIMIT_VALUE", /decimal above zero in quotes/],
  ] as const;
  for (const [ref, value, code, sentence] of cases) {
    for (const reply of [rig.tighten(BOB, ref, value), rig.propose(BOB, ref, value)]) {
      assert.equal(codeOf(reply), code, JSON.stringify([ref, value, reply]));
      assert.match((reply as { detail: string }).detail, sentence);
    }
  }
  assert.equal(rig.keeper.hash, hash);
  assert.equal(rig.file.text, null);
});

Deno.test("a limit above that of a parent is refused, when proposed and when approved", () => {
  using rig = openRig();
  const reply = rig.propose(BOB, POSITION, 7000);
  assert.equal(codeOf(reply), "LIMIT_ABOVE_PARENT");
  assert.match((reply as { detail: string }).detail, /above the 6000 of the firm/);
  assert.ok(rig.propose(BOB, POSITION, 5500).ok);
  assert.ok(rig.tighten(BOB, { ...POSITION, scope: "firm" }, 5200).ok);
  assert.equal(codeOf(rig.approve(CAT, 1)), "LIMIT_ABOVE_PARENT");
  assert.equal(rig.valueOf(POSITION), 5000);
});

Deno.test("an approval counts once, for what it was given, and never by who proposed", () => {
  using rig = openRig();
  rig.propose(BOB, GROSS, "6000000");
  const { digest } = rig.keeper.view().pending[0];
  assert.equal(codeOf(rig.approve(CAT, 1, "0123456789abcdef")), "APPROVAL_DIGEST");
  assert.equal(codeOf(rig.approve(CAT, 9, digest)), "UNKNOWN_CHANGE");
  assert.equal(codeOf(rig.approve(principal("bob", "risk-approver"), 1, digest)), "SAME_PERSON");
  assert.equal(codeOf(rig.approve(principal("eve", "risk-officer", "risk-approver"), 1, digest)), "SAME_ROLE");
  assert.equal(codeOf(rig.approve(BOB, 1, digest)), "ROLE_FORBIDDEN");
  assert.equal(codeOf(rig.approve({ ...CAT, kind: "machine" }, 1, digest)), "ROLE_FORBIDDEN");
  assert.equal(rig.valueOf(GROSS), "5000000");
  assert.ok(rig.approve(CAT, 1, digest).ok);
  assert.equal(codeOf(rig.approve(CAT, 1, digest)), "CHANGE_DECIDED");
  assert.equal(codeOf(rig.approve(DAN, 1, digest)), "CHANGE_DECIDED");
  assert.ok(rig.events.filter(({ action }) => action === "limit-refused").length >= 7);
});

Deno.test("nobody but a control role changes a limit", () => {
  using rig = openRig();
  for (const role of ["viewer", "trader", "operator", "auditor", "researcher", "security-admin"] as const) {
    const by = principal("joe", role);
    assert.equal(codeOf(rig.tighten(by, GROSS, "1")), "ROLE_FORBIDDEN", role);
    assert.equal(codeOf(rig.propose(by, GROSS, "6000000")), "ROLE_FORBIDDEN", role);
  }
  rig.propose(BOB, GROSS, "6000000");
  assert.equal(codeOf(rig.withdraw(principal("joe", "trader"), 1)), "ROLE_FORBIDDEN");
  // A list of actions that the roles do not carry is not believed.
  const forged = { ...principal("joe", "researcher"), actions: BOB.actions };
  assert.equal(codeOf(rig.tighten(forged, GROSS, "1")), "ROLE_FORBIDDEN");
});

Deno.test("a temporary limit goes back by itself, and a limit tightened in the meantime stays tight", () => {
  using rig = openRig();
  assert.equal(codeOf(rig.propose(BOB, GROSS, "6000000", rig.now())), "LIMIT_EXPIRY");
  assert.equal(codeOf(rig.propose(BOB, GROSS, "6000000", rig.now() + 32 * DAY)), "LIMIT_EXPIRY");
  rig.propose(BOB, GROSS, "6000000", rig.now() + 4 * HOUR);
  rig.approve(CAT, 1);
  assert.equal(codeOf(rig.propose(BOB, GROSS, "7000000")), "CHANGE_OVERLAPS");
  rig.pass(4 * HOUR - 1);
  rig.keeper.poll();
  assert.equal(rig.valueOf(GROSS), "6000000");
  rig.pass(1);
  assert.ok(rig.keeper.due);
  rig.keeper.poll();
  assert.equal(rig.valueOf(GROSS), "5000000");
  assert.equal(rig.gate.scopeUsage(FIRM_NODE).limits.maxGross, 5_000_000e8);
  assert.match(rig.alerts.at(-1)!, /goes from 6000000 back to 5000000: its time is over/);

  const second = rig.propose(BOB, GROSS, "6000000", rig.now() + HOUR);
  assert.ok(second.ok && rig.approve(CAT, second.id).ok);
  rig.tighten(BOB, GROSS, "4200000");
  rig.pass(HOUR);
  rig.keeper.poll();
  assert.equal(rig.valueOf(GROSS), "4200000");
});

Deno.test("what goes back takes down what was loosened below it", () => {
  using rig = openRig();
  rig.propose(BOB, { ...POSITION, scope: "firm" }, 9000, rig.now() + HOUR);
  rig.approve(CAT, 1);
  const below = rig.propose(BOB, POSITION, 8000);
  assert.ok(below.ok && rig.approve(CAT, below.id).ok);
  rig.pass(HOUR);
  rig.keeper.poll();
  assert.equal(rig.valueOf(POSITION), 6000);
});

Deno.test("changes, proposals and ends survive a restart, and an end that passed meanwhile comes first", () => {
  const file = { text: null as string | null };
  {
    using rig = openRig({ file });
    rig.tighten(BOB, POSITION, 4000);
    rig.propose(BOB, GROSS, "6000000", rig.now() + 4 * HOUR);
    rig.approve(CAT, 2);
    rig.propose(BOB, { ...GROSS, limit: "max_open_orders" }, 2000);
  }
  {
    using rig = openRig({ file, wall: START + HOUR });
    assert.equal(rig.valueOf(POSITION), 4000);
    assert.equal(rig.gate.scopeUsage(FIRM_NODE).limits.maxGross, 6_000_000e8);
    assert.deepEqual(rig.keeper.view().pending.map(({ id }) => id), [3]);
    const [restored] = rig.events;
    assert.deepEqual([restored.action, restored.hashAfter], ["limits-restored", rig.keeper.hash]);
    rig.pass(3 * HOUR);
    rig.keeper.poll();
    assert.equal(rig.valueOf(GROSS), "5000000");
  }
  using rig = openRig({ file, wall: START + 5 * HOUR });
  assert.equal(rig.valueOf(GROSS), "5000000");
  assert.equal(rig.valueOf(POSITION), 4000);
});

Deno.test("a temporary limit whose end came while no node ran is back before the first order", () => {
  const file = { text: null as string | null };
  {
    using rig = openRig({ file });
    rig.propose(BOB, GROSS, "6000000", rig.now() + HOUR);
    rig.approve(CAT, 1);
  }
  using rig = openRig({ file, wall: START + 2 * HOUR });
  assert.equal(rig.gate.scopeUsage(FIRM_NODE).limits.maxGross, 5_000_000e8);
  assert.ok(rig.events.some(({ action }) => action === "limit-reverted"));
});

Deno.test("where the configuration was edited, the tighter of file and change counts", () => {
  const file = { text: null as string | null };
  {
    using rig = openRig({ file });
    rig.propose(BOB, GROSS, "6000000");
    rig.approve(CAT, 1);
    rig.tighten(BOB, POSITION, 4000);
  }
  const config = configOf(
    FILE.replace('max_gross = "5000000"', 'max_gross = "4500000"').replace(
      "max_position = 5000",
      "max_position = 5500",
    ),
  );
  using rig = openRig({ file, config, wall: START + HOUR });
  assert.equal(rig.valueOf(GROSS), "4500000");
  assert.equal(rig.valueOf(POSITION), 4000);
  assert.match(rig.alerts.join("\n"), /the configuration changed max_gross of firm/);
});

Deno.test("a clock that jumps ends what holds for a time, drops what waits, and lets nobody loosen; tightening goes on", () => {
  for (const by of [-HOUR, HOUR, -30 * DAY, 365 * DAY]) {
    using rig = openRig();
    rig.propose(BOB, GROSS, "6000000", rig.now() + 4 * HOUR);
    rig.approve(CAT, 1);
    rig.propose(BOB, { ...GROSS, limit: "max_open_orders" }, 2000);
    rig.jump(by);
    assert.ok(rig.keeper.due);
    assert.equal(codeOf(rig.approve(CAT, 2)), "CLOCK_JUMPED");
    assert.equal(rig.valueOf(GROSS), "5000000");
    assert.deepEqual(rig.keeper.view().pending, []);
    assert.equal(codeOf(rig.propose(BOB, GROSS, "6000000")), "ok");
    rig.jump(by);
    assert.equal(codeOf(rig.propose(BOB, POSITION, 5500)), "CLOCK_JUMPED");
    rig.jump(by);
    assert.equal(codeOf(rig.tighten(BOB, POSITION, 4000)), "ok");
  }
});

Deno.test("a clock that was put back while no node ran ends what holds for a time", () => {
  const file = { text: null as string | null };
  {
    using rig = openRig({ file });
    rig.propose(BOB, GROSS, "6000000", rig.now() + 4 * HOUR);
    rig.approve(CAT, 1);
  }
  using rig = openRig({ file, wall: START - DAY });
  assert.equal(rig.valueOf(GROSS), "5000000");
});

Deno.test("a proposal that nobody decides on lapses after a day; one whose limit changed is stale", () => {
  using rig = openRig();
  rig.propose(BOB, GROSS, "6000000");
  const { digest } = rig.keeper.view().pending[0];
  rig.pass(DAY);
  assert.equal(codeOf(rig.approve(CAT, 1, digest)), "CHANGE_DECIDED");
  rig.propose(BOB, GROSS, "6000000");
  rig.tighten(BOB, GROSS, "4800000");
  assert.equal(codeOf(rig.approve(CAT, 2)), "CHANGE_STALE");
});

Deno.test("a change that waits or holds is withdrawn by one person, at once", () => {
  using rig = openRig();
  rig.propose(BOB, GROSS, "6000000", rig.now() + HOUR);
  assert.ok(rig.withdraw(DAN, 1).ok);
  assert.equal(codeOf(rig.approve(CAT, 1)), "CHANGE_DECIDED");
  rig.propose(BOB, GROSS, "6000000", rig.now() + HOUR);
  rig.approve(CAT, 2);
  assert.ok(rig.withdraw(BOB, 2).ok);
  assert.equal(rig.valueOf(GROSS), "5000000");
  assert.equal(codeOf(rig.withdraw(BOB, 2)), "CHANGE_DECIDED");
});

Deno.test("a log that cannot record leaves every limit as it was, in the gate and in the file", () => {
  using rig = openRig();
  rig.propose(BOB, GROSS, "6000000");
  const before = rig.file.text;
  rig.logWorks = false;
  assert.equal(codeOf(rig.approve(CAT, 1)), "AUDIT_FAILED");
  assert.equal(codeOf(rig.tighten(BOB, POSITION, 1)), "AUDIT_FAILED");
  assert.equal(rig.file.text, before);
  assert.equal(rig.gate.scopeUsage(FIRM_NODE).limits.maxGross, 5_000_000e8);
});

Deno.test("a damaged file of limits keeps a node from starting", () => {
  for (const text of ["{", "{}", '{"version":1,"seen":0,"next":1,"changed":[],"pending":[],"temporary":[],"more":1}']) {
    assert.throws(() => openRig({ file: { text } }), /limits\.json of the data directory is damaged/);
  }
});
