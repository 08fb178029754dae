import assert from "node:assert/strict";
import type { UserError } from "../../../config/errors.ts";
import { enrol, enrolRoot, HERE, logIn, openDesk, PASSWORD, withDesk } from "./desk.ts";

const OWNER = "owner-token-0123456789";
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

const code = (expected: string) => (error: unknown) => {
  assert.equal((error as UserError).code, expected, String(error));
  return true;
};

Deno.test("the first person has to be a security-admin, and there is a first person only once", () =>
  withDesk(async (desk) => {
    assert.equal(desk.access.governed, false);
    assert.throws(() => desk.access.addFirst("ann", ["trader"], "host:me"), code("NO_ADMIN"));
    await enrolRoot(desk);
    assert.equal(desk.access.governed, true);
    assert.throws(() => desk.access.addFirst("eve", ["security-admin"], "host:me"), code("NOT_FIRST"));
  }));

Deno.test("there is no default credential: the invited cannot log in before they set a password", () =>
  withDesk(async ({ access }) => {
    access.addFirst("root", ["security-admin"], "host:me");
    for (const password of ["", "root", "admin", "password"]) {
      await assert.rejects(access.login("root", password, HERE), code("LOGIN_FAILED"));
    }
  }));

Deno.test("an invitation works once, for its person, and for three days", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const { access } = desk;
    const { token } = access.addPerson(root, "bob", ["trader"], HERE);
    await assert.rejects(access.enrol("bob", `${token}x`, PASSWORD, HERE), code("ENROLMENT_WRONG"));
    await assert.rejects(access.enrol("root", token, PASSWORD, HERE), code("ENROLMENT_WRONG"));
    await access.enrol("bob", token, PASSWORD, HERE);
    await assert.rejects(access.enrol("bob", token, PASSWORD, HERE), code("ENROLMENT_WRONG"));
    const late = access.addPerson(root, "cat", ["viewer"], HERE);
    desk.now += 3 * DAY;
    await assert.rejects(access.enrol("cat", late.token, PASSWORD, HERE), code("ENROLMENT_WRONG"));
  }));

Deno.test("passwords are kept as Argon2id, tokens and keys as digests, and none of them is in a record", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const { access } = desk;
    const invitation = access.addPerson(root, "bob", ["trader"], HERE).token;
    await access.enrol("bob", invitation, PASSWORD, HERE);
    const login = await access.login("bob", PASSWORD, HERE);
    const bob = await access.identify({ kind: "token", token: login.token }, HERE);
    const { key } = access.createKey(bob, { label: "desk", actions: ["view"], days: 1 }, HERE);
    await assert.rejects(access.login("bob", "a wrong password", HERE));
    const kept = desk.file.text!;
    assert.match(kept, /\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    for (const secret of [PASSWORD, invitation, login.token, key, "a wrong password"]) {
      assert.ok(!kept.includes(secret));
      assert.ok(!JSON.stringify(desk.events).includes(secret));
    }
  }));

Deno.test("weak passwords are refused, and the sentence does not repeat them", () =>
  withDesk(async (desk) => {
    const { access } = desk;
    const { token } = access.addFirst("root", ["security-admin"], "host:me");
    for (const weak of ["short", "x".repeat(300), "aaaaaaaaaaaaaaaa", "my name is root, hello"]) {
      await assert.rejects(access.enrol("root", token, weak, HERE), (error) => {
        assert.ok(!(error as Error).message.includes(weak));
        return code("PASSWORD_WEAK")(error);
      });
    }
  }));

Deno.test("roles that do not go together, do not exist or are missing are refused with a sentence", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const add = (roles: string[]) => () => desk.access.addPerson(root, "bob", roles, HERE);
    assert.throws(add(["risk-officer", "risk-approver"]), code("ROLES_CONFLICT"));
    assert.throws(add(["security-admin", "viewer"]), code("ROLES_CONFLICT"));
    assert.throws(add(["risk-oficer"]), (error) => {
      assert.match((error as Error).message, /did you mean risk-officer\?/);
      return code("UNKNOWN_ROLE")(error);
    });
    assert.throws(add([]), code("UNKNOWN_ROLE"));
    assert.throws(() => desk.access.addPerson(root, "Bob!", ["viewer"], HERE), code("PERSON_NAME"));
    assert.deepEqual(desk.access.people().map(({ id }) => id), ["root"]);
  }));

