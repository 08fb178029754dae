/** What a start does with what the venue says: differences are named, and lies refused. */
import assert from "node:assert/strict";
import { ensureCore } from "../../ffi/build.ts";
import { ExecType, ExecutionView } from "../../ffi/layout.gen.ts";
import { AuditLog, RecordType } from "../../ffi/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { instrumentsOf } from "../../actors/node/instruments.ts";
import { orderDifferences, positionDifferences } from "../../actors/node/paper/differences.ts";
import { reconcile, type ReconciliationReport } from "../../actors/node/paper/reconcile.ts";
import { VenueFault } from "../../actors/venues/paper/client.ts";
import { type Ask, askSchema, linesOf } from "../../actors/venues/paper/words.ts";
import { withDirectory } from "../cli/run.ts";

ensureCore();

type Said = Readonly<Record<string, unknown>> | string | null;
type Script = (ask: Ask) => Said;

const JOURNAL = "journal-1";

/** An exchange with nothing in it, as a script may change it. */
const honest = (asOf = 0): Script => (ask) => {
  const { id } = ask;
  switch (ask.ask) {
    case "hello":
      return { answer: "hello", id, asOf, journal: JOURNAL, entered: 0, instruments: ["ALPHA", "BRAVO", "CHARLIE"] };
    case "executions":
      return { answer: "executions", id, asOf, records: "", count: 0, next: null };
    case "open":
      return { answer: "open", id, asOf, orders: [], next: null };
    case "positions":
      return { answer: "positions", id, asOf, positions: [] };
    case "seen":
      return { answer: "seen", id, asOf, orders: [] };
    case "enter":
      return { answer: "entered", id, asOf, sequence: ask.sequence };
    case "withdraw":
      return { answer: "withdrawn", id, asOf };
  }
};

/** Reconciles run 2 with a venue that follows the script. A string is sent as it is; null: nothing. */
async function against(script: Script, before?: (data: string) => void): Promise<ReconciliationReport> {
  return await withDirectory(async (root) => {
    const [directory, dataDir] = [`${root}/venue`, `${root}/data`];
    for (const path of [directory, `${dataDir}/runs/000001`]) await Deno.mkdir(path, { recursive: true });
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await Deno.writeTextFile(`${directory}/venue.token`, "secret\n", { mode: 0o600 });
    await Deno.writeTextFile(`${directory}/venue.json`, JSON.stringify({ port: listener.addr.port }));
    before?.(dataDir);
    const serving = (async () => {
      const socket = await listener.accept();
      try {
        for await (const line of linesOf(socket.readable)) {
          const said = script(askSchema.parse(JSON.parse(line)));
          if (said === null) continue;
          const bytes = new TextEncoder().encode(typeof said === "string" ? said : `${JSON.stringify(said)}\n`);
          for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
        }
      } catch {
        // The node hung up.
      }
      try {
        socket.close();
      } catch {
        // Likewise.
      }
    })();
    const flags = [
      { key: "feed.kind", flag: "--feed", value: "paper" },
      { key: "venue.directory", flag: "--feed", value: directory },
      { key: "venue.deadlineMs", flag: "--", value: 300 },
    ];
    const { config } = loadConfig({ directory: root, environment: {}, flags });
    try {
      return await reconcile({ config, instruments: instrumentsOf(config), dataDir, run: 2, now: () => 1 });
    } finally {
      listener.close();
      await serving;
    }
  });
}

const fault = (code: string, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof VenueFault, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, sentence);
  return true;
};

const but = (over: (ask: Ask) => Said | undefined, asOf = 0): Script => (ask) => {
  const said = over(ask);
  return said === undefined ? honest(asOf)(ask) : said;
};

/** Executions numbered as given, each a trade of two lots. */
function executions(...sequences: readonly number[]) {
  const records = new Uint8Array(sequences.length * ExecutionView.SIZE);
  const view = new ExecutionView(records);
  sequences.forEach((venueSequence, i) => {
    Object.assign(view.at(i), { owner: 1, orderId: 7, price: 100, quantity: 2, leaves: 0, venueSequence });
    view.execType = ExecType.Trade;
  });
  return { records: records.toBase64(), count: sequences.length };
}

/** A run before that had heard of executions up to `after`. */
const hadHeard = (after: number, journal = JOURNAL) => (data: string) => {
  const directory = `${data}/runs/000001`;
  const log = AuditLog.open({ directory });
  log.appendJson(RecordType.NodeStarted, 0, { feed: "paper", organisms: [], instruments: [] });
  log.close();
  Deno.writeTextFileSync(`${directory}/venue.json`, JSON.stringify({ journal, after }));
};

Deno.test("an exchange with nothing in it agrees with a node that has done nothing", async () => {
  const { agreed, run, differences, positions } = await against(honest());
  assert.deepEqual([agreed, run, differences, positions], [true, null, [], []]);
});

Deno.test("garbage, silence and hanging up are told in one sentence", async () => {
  await assert.rejects(
    against(() => "{nonsense\n"),
    fault("VENUE_LIES", /none of the protocol; nothing of it was believed/),
  );
  await assert.rejects(against(() => `${"x".repeat(1 << 21)}\n`), fault("VENUE_LIES", /a line of more than/));
  await assert.rejects(against(() => null), fault("VENUE_SILENT", /did not answer within 300 ms/));
  await assert.rejects(
    against(but((ask) => ask.ask === "open" ? { ...honest()(ask) as object, asOf: -1 } : undefined)),
    fault("VENUE_LIES", /none of the protocol/),
  );
  await assert.rejects(
    against(but((ask) => ask.ask === "open" ? { answer: "withdrawn", id: ask.id, asOf: 0 } : undefined)),
    fault("VENUE_LIES", /an answer withdrawn to a question that was not asked/),
  );
});

