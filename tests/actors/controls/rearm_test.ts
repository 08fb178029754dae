/** Opening a scope again: two persons, a cause, two steps, on the real control page. */
import assert from "node:assert/strict";
import { RearmDesk } from "../../../actors/controls/mod.ts";
import { memoryFile, rearmPage } from "../../../actors/node/rearm.ts";
import { ACTIONS, mayAct, type Principal, type RearmCommand, type Role } from "../../../actors/protocol/mod.ts";
import { ensureCore } from "../../../ffi/build.ts";
import { ScopeState } from "../../../ffi/layout.gen.ts";
import { ControlPage } from "../../../ffi/mod.ts";

ensureCore();

const QUIET_MS = 60_000;
const HERE = "test";

function person(id: string, ...roles: Role[]): Principal {
  const actions = ACTIONS.filter((action) => mayAct(roles, action));
  return { kind: "person", id, person: id, roles, actions, session: null };
}
const BOB = person("bob", "risk-officer");
const CAT = person("cat", "risk-approver");
const OWNER: Principal = { ...person("owner", "operator", "risk-officer"), kind: "owner" };

class Rig implements Disposable {
  readonly page = ControlPage.memory();
  readonly file = memoryFile();
  readonly events: (Readonly<Record<string, unknown>> & { readonly action: string })[] = [];
  /** Wall milliseconds. */
  now = 1_000_000_000;
  records = true;
  desk = this.open();

  constructor() {
    this.page.setName(0, "firm");
    this.page.setName(1, "organism:a");
    this.page.setName(2, "organism:b");
  }

  open(): RearmDesk {
    return new RearmDesk({
      file: this.file,
      page: rearmPage(this.page, () => this.now * 1e6),
      wall: () => this.now,
      quietMs: QUIET_MS,
      record: (event) => (this.events.push(event), this.records),
    });
  }

  kill(slot: number, state: number = ScopeState.Killed): void {
    this.page.tighten(slot, state, "test", "test", this.now * 1e6);
  }

  propose(by: Principal, scope = "organism:a") {
    return this.desk.carryOut(by, { verb: "propose", scope, cause: "drill", reason: "test" }, HERE);
  }

  approve(by: Principal, { proposal }: ReturnType<Rig["propose"]>) {
    return this.desk.carryOut(by, { verb: "approve", ...proposal! }, HERE);
  }

  refused(code: string, body: () => unknown): void {
    const before = [0, 1, 2].map((slot) => this.page.scope(slot));
    assert.throws(body, { code });
    assert.deepEqual([0, 1, 2].map((slot) => this.page.scope(slot)), before);
  }

  [Symbol.dispose](): void {
    this.page.close();
  }
}

Deno.test("a re-arm takes two persons of different roles, and goes to REDUCE_ONLY first", () => {
  using rig = new Rig();
  rig.kill(1);
  const proposed = rig.propose(BOB);
  assert.equal(rig.page.scope(1), ScopeState.Killed);
  rig.refused("SAME_PERSON", () => rig.approve(BOB, proposed));
  rig.refused("SAME_ROLE", () => rig.approve(person("eve", "risk-officer"), proposed));
  rig.refused("ROLE_FORBIDDEN", () => rig.approve(person("tim", "trader"), proposed));
  rig.refused(
    "APPROVAL_DIGEST",
    () => rig.approve(CAT, { ...proposed, proposal: { ...proposed.proposal!, digest: "x" } }),
  );
  assert.equal(rig.approve(CAT, proposed).state, "REDUCE_ONLY");
  assert.equal(rig.page.scope(1), ScopeState.ReduceOnly);
  rig.refused("CHANGE_DECIDED", () => rig.approve(CAT, proposed));
  const actions = rig.events.map(({ action }) => action);
  assert.deepEqual(actions, ["rearm-proposed", ...Array(4).fill("rearm-refused"), "rearmed", "rearm-refused"]);
  const [done] = rig.events.filter(({ action }) => action === "rearmed");
  assert.deepEqual([done.who, done.proposedBy, done.cause, done.alone], ["cat", "bob", "drill", false]);
});