Deno.test("nobody changes their own access, and the last security-admin stays", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const { access } = desk;
    assert.throws(() => access.setRoles(root, "root", ["viewer"], HERE), code("OWN_ACCESS"));
    assert.throws(() => access.setDisabled(root, "root", true, HERE), code("OWN_ACCESS"));
    const second = await enrol(desk, root, "second", ["security-admin"]);
    access.setRoles(second, "root", ["viewer"], HERE);
    assert.throws(() => access.setRoles(root, "second", ["viewer"], HERE), code("LAST_ADMIN"));
  }));

Deno.test("a session ends when idle, at the latest after twelve hours, with log-out, and with its password", () =>
  withDesk(async (desk) => {
    await enrolRoot(desk);
    const { access } = desk;
    const open = async () => (await access.login("root", PASSWORD, HERE)).token;
    const use = (token: string) => access.identify({ kind: "token", token }, HERE);

    const idle = await open();
    desk.now += 29 * MINUTE;
    await use(idle);
    desk.now += 29 * MINUTE;
    await use(idle);
    desk.now += 30 * MINUTE;
    await assert.rejects(use(idle), code("SESSION_EXPIRED"));

    const long = await open();
    for (let i = 0; i < 35; i++) {
      desk.now += 20 * MINUTE;
      await use(long);
    }
    desk.now += 20 * MINUTE;
    await assert.rejects(use(long), code("SESSION_EXPIRED"));

    const left = await open();
    access.logout(await use(left), HERE);
    await assert.rejects(use(left), code("TOKEN_WRONG"));

    const old = await open();
    await access.setPassword(await use(old), PASSWORD, "another long password", HERE);
    await assert.rejects(use(old), code("TOKEN_WRONG"));
    await assert.rejects(access.login("root", PASSWORD, HERE), code("LOGIN_FAILED"));
    await access.login("root", "another long password", HERE);
  }));

Deno.test("what a session may do follows the roles at once, and ends with the access", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const { access } = desk;
    await enrol(desk, root, "bob", ["trader"]);
    const { token } = await access.login("bob", PASSWORD, HERE);
    const bob = () => access.identify({ kind: "token", token }, HERE);
    assert.ok((await bob()).actions.includes("kill"));
    access.setRoles(root, "bob", ["viewer"], HERE);
    assert.ok(!(await bob()).actions.includes("kill"));
    const before = await bob();
    assert.ok(access.stillHolds(before));
    access.setDisabled(root, "bob", true, HERE);
    assert.ok(!access.stillHolds(before));
    await assert.rejects(bob(), code("TOKEN_WRONG"));
    await assert.rejects(access.login("bob", PASSWORD, HERE), code("LOGIN_FAILED"));
  }));

Deno.test("wrong passwords lock the log-in for longer each time, and the right one does not open it", () =>
  withDesk(async (desk) => {
    await enrolRoot(desk);
    const { access } = desk;
    const wrong = () => access.login("root", "not the password", HERE);
    for (let i = 0; i < 5; i++) await assert.rejects(wrong(), code("LOGIN_FAILED"));
    await assert.rejects(access.login("root", PASSWORD, HERE), code("LOCKED_OUT"));
    desk.now += 30_000;
    await assert.rejects(wrong(), code("LOGIN_FAILED"));
    desk.now += 30_000;
    await assert.rejects(access.login("root", PASSWORD, HERE), code("LOCKED_OUT"));
    desk.now += 30_000;
    await access.login("root", PASSWORD, HERE);
    assert.deepEqual(desk.told("locked-out").map(({ seconds }) => seconds), [30, 60]);
  }));

Deno.test("a locked person's password still kills, and a wrong one is refused and counted on that way too", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const { access } = desk;
    const session = await enrol(desk, root, "bob", ["trader"]);
    const kill = (password: string) => access.identify({ kind: "password", person: "bob", password }, HERE, true);
    for (let i = 0; i < 5; i++) await assert.rejects(kill("a wild guess, no more"), code("LOGIN_FAILED"));
    await assert.rejects(logIn(access, "bob"), code("LOCKED_OUT"));
    assert.ok((await kill(PASSWORD)).actions.includes("kill"));
    assert.ok(access.stillHolds(session));
    assert.equal(desk.told("kill-log-in-failed").length, 5);
    // The right password on the way of the kill opens nothing else.
    await assert.rejects(logIn(access, "bob"), code("LOCKED_OUT"));
    await assert.rejects(
      access.identify({ kind: "password", person: "bob", password: PASSWORD }, HERE),
      code("PASSWORD_ALONE"),
    );
  }));

