/**
 * Knight Capital, 1 August 2012: a dead function came alive on one of eight servers and sent children for parents it never
 * saw as filled. 212 orders of customers became more than 4 million executions in 154 stocks, 397 million shares, in 45
 * minutes, at a loss above 460 million dollars.
 */
import { codeHash } from "../../actors/node/build.ts";
import { deploymentOf, enforceDeployment } from "../../actors/node/deployment.ts";
import { openSigningKey } from "../../cli/signing_key.ts";
import { canonicalJson, loadConfig } from "../../config/mod.ts";
import { ControlPage, FIRM_NODE, FIRM_SCOPE, ScopeState, Side } from "../../ffi/mod.ts";
import { type Alarm, alarmOn } from "./alarm.ts";
import { DAY_START, FLAG, Floor } from "./floor.ts";
import { type Case, type Outcome, play, type Scenario } from "./scenario.ts";

const PARENTS = 212, STOCKS = 154, EXECUTIONS = 4_000_000, SHARES = 397_000_000, MINUTES = 45, LOSS = 460_000_000;
/** Positions of 6.65 bn dollars in those shares. */
const PRICE = 16.75;
const CHILD = Math.round(SHARES / EXECUTIONS);
const PER_SECOND = Math.round(EXECUTIONS / (MINUTES * 60));
/** What a customer asked for: ten children. The record does not say it, and it is no part of the fault. */
const ASKED = 10 * CHILD;
const STEP_MS = 20;

const knight = (id: string, wrong: string, control: string): Case => ({
  id,
  name: "Knight Capital",
  year: 2012,
  wrong,
  control,
});

const PER_SHARE = LOSS / SHARES;
const stockOf = (parent: number): number => parent % STOCKS;
const sideOf = (parent: number): number => parent % STOCKS < 80 ? Side.Buy : Side.Sell;
const open = () => new Floor({ listed: Array(STOCKS).fill({ price: PRICE }), strategies: 2, fills: true });

/** A minute of it at the pace of that morning. */
function powerPeg(floor: Floor, seconds: number, { strategy = 1, children = true } = {}): void {
  let parent = 0;
  for (let ms = 0; ms < seconds * 1_000; ms += STEP_MS) {
    const due = Math.round(PER_SECOND * (ms + STEP_MS) / 1_000) - Math.round(PER_SECOND * ms / 1_000);
    floor.send(Array.from({ length: due }, () => {
      parent = parent % PARENTS + 1;
      const order = { strategy, instrument: stockOf(parent), side: sideOf(parent), quantity: CHILD, price: PRICE };
      return children ? { ...order, flags: FLAG.Child, target: parent } : order;
    }));
    floor.pass(STEP_MS);
  }
}

function openParents(floor: Floor, quantity: number): void {
  const parents = Array.from({ length: PARENTS }, (_, i) => i + 1).map((parent) => ({
    parent,
    strategy: 1,
    instrument: stockOf(parent),
    side: sideOf(parent),
    quantity,
  }));
  floor.gate.tell({ fact: "parents", node: FIRM_NODE, maxParent: 9e15, maxBasket: 9e15 }, floor.now);
  for (const parent of parents) {
    const { code } = floor.gate.openParents([parent], floor.now);
    if (code !== 0) throw new Error(`parent ${parent.parent} was refused with ${code}`);
  }
}

const SERVERS = 8;