Deno.test("ACTIVE takes a second step of two persons, after the quiet time", () => {
  using rig = new Rig();
  rig.kill(1, ScopeState.CancelOnly);
  rig.approve(CAT, rig.propose(BOB));
  rig.now += QUIET_MS - 1;
  rig.refused("REARM_QUIET", () => rig.propose(BOB));
  rig.now += 1;
  // The desk forgets nothing when it is opened anew.
  rig.desk = rig.open();
  assert.equal(rig.approve(BOB, rig.propose(CAT)).state, "ACTIVE");
  rig.refused("REARM_ACTIVE", () => rig.propose(BOB));
});

Deno.test("a scope that was stepped down by hand waits for its quiet time too, and a clock put back shortens nothing", () => {
  using rig = new Rig();
  rig.kill(1, ScopeState.ReduceOnly);
  rig.now += QUIET_MS / 2;
  rig.refused("REARM_QUIET", () => rig.propose(BOB));
  rig.now -= 3 * QUIET_MS;
  rig.refused("REARM_QUIET", () => rig.propose(BOB));
  rig.now += 10 * QUIET_MS;
  const proposed = rig.propose(BOB);
  rig.now -= 10 * QUIET_MS;
  rig.refused("REARM_QUIET", () => rig.approve(CAT, proposed));
  rig.now += 10 * QUIET_MS;
  assert.equal(rig.approve(CAT, proposed).state, "ACTIVE");
});

Deno.test("a kill after the proposal takes the approval its ground away, though the state is the same", () => {
  using rig = new Rig();
  rig.kill(1);
  const proposed = rig.propose(BOB);
  rig.kill(1);
  rig.refused("CHANGE_STALE", () => rig.approve(CAT, proposed));
  rig.desk.carryOut(BOB, { verb: "withdraw", id: proposed.proposal!.id, reason: "look again" }, HERE);
  assert.equal(rig.approve(CAT, rig.propose(BOB)).state, "REDUCE_ONLY");
});

Deno.test("opening one scope leaves what waits for another in order, and one scope has one change at a time", () => {
  using rig = new Rig();
  rig.kill(1);
  rig.kill(2);
  const a = rig.propose(BOB, "organism:a");
  const b = rig.propose(BOB, "organism:b");
  rig.refused("CHANGE_OVERLAPS", () => rig.propose(CAT, "organism:b"));
  rig.approve(CAT, a);
  assert.equal(rig.approve(CAT, b).state, "REDUCE_ONLY");
});

Deno.test("a proposal that waits for a day lapses", () => {
  using rig = new Rig();
  rig.kill(1);
  const proposed = rig.propose(BOB);
  rig.now += 24 * 60 * 60_000;
  rig.refused("CHANGE_DECIDED", () => rig.approve(CAT, proposed));
});

Deno.test("the owner of a node without people opens alone, in the same two steps, and the record says so", () => {
  using rig = new Rig();
  rig.kill(0);
  assert.equal(rig.propose(OWNER, "firm").state, "REDUCE_ONLY");
  assert.equal(rig.events.at(-1)!.alone, true);
  rig.refused("REARM_QUIET", () => rig.propose(OWNER, "firm"));
  rig.now += QUIET_MS;
  assert.equal(rig.propose(OWNER, "firm").state, "ACTIVE");
});

Deno.test("a machine opens nothing, and a log that cannot record means that nothing is opened", () => {
  using rig = new Rig();
  rig.kill(1);
  rig.refused("ROLE_FORBIDDEN", () => rig.propose({ ...BOB, kind: "machine" }));
  const proposed = rig.propose(BOB);
  rig.records = false;
  rig.refused("AUDIT_FAILED", () => rig.approve(CAT, proposed));
  rig.records = true;
  assert.equal(rig.approve(CAT, proposed).state, "REDUCE_ONLY");
});

Deno.test("whatever is stopped at the very moment a scope is opened, the scope ends stopped", () => {
  using rig = new Rig();
  rig.kill(1);
  const page = rearmPage(rig.page, () => rig.now * 1e6);
  const desk = new RearmDesk({
    file: rig.file,
    // Another process kills between the look and the store.
    page: { ...page, store: (...args) => (rig.kill(1), page.store(...args)) },
    wall: () => rig.now,
    record: () => true,
  });
  const command: RearmCommand = { verb: "propose", scope: "organism:a", cause: "drill", reason: "test" };
  assert.throws(() => desk.carryOut(OWNER, command, HERE), { code: "REARM_OVERTAKEN" });
  assert.equal(rig.page.scope(1), ScopeState.Killed);
});