Deno.test("guesses that were under way when the lock fell do not slip through it", () =>
  withDesk(async (desk) => {
    await enrolRoot(desk);
    const tries = ["a", "b", "c", "d", "e"].map((text) => desk.access.login("root", `wrong password ${text}`, HERE));
    const right = desk.access.login("root", PASSWORD, HERE);
    for (const wrong of tries) await assert.rejects(wrong, code("LOGIN_FAILED"));
    await assert.rejects(right, code("LOCKED_OUT"));
  }));

Deno.test("a kill waits behind the hash that is being made, not behind a flood of log-ins, which is bounded", () =>
  withDesk(async (desk) => {
    await enrolRoot(desk);
    const { access } = desk;
    // From here on strangers are checked against a hash that exists, so that all of them wait at once.
    await assert.rejects(access.login("stranger", "whatever it may be", HERE));
    const order: string[] = [];
    const flood = Array.from(
      { length: 20 },
      (_, i) =>
        access.login(`stranger${i}`, "whatever it may be", HERE).catch((error) => {
          order.push((error as UserError).code);
        }),
    );
    await new Promise((resolve) => setTimeout(resolve, 0));
    await access.identify({ kind: "password", person: "root", password: PASSWORD }, HERE, true);
    const before = order.filter((what) => what === "LOGIN_FAILED").length;
    await Promise.all(flood);
    assert.ok(before <= 2, `${before} log-ins were checked before the kill`);
    assert.ok(order.includes("ACCESS_BUSY"), "a flood is not kept waiting without end");
  }));

Deno.test("a key may do some of what its person may, while it lasts, and never more", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const { access } = desk;
    const bob = await enrol(desk, root, "bob", ["risk-officer"]);
    const make = (actions: string[], days = 30) => access.createKey(bob, { label: "dashboard", actions, days }, HERE);
    assert.throws(() => make(["rearm"]), code("KEY_SCOPE"));
    assert.throws(() => make(["approve-limits"]), code("KEY_SCOPE"));
    assert.throws(() => make(["read-people"]), code("KEY_SCOPE"));
    assert.throws(() => make(["vew"]), code("KEY_SCOPE"));
    assert.throws(() => make([]), code("KEY_SCOPE"));
    for (const days of [0, -1, 367, NaN]) assert.throws(() => make(["view"], days), code("KEY_LIFETIME"));

    const made = make(["view", "kill"]);
    const use = (key = made.key) => access.identify({ kind: "token", token: key }, HERE);
    const machine = await use();
    assert.deepEqual([machine.kind, machine.id, machine.person], ["machine", `key:${made.id}`, "bob"]);
    assert.deepEqual(machine.actions, ["view", "kill"]);
    assert.throws(() => access.permit(machine, "tighten-limits", HERE), code("ROLE_FORBIDDEN"));
    assert.throws(() => access.createKey(machine, { label: "child", actions: ["view"], days: 1 }, HERE));
    await assert.rejects(use(`${made.key}x`), code("TOKEN_WRONG"));
    assert.ok(!JSON.stringify(access.keys(bob)).includes(made.key));

    access.setRoles(root, "bob", ["viewer"], HERE);
    assert.deepEqual((await use()).actions, ["view"]);
    desk.now += 30 * DAY;
    await assert.rejects(use(), code("KEY_EXPIRED"));
    assert.ok(desk.told("credential-refused").some((event) => event.code === "KEY_EXPIRED"));
  }));

Deno.test("a clock that is put back revives neither a key nor a session, also after a restart", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const bob = await enrol(desk, root, "bob", ["operator"]);
    const { key } = desk.access.createKey(bob, { label: "job", actions: ["view"], days: 1 }, HERE);
    desk.now += 2 * DAY;
    await assert.rejects(desk.access.identify({ kind: "token", token: key }, HERE), code("KEY_EXPIRED"));
    desk.now -= 2 * DAY;
    await assert.rejects(desk.access.identify({ kind: "token", token: key }, HERE), code("KEY_EXPIRED"));
    assert.ok(!desk.access.stillHolds(bob));
    desk.now += 3 * DAY;
    desk.access.addPerson(root, "late", ["viewer"], HERE);
    const again = openDesk({ file: desk.file });
    again.now = desk.now - 5 * DAY;
    await assert.rejects(again.access.identify({ kind: "token", token: key }, HERE), code("KEY_EXPIRED"));
  }));