/** A server's directory, with the sources it was left with. */
async function server(root: string, number: number, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = `${root}/${number}`;
  await Deno.mkdir(`${directory}/actors`, { recursive: true });
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${directory}/actors/${name}`, text);
  return codeHash(directory);
}

/** Seven servers have what was released; on the eighth the dead function still lies. */
async function forgotten(): Promise<Outcome> {
  const root = await Deno.makeTempDir({ prefix: "cwts-scenario-" });
  try {
    const released = { "router.ts": "retail liquidity programme" };
    const codes = await Promise.all(
      Array.from(
        { length: SERVERS },
        (_, i) =>
          server(
            root,
            i,
            i === SERVERS - 1 ? { "router.ts": "retail liquidity programme", "power_peg.ts": "peg" } : released,
          ),
      ),
    );
    const key = await openSigningKey(`${root}/release.key`, "release manager");
    const build = { version: "1", core: "0".repeat(64), abi: 1, records: "1" };
    const { version: cwts, ...parts } = build;
    const signed = {
      ...{ kind: "release", version: 1, cwts, ...parts, code: codes[0], config: null, person: key.person },
      ...{ releasedAt: "2012-07-27", publicKey: key.publicKey },
    };
    const manifest = JSON.stringify({ ...signed, signature: await key.sign(canonicalJson(signed)) });
    const { config } = loadConfig({ environment: {}, directory: "." });
    const asked = { ...config, release: { manifest: "release.json", publicKey: key.publicKey } };
    const deployed = codes.map((code) => deploymentOf({ ...build, code }, asked, manifest));
    const odd = deployed.filter(({ mismatches }) => mismatches.length > 0);
    if (odd.length !== 1 || odd[0] !== deployed.at(-1)) throw new Error(`${odd.length} servers differ`);
    for (const right of deployed.slice(0, -1)) {
      using floor = open();
      enforceDeployment(right, floor.control, 1);
      powerPeg(floor, 0.1, { children: false });
      if (floor.refused > 0) throw new Error("a server with what was released was stopped");
    }
    return play({
      open,
      control: (floor) => enforceDeployment(deployed.at(-1)!, floor.control, 1),
      flow: (floor) => powerPeg(floor, 10, { children: false }),
      remark: "RELEASE_CODE: the eighth comes up KILLED and stays so, the seven trade; ten seconds of it",
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** From 8:01, an hour and a half before the open. */
const MAILS = 97, BEFORE_OPEN_MS = 89 * 60_000;

function unread(): Outcome {
  let alarm: Alarm | null = null;
  return play({
    open,
    control: (floor) => {
      floor.now = DAY_START - BEFORE_OPEN_MS * 1_000;
      alarm = alarmOn(floor);
    },
    instead: (floor) => void (floor.now = DAY_START - BEFORE_OPEN_MS * 1_000),
    flow: (floor, guarded) => {
      const desk = guarded ? alarm!.desk : null;
      for (let mail = 0; mail < MAILS; mail++) {
        desk?.raise("gave-up", "router", "Power Peg is disabled");
        floor.pass(BEFORE_OPEN_MS / MAILS);
        desk?.look();
      }
      floor.now = DAY_START;
      powerPeg(floor, 10, { children: false });
    },
    remark:
      "one alert, raised 97 times; told to a second and a third role after 2 and 4 minutes, and at 8:07 the firm may only cancel; ten seconds of it",
  });
}

export const KNIGHT: readonly Scenario[] = [
  { ...knight("KC-1", "new code on 7 of 8 servers", "release compared at the start"), run: forgotten },
  {
    ...knight("KC-2", "children without end for parents never seen as filled", "parent_quantity"),
    run: () =>
      play({
        open,
        control: (floor) => openParents(floor, ASKED),
        // The quantity that had filled was not looked at any more.
        instead: (floor) => openParents(floor, 5_000_000),
        flow: (floor) => powerPeg(floor, 60),
        check: (floor) => {
          const most = PARENTS * ASKED * PRICE;
          if (Math.abs(floor.through - most) > 1) throw new Error(`${floor.through} is not what customers asked for`);
        },
        remark:
          `let through: what the customers had asked for; lost beyond it: nothing (first minute of ${MINUTES}; then: ${
            Math.round(LOSS / MINUTES / 1e5) / 10
          } m a minute)`,
      }),
  },
  {
    ...knight("KC-3", "limit of 2 m for the error account not wired to the orders", "gross_value"),
    run: () => {
      const errorAccount = (floor: Floor) => {
        const node = floor.gate.addScope({ kind: "account", parent: 1 });
        floor.gate.addScope({ kind: "strategy", parent: node, strategy: 3 });
        floor.permit(3);
        return node;
      };
      return play({
        open,
        control: (floor) => floor.gate.setTotalLimits(errorAccount(floor), { maxGross: floor.money(2_000_000) }),
        instead: errorAccount,
        flow: (floor) => powerPeg(floor, 10, { strategy: 3, children: false }),
        check: (floor) => {
          const { gross } = floor.gate.scopeUsage(FIRM_NODE);
          if (Math.abs(gross - floor.money(floor.through)) > floor.money(2 * PRICE * CHILD)) {
            throw new Error(`the firm counts ${gross}`);
          }
        },
        remark: `ten seconds of it; the firm's own gross counts the account too; lost at ${
          PER_SHARE.toFixed(2)
        } a share: ${Math.round(2_000_000 / PRICE * PER_SHARE / 1_000)} k`,
      });
    },
  },
  { ...knight("KC-4", "97 e-mails before the open, read by nobody", "an alert nobody acknowledges"), run: unread },
  {
    ...knight("KC-5", "taking the new code back let the rest of the servers fail too", "control_state"),
    run: async () => {
      const directory = await Deno.makeTempDir({ prefix: "cwts-scenario-" });
      try {
        {
          using page = ControlPage.open(directory);
          page.request(FIRM_SCOPE, ScopeState.Killed, "children without parents", "drill", 0);
          page.flush();
        }
        // Everything starts anew with the older code: what was killed comes up killed.
        using page = ControlPage.open(directory);
        const listed = Array(STOCKS).fill({ price: PRICE });
        const kept = () => new Floor({ listed, strategies: 2, fills: true, control: page });
        return play({
          open: kept,
          control: () => {},
          instead: () => page.request(FIRM_SCOPE, ScopeState.Active, "forgotten", "drill", 0),
          flow: (floor) => powerPeg(floor, 10, { children: false }),
          remark: "a kill outlives the roll-back and the restart; ten seconds of it",
        });
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  },
];
