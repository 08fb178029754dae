/** Alerts that somebody has to answer: raised, told on, acknowledged, closed, timed, on record, and kept over a restart. */
import assert from "node:assert/strict";
import type { Alert, Principal } from "../../../actors/protocol/mod.ts";
import { mayAct, ROLES } from "../../../actors/protocol/mod.ts";
import { configSchema } from "../../../config/schema.ts";
import { type AlertRig, ANN, BOB, DAN, MINUTE, openAlerts, OPS, person, START, TIM } from "./rig.ts";

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "ok";
};

const only = (rig: AlertRig, by: Principal = DAN): Alert => {
  const { alerts } = rig.desk.view(by);
  assert.equal(alerts.length, 1);
  return alerts[0];
};
const critical = (rig: AlertRig, subject = "x") =>
  rig.desk.raise("position-mismatch", subject, `differs in ${subject}`);

Deno.test("a critical alert is told to the first role, is on record, and has a number, a time and a state", () => {
  const rig = openAlerts();
  rig.pass(1_000);
  rig.desk.raise("trigger", "loss:organism:a", "organism:a is REDUCE_ONLY: lost its limit", { measured: 12 });
  const { id, severity, state, raised, time, count, acknowledged, acted, ended, evidence } = only(rig);
  assert.deepEqual([id, severity, state, raised - START, time, count], [1, "critical", "raised", 1_000, 7, 1]);
  assert.deepEqual([acknowledged, acted, ended, evidence], [null, null, null, { measured: 12 }]);
  assert.deepEqual(rig.told, ["alert 1 for operator: organism:a is REDUCE_ONLY: lost its limit"]);
  const { alert, text, subject, measured } = rig.notes[0];
  assert.deepEqual([alert, subject, measured], ["trigger", "loss:organism:a", 12]);
  assert.match(String(text), /lost its limit/);
});

Deno.test("an alert nobody acknowledges is told to each role in turn, each after its time, and at the end stops trading once", () => {
  const rig = openAlerts();
  critical(rig);
  rig.pass(MINUTE - 1);
  assert.deepEqual([only(rig).escalated, rig.fired], [[], []]);
  rig.pass(1);
  assert.deepEqual(only(rig).escalated, [{ to: "risk-officer", at: START + MINUTE, afterMs: MINUTE }]);
  rig.pass(MINUTE);
  assert.deepEqual(only(rig).escalated.map(({ to }) => to), ["risk-officer", "compliance"]);
  rig.pass(MINUTE - 1);
  assert.deepEqual(rig.fired, []);
  rig.pass(1);
  assert.deepEqual(rig.fired, [[1, 3 * MINUTE]]);
  rig.pass(100 * MINUTE);
  assert.equal(rig.fired.length, 1);
  const steps = rig.notes.filter((note) => "escalated" in note).map((
    { to, afterMs, alertId },
  ) => [to, afterMs, alertId]);
  assert.deepEqual(steps, [["risk-officer", MINUTE, 1], ["compliance", 2 * MINUTE, 1], ["trigger", 3 * MINUTE, 1]]);
  assert.equal(rig.told.filter((line) => /unacknowledged for/.test(line)).length, 2);
});

Deno.test("an acknowledgement stops the escalation where it stands, with who, when and how long it took on record", () => {
  const rig = openAlerts();
  critical(rig);
  rig.pass(90_000);
  const done = rig.desk.acknowledge(BOB, 1, "looking at the books", "here");
  const acknowledged = { person: "bob", role: "risk-officer", at: START + 90_000, afterMs: 90_000 } as const;
  assert.deepEqual(done.acknowledged, { ...acknowledged, text: "looking at the books" });
  rig.pass(100 * MINUTE);
  assert.deepEqual([only(rig).escalated.length, rig.fired], [1, []]);
  const { action, who, from, role, alertId, afterMs, reason } = rig.answers[0];
  assert.deepEqual(
    [action, who, from, role, alertId, afterMs, reason],
    ["alert-acknowledged", "bob", "here", "risk-officer", 1, 90_000, "looking at the books"],
  );
});

