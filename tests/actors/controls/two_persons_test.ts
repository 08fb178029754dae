/** No sequence of requests by fewer than two persons of different roles ever loosens a limit; and what one does tightens. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Config } from "../../../config/mod.ts";
import { decide, distrustClock, passTime, type State } from "../../../actors/controls/decide.ts";
import { digestOf } from "../../../actors/controls/two_persons.ts";
import { compareLooseness, listLimits, valueOf } from "../../../actors/controls/names.ts";
import type { LimitRef, LimitsCommand, Principal, Role } from "../../../actors/protocol/mod.ts";
import { configOf, GROSS, POSITION, principal } from "./rig.ts";

const CONFIG = configOf();
const REFS: LimitRef[] = [
  GROSS,
  POSITION,
  { ...POSITION, scope: "firm" },
  { scope: "organism:anglerfish-1", limit: "duplicate_window_ms", instrument: null },
  { scope: "organism:anglerfish-1", limit: "max_position", instrument: null },
];
const USAGE = { used: 1, peak: 2, volume: null };
const HOUR = 3_600_000;

type Asked =
  | { who: number; verb: "tighten" | "propose"; ref: number; value: number; hours: number | null }
  | { who: number; verb: "approve" | "withdraw"; back: number }
  | { verb: "wait"; hours: number }
  | { verb: "jump" };

/** Proposals and approvals often, so that many sequences get as far as an approval; jumps of the clock seldom. */
const asked: fc.Arbitrary<Asked> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      who: fc.nat(2),
      verb: fc.constantFrom("tighten" as const, "propose" as const, "propose" as const),
      ref: fc.nat(REFS.length - 1),
      value: fc.oneof(fc.nat(8000), fc.integer({ min: 2000, max: 6000 })),
      hours: fc.option(fc.integer({ min: 1, max: 20 })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      who: fc.nat(2),
      verb: fc.constantFrom("approve" as const, "approve" as const, "withdraw" as const),
      back: fc.nat(3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("wait" as const), hours: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("jump" as const) }) },
);

/** Plays requests of these people, skipping refusals, and hands each state over with who has had a hand in it. */
function play(
  people: readonly Principal[],
  requests: readonly Asked[],
  see: (before: State, after: State, by: Asked) => void,
) {
  let state: State = { config: CONFIG, pending: [], temporary: [], next: 1 };
  let now = 1_000_000_000;
  const step = (next: State, by: Asked) => {
    see(state, next, by);
    state = next;
  };
  for (const request of requests) {
    if (!("who" in request)) {
      if (request.verb === "wait") now += request.hours * HOUR;
      const due = () => request.verb === "wait" ? passTime(state, now) : distrustClock(state);
      for (let next = due(); next !== null; next = due()) step(next.state, request);
      continue;
    }
    const by = people[request.who % people.length];
    const command = commandOf(request, state, now);
    if (command === null) continue;
    try {
      step(decide(state, by, command, now, USAGE).state, request);
    } catch (error) {
      assert.equal((error as Error).name, "UserError", String((error as Error).stack));
    }
  }
}

function commandOf(
  request: Extract<Asked, { who: number }>,
  state: State,
  now: number,
): LimitsCommand | null {
  if ("back" in request) {
    const all = [...state.pending, ...state.temporary];
    const target = all.at(-1 - (request.back % Math.max(1, all.length)));
    if (target === undefined) return null;
    if (request.verb === "withdraw") return { verb: "withdraw", id: target.id, reason: "r" };
    const proposal = state.pending.find(({ id }) => id === target.id);
    return { verb: "approve", id: target.id, digest: proposal === undefined ? "" : digestOf(proposal) };
  }
  const ref = REFS[request.ref];
  const value = ref.limit === "max_gross" ? `${request.value * 1000 + 1}` : request.value;
  if (request.verb === "tighten") return { verb: "tighten", ref, value, reason: "r" };
  const expires = request.hours === null ? null : now + request.hours * HOUR;
  return { verb: "propose", ref, value, reason: "r", expires };
}

/** Limits that let more through in `after` than in `before`. */
function loosened(before: Config, after: Config): LimitRef[] {
  const refs = [...REFS, ...listLimits(before)];
  return refs.filter((ref) => compareLooseness(after, ref, valueOf(after, ref), valueOf(before, ref)) > 0);
}

const roles = (...names: Role[]) => names;
const ALONE = [
  [principal("bob", "risk-officer")],
  [principal("bob", "risk-approver")],
  [principal("bob", "compliance")],
  // Roles that one person cannot be given, in case he is given them.
  [principal("bob", ...roles("risk-officer", "risk-approver", "compliance"))],
  // One person under two names of roles, as with two sessions.
  [principal("bob", "risk-officer"), principal("bob", "risk-approver"), principal("bob", "compliance")],
  // Many persons of one role.
  [principal("bob", "risk-officer"), principal("ben", "risk-officer")],
  [principal("bob", "risk-approver"), principal("ben", "risk-approver"), principal("dan", "compliance")],
];

for (const people of ALONE) {
  const names = people.map(({ person, roles }) => `${person} (${roles.join(", ")})`).join(" and ");
  Deno.test(`nothing that ${names} can ask for loosens a limit`, () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 40, size: "max" }), (requests) => {
        play(people, requests, (before, after) => assert.deepEqual(loosened(before.config, after.config), []));
      }),
      { numRuns: 60 },
    );
  });
}

Deno.test("with two persons of different roles limits do loosen, only by an approval, and never past a parent", () => {
  let seen = 0;
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 40, size: "max" }), (requests) => {
      const people = [principal("bob", "risk-officer"), principal("cat", "risk-approver")];
      play(people, requests, (before, after, by) => {
        if (loosened(before.config, after.config).length === 0) return;
        seen++;
        assert.equal(by.verb, "approve");
      });
    }),
    { numRuns: 100 },
  );
  assert.ok(seen > 0, "the property never saw a limit loosen, so it shows nothing");
});

Deno.test("whatever was approved for a time is gone when time has passed", () => {
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 30, size: "max" }), (requests) => {
      const people = [principal("bob", "risk-officer"), principal("cat", "risk-approver")];
      const last: { state: State | null } = { state: null };
      play(
        people,
        requests.map((one) => "ref" in one ? { ...one, hours: one.hours ?? 1 } : one),
        (_, after) => {
          last.state = after;
        },
      );
      if (last.state === null) return;
      let state: State = last.state;
      for (let next = passTime(state, 1e15); next !== null; next = passTime(state, 1e15)) state = next.state;
      assert.deepEqual(loosened(CONFIG, state.config), []);
      assert.deepEqual([state.pending, state.temporary], [[], []]);
    }),
    { numRuns: 60 },
  );
});