Deno.test("executions that go back, repeat, are of nobody or have no end are refused", async () => {
  const tells = (page: (after: number, count: number) => object) => {
    let count = 0;
    return but(
      (ask) =>
        ask.ask === "executions"
          ? { answer: "executions", id: ask.id, asOf: 99, ...page(ask.after, count++) }
          : undefined,
      10,
    );
  };
  const cases: [(after: number, count: number) => object, RegExp][] = [
    [() => ({ ...executions(12, 11), next: null }), /execution 11 came after execution 12/],
    [() => ({ ...executions(10), next: null }), /execution 10 came after execution 10/],
    [() => ({ ...executions(11), count: 2, next: null }), /bytes cannot be 2 executions/],
    [() => ({ records: "", count: 0, next: 11 }), /says to go on at 11/],
    [() => ({ ...executions(11), next: 40 }), /says to go on at 40/],
    [(after) => ({ ...executions(after + 1), next: after + 1 }), /page 0 says to go on at 11/],
    [(after) => {
      const full = Array.from({ length: 1_000 }, (_, i) => after + 1 + i);
      return { ...executions(...full), next: after + 1_000 };
    }, /have no end: 1000 pages were read/],
  ];
  for (const [page, sentence] of cases) {
    await assert.rejects(against(tells(page), hadHeard(10)), fault("VENUE_LIES", sentence));
  }
});

Deno.test("open orders that are never of one moment, or have no end, are refused", async () => {
  await assert.rejects(
    against(but((ask) => ask.ask === "open" ? { ...honest()(ask) as object, asOf: 5 } : undefined)),
    fault("VENUE_LIES", /never of one moment/),
  );
  const order = (orderId: number) => ({
    ...{ orderId, session: 1, owner: 1, instrument: 0, side: 0, price: 5, total: 1, leaves: 1 },
  });
  await assert.rejects(
    against(
      but((ask) =>
        ask.ask === "open" ? { answer: "open", id: ask.id, asOf: 0, orders: [order(3)], next: 3 } : undefined
      ),
    ),
    fault("VENUE_LIES", /order 3 in its list of open orders/),
  );
});

Deno.test("an exchange that has forgotten executions is refused, and another one is a difference", async () => {
  await assert.rejects(
    against(honest(49), hadHeard(50)),
    fault("VENUE_LIES", /knows executions up to 49, and execution 50 is on record here/),
  );
  const { agreed, differences } = await against(honest(), hadHeard(0, "journal-2"));
  assert.equal(agreed, false);
  assert.deepEqual(differences.map(({ kind }) => kind), ["other-venue"]);
});

Deno.test("an execution of an order that no record knows counts, and keeps the firm where it is", async () => {
  const told = new Set<number>();
  const script = but((ask) => {
    if (ask.ask === "executions" && ask.after < 51) {
      told.add(ask.after);
      return { answer: "executions", id: ask.id, asOf: 51, ...executions(51), next: null };
    }
    if (ask.ask === "positions") {
      return {
        answer: "positions",
        id: ask.id,
        asOf: 51,
        positions: [{ owner: 1, instrument: 0, lots: 2, price: 100 }],
      };
    }
  }, 51);
  const { agreed, differences, executions: count, positions } = await against(script, hadHeard(50));
  assert.equal(agreed, false);
  assert.deepEqual([...told], [50]);
  assert.equal(count, 1);
  assert.ok(differences.some(({ kind, explained }) => kind === "unknown-execution" && !explained));
  assert.deepEqual(positions.map(({ lots }) => lots), [2]);
});

Deno.test("every way in which open orders can differ has a name, and only a way that is certain is explained", () => {
  const logged = (orderId: number, leaves = 5) => ({ orderId, strategy: 1, instrument: 0, leaves });
  const venue = (orderId: number, leaves = 5) => ({
    ...{ orderId, session: 1, owner: 1, instrument: 0, side: 0 as const, price: 10, total: 9, leaves },
  });
  const found = orderDifferences(
    [logged(1), logged(2), logged(3), logged(4)],
    [venue(1), venue(2, 3), venue(5)],
    new Set([3]),
  );
  assert.deepEqual(found.map(({ orderId, kind, explained }) => [orderId, kind, explained]), [
    [2, "leaves-differ", false],
    [3, "gone", false],
    [4, "never-arrived", true],
    [5, "unknown-order", false],
  ]);
  for (const { explained, detail, fix } of found) {
    assert.ok(detail.length > 20);
    assert.equal(fix === "", explained);
  }
  assert.deepEqual(orderDifferences([logged(1)], [{ ...venue(1), owner: 2 }], new Set())[0].kind, "leaves-differ");
});

Deno.test("positions differ by what only one side has, too", () => {
  const found = positionDifferences(
    [{ owner: 1, instrument: 0, lots: 3, price: 1 }, { owner: 2, instrument: 1, lots: -2, price: 1 }],
    [{ owner: 1, instrument: 0, lots: 3 }, { owner: 3, instrument: 2, lots: 4 }],
  );
  assert.deepEqual(found.map(({ size }) => size), [4, 2]);
  assert.match(found[1].detail, /organism 2 holds 0 lots of instrument 1 by the log, and -2 at the venue/);
});