Deno.test("an alert is closed with what was done, after somebody acknowledged it, and both times are measured", () => {
  const rig = openAlerts();
  critical(rig, "x");
  critical(rig, "y");
  assert.equal(codeOf(() => rig.desk.close(BOB, 1, "restarted", "here")), "ALERT_UNACKNOWLEDGED");
  rig.pass(10_000);
  rig.desk.acknowledge(BOB, 1, "mine", "here");
  assert.equal(codeOf(() => rig.desk.acknowledge(DAN, 1, "mine too", "here")), "ALERT_ANSWERED");
  rig.pass(20_000);
  rig.desk.close(DAN, 1, "venue restated the fill", "here");
  rig.desk.acknowledge(BOB, 2, "mine", "here");
  assert.equal(codeOf(() => rig.desk.close(DAN, 1, "once more", "here")), "ALERT_ANSWERED");
  assert.equal(codeOf(() => rig.desk.acknowledge(DAN, 1, "late", "here")), "ALERT_ANSWERED");
  const { acknowledgement, action, waiting } = rig.desk.view(DAN);
  assert.deepEqual(acknowledgement, { count: 2, medianMs: 10_000, longestMs: 30_000 });
  assert.deepEqual([action, waiting], [{ count: 1, medianMs: 30_000, longestMs: 30_000 }, 0]);
  const closed = rig.answers.find((one) => one.action === "alert-closed")!;
  assert.deepEqual([closed.who, closed.afterMs, closed.reason], ["dan", 30_000, "venue restated the fill"]);
});

Deno.test("each alert is answered by itself, in words; another number, no words and an unknown alert are refused and recorded", () => {
  const rig = openAlerts();
  critical(rig, "x");
  critical(rig, "y");
  rig.desk.acknowledge(BOB, 2, "mine", "here");
  assert.deepEqual(rig.desk.view(DAN).alerts.map(({ id, state }) => [id, state]), [[2, "acknowledged"], [1, "raised"]]);
  assert.equal(codeOf(() => rig.desk.acknowledge(BOB, 1, "  ", "here")), "ALERT_TEXT");
  assert.equal(codeOf(() => rig.desk.acknowledge(BOB, 77, "mine", "here")), "UNKNOWN_ALERT");
  assert.deepEqual(rig.answers.slice(1).map(({ action, code }) => [action, code]), [
    ["alert-refused", "ALERT_TEXT"],
    ["alert-refused", "UNKNOWN_ALERT"],
  ]);
});

for (const role of ROLES) {
  Deno.test(`the desk itself lets a ${role} answer alerts where the table does, and nobody else`, () => {
    const rig = openAlerts();
    critical(rig);
    const code = codeOf(() => rig.desk.acknowledge(person("p", role), 1, "mine", "here"));
    assert.equal(code, mayAct([role], "answer-alerts") ? "ok" : "ROLE_FORBIDDEN");
    assert.equal(only(rig).state, mayAct([role], "answer-alerts") ? "acknowledged" : "raised");
  });
}

Deno.test("every role that alerts can go to may answer them", () => {
  const roles = configSchema.shape.alerts.parse({})!.roles;
  for (const role of [...roles, "risk-approver"] as const) assert.ok(mayAct([role], "answer-alerts"), role);
});

Deno.test("an answer that cannot be put on record does not count, and a disk that fails loses no alert and no answer", () => {
  const rig = openAlerts();
  rig.diskWorks = false;
  critical(rig);
  critical(rig, "y");
  assert.equal(rig.told.filter((line) => /not in alerts\.json/.test(line)).length, 1);
  rig.logWorks = false;
  assert.equal(codeOf(() => rig.desk.acknowledge(BOB, 1, "mine", "here")), "AUDIT_FAILED");
  assert.equal(rig.desk.view(DAN).waiting, 2);
  rig.logWorks = true;
  assert.equal(rig.desk.acknowledge(BOB, 1, "mine", "here").state, "acknowledged");
  assert.equal(rig.file.text, null);
});

Deno.test("what is raised again while it waits is counted; once acknowledged it is an alert of its own", () => {
  const rig = openAlerts();
  critical(rig);
  rig.pass(30_000);
  critical(rig);
  assert.deepEqual([only(rig).count, only(rig).raised], [2, START]);
  assert.equal(rig.told.length, 1);
  rig.desk.acknowledge(BOB, 1, "mine", "here");
  critical(rig);
  assert.deepEqual(rig.desk.view(DAN).alerts.map(({ id, state }) => [id, state]), [[2, "raised"], [1, "acknowledged"]]);
  assert.equal(rig.notes.filter(({ alert }) => alert === "position-mismatch").length, 3, "each time is on record");
});