Deno.test("a key is revoked by its person or by who manages people, and by nobody else", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const bob = await enrol(desk, root, "bob", ["operator"]);
    const cat = await enrol(desk, root, "cat", ["operator"]);
    const first = desk.access.createKey(bob, { label: "one", actions: ["view"], days: 1 }, HERE);
    const second = desk.access.createKey(bob, { label: "two", actions: ["view"], days: 1 }, HERE);
    assert.throws(() => desk.access.revokeKey(cat, first.id, HERE), code("UNKNOWN_KEY"));
    desk.access.revokeKey(bob, first.id, HERE);
    desk.access.revokeKey(root, second.id, HERE);
    for (const { key } of [first, second]) {
      await assert.rejects(desk.access.identify({ kind: "token", token: key }, HERE), code("KEY_REVOKED"));
    }
    assert.deepEqual(desk.access.keys(cat), []);
    assert.equal(desk.access.keys(root).length, 2);
  }));

Deno.test("the printed token is all there is until people are enrolled; from then on it only kills", () =>
  withDesk(async (desk) => {
    const { access } = desk;
    const use = (forKill: boolean) => access.identify({ kind: "token", token: OWNER }, HERE, forKill);
    assert.ok((await use(false)).actions.includes("rearm"));
    await enrolRoot(desk);
    await assert.rejects(use(false), code("TOKEN_RETIRED"));
    assert.ok((await use(true)).actions.includes("kill"));
  }, { ownerToken: OWNER }));

Deno.test("what a command on the host did is put on record by the node that sees it, once", () =>
  withDesk(async (node) => {
    const host = openDesk({ file: node.file, onHost: true });
    const { token } = host.access.addFirst("root", ["security-admin"], "host:me");
    await host.access.enrol("root", token, PASSWORD, "host:me");
    await assert.rejects(host.access.login("root", "a wrong password", "host:me"));
    host.access.close();
    assert.deepEqual(node.events, []);
    assert.equal(node.access.governed, true);
    assert.deepEqual(node.events.map(({ action, onHost }) => [action, onHost]), [
      ["person-added", true],
      ["enrolled", true],
      ["log-in-failed", true],
    ]);
    assert.equal(node.access.governed, true);
    assert.equal(node.events.length, 3);
    assert.deepEqual(JSON.parse(node.file.text!).unrecorded, []);
    await Promise.resolve();
  }));

Deno.test("a log that cannot record keeps people, roles and keys as they are, and does not stop a kill", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    const bob = await enrol(desk, root, "bob", ["trader"]);
    desk.logWorks = false;
    const before = desk.file.text;
    assert.throws(() => desk.access.addPerson(root, "cat", ["viewer"], HERE), code("AUDIT_FAILED"));
    assert.throws(
      () => desk.access.createKey(bob, { label: "k", actions: ["kill"], days: 1 }, HERE),
      code("AUDIT_FAILED"),
    );
    assert.equal(desk.file.text, before);
    await desk.access.identify({ kind: "password", person: "bob", password: PASSWORD }, HERE, true);
  }));

Deno.test("a damaged file keeps a node from starting, and leaves a running one with what it knew", () =>
  withDesk(async (desk) => {
    await enrolRoot(desk);
    desk.file.text = desk.file.text!.slice(0, 40);
    assert.throws(() => openDesk({ file: desk.file }), code("ACCESS_FILE"));
    assert.equal(desk.access.governed, true);
    assert.match(desk.complaints[0], /access\.json .* is damaged .*; who had access keeps it/);
    await logIn(desk.access, "root");
  }));

Deno.test("a name that nobody has is not repeated in the record: it may be a password typed in the wrong place", () =>
  withDesk(async (desk) => {
    await enrolRoot(desk);
    await assert.rejects(desk.access.login("my-secret-password", "x", HERE), code("LOGIN_FAILED"));
    assert.ok(!JSON.stringify(desk.events).includes("my-secret-password"));
    assert.equal(desk.told("log-in-failed")[0].who, "unknown");
  }));

Deno.test("refusals that can be repeated at will are told once a minute with their number", () =>
  withDesk(async (desk) => {
    const root = await enrolRoot(desk);
    for (let i = 0; i < 50; i++) assert.throws(() => desk.access.permit(root, "kill", HERE), code("ROLE_FORBIDDEN"));
    assert.equal(desk.told("forbidden").length, 1);
    desk.now += 60_000;
    assert.throws(() => desk.access.permit(root, "kill", HERE));
    assert.deepEqual(desk.told("forbidden")[1].times, 50);
  }));