Deno.test("a cause that ends by itself closes a warning, and leaves a critical alert to be acknowledged without escalating", () => {
  const rig = openAlerts();
  rig.desk.raise("stale-market", "ALPHA", "ALPHA: no data");
  critical(rig);
  rig.pass(30_000);
  rig.desk.end("stale-market", "ALPHA");
  rig.desk.end("position-mismatch", "x");
  rig.pass(100 * MINUTE);
  const [mismatch, stale] = rig.desk.view(DAN).alerts;
  assert.deepEqual([stale.state, mismatch.state, mismatch.ended, rig.fired], ["closed", "raised", START + 30_000, []]);
  // It is there again: the first role has its whole time.
  critical(rig);
  rig.pass(MINUTE - 1);
  assert.deepEqual(rig.desk.view(DAN).alerts[0].escalated, []);
  rig.pass(1);
  assert.deepEqual(rig.desk.view(DAN).alerts[0].escalated.map(({ to }) => to), ["risk-officer"]);
  rig.desk.acknowledge(BOB, mismatch.id, "mine", "here");
  rig.desk.end("position-mismatch", "x");
  assert.equal(rig.desk.view(DAN).alerts[0].state, "closed");
});

Deno.test("warnings never escalate, and a run that nobody attends raises and does not escalate", () => {
  const rig = openAlerts();
  rig.desk.raise("credit-warning", "account:main", "90 %");
  rig.pass(100 * MINUTE);
  assert.deepEqual([only(rig).escalated, rig.fired], [[], []]);
  const alone = openAlerts({ more: { attended: false } });
  critical(alone);
  alone.pass(100 * MINUTE);
  assert.deepEqual([only(alone).escalated, alone.fired, only(alone).state], [[], [], "raised"]);
});

Deno.test("alerts outlive a restart with their answers and their age: the time a node was down counts", () => {
  const rig = openAlerts();
  critical(rig, "x");
  critical(rig, "y");
  rig.desk.acknowledge(BOB, 2, "mine", "here");
  rig.pass(30_000);
  const again = rig.again(40_000);
  assert.deepEqual(again.desk.view(DAN).alerts.map(({ id, state }) => [id, state]), [[2, "acknowledged"], [
    1,
    "raised",
  ]]);
  assert.deepEqual(again.notes.map(({ alerts }) => alerts), ["restored"]);
  again.pass(0);
  assert.deepEqual(again.desk.view(DAN).alerts[1].escalated.map(({ to, afterMs }) => [to, afterMs]), [
    ["risk-officer", 70_000],
  ]);
  const late = again.again(24 * 60 * MINUTE);
  late.pass(0);
  assert.deepEqual(late.desk.view(DAN).alerts[1].escalated.map(({ to }) => to), [
    "risk-officer",
    "compliance",
    "trigger",
  ]);
  assert.equal(late.fired.length, 1);
  const last = late.again(0);
  last.pass(100 * MINUTE);
  assert.deepEqual(last.fired, [], "what was done is not done again");
  last.desk.raise("layering", "main:ALPHA", "pattern");
  assert.equal(last.desk.view(DAN).alerts[0].id, 3, "numbers go on");
});

Deno.test("a wall clock that is set neither hurries an alert nor holds one up, nor does one that was put back over a restart", () => {
  const rig = openAlerts();
  critical(rig);
  rig.jump(-3_600_000);
  rig.pass(MINUTE - 1);
  rig.jump(7_200_000);
  rig.desk.look();
  assert.deepEqual(only(rig).escalated, []);
  rig.pass(1);
  assert.equal(only(rig).escalated.length, 1);
  rig.jump(-24 * 60 * MINUTE);
  const again = rig.again(0);
  again.pass(MINUTE);
  assert.equal(only(again).escalated.length, 2);
});

Deno.test("what is said about who trades is hidden from the desk, and shown to those who answer and those who watch", () => {
  const rig = openAlerts();
  rig.desk.raise("layering", "main:ALPHA", "pattern");
  critical(rig);
  const seen = (by: Principal) => rig.desk.view(by).alerts.map(({ kind }) => kind);
  assert.deepEqual(seen(TIM), ["position-mismatch"]);
  for (const by of [OPS, BOB, DAN, ANN]) assert.deepEqual(seen(by), ["position-mismatch", "layering"], by.id);
  assert.equal(rig.desk.view(TIM).waiting, 1);
});

Deno.test("a file that is damaged is refused with a sentence, and closed alerts are kept up to a number, open ones always", () => {
  const damaged = { text: '{"version":1,"next":0}' };
  assert.equal(codeOf(() => openAlerts({ file: damaged })), "ALERTS_FILE");
  const rig = openAlerts();
  critical(rig, "first");
  for (let i = 0; i < 300; i++) {
    rig.desk.raise("stale-market", `s${i}`, "silent");
    rig.desk.end("stale-market", `s${i}`);
  }
  const { alerts } = rig.desk.view(DAN);
  assert.ok(alerts.length <= 202, `${alerts.length}`);
  assert.equal(alerts.at(-1)!.subject, "first");
});
