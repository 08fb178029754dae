/** What a person meets on the command line: help, typing errors, exit codes. */
import assert from "node:assert/strict";
import { parseDuration } from "../../cli/duration.ts";
import { columns, paint } from "../../cli/io.ts";
import { signalHandler } from "../../cli/signals.ts";
import { progressText } from "../../cli/start.ts";
import { Progress } from "../../cli/progress.ts";
import { inside, outside } from "./run.ts";

Deno.test("an unknown command is refused with the nearest one, exit code 2", async () => {
  const { exit, out, err } = await inside(["strat"]);
  assert.deepEqual([exit, out, err], [2, "", "error: unknown command 'strat' (did you mean start?)"]);
});

Deno.test("an unknown flag is refused with the nearest one, exit code 2", async () => {
  const { exit, err } = await inside(["start", "--sed", "3"]);
  assert.deepEqual([exit, err], [2, "error: unknown option '--sed' (did you mean --seed?)"]);
});

Deno.test("no command at all prints the help and is wrong usage", async () => {
  const { exit, out, err } = await inside([]);
  assert.equal(exit, 2);
  assert.match(out + err, /Usage: cwts/);
});

Deno.test("every command has help with examples, exit code 0", async () => {
  const { out } = await inside(["--help"]);
  const commands = ["start", "backtest", "kill", "rearm", "audit", "config", "doctor", "bench", "version"];
  for (const command of commands) assert.match(out, new RegExp(`\\n  ${command}\\b`));
  for (
    const path of [
      ["start"],
      ["backtest"],
      ["kill"],
      ["rearm"],
      ["audit", "verify"],
      ["audit", "show"],
      [
        "config",
        "show",
      ],
      ["doctor"],
      ["bench"],
    ]
  ) {
    const help = await inside([...path, "--help"]);
    assert.equal(help.exit, 0);
    assert.match(help.out, /Examples:\n +\$ /, path.join(" "));
  }
});

const MISUSES: readonly (readonly [args: string[], err: string])[] = [
  [["start", "--duration", "soon"], '--duration must be a time above zero such as 30s, 500ms, 5m or 2h, not "soon"'],
  [["start", "--seed", "-1"], 'node.seed in the flag --seed must be a whole number from 0 to 4294967295, not "-1"'],
  [["start", "--seed", "NaN"], 'node.seed in the flag --seed must be a whole number from 0 to 4294967295, not "NaN"'],
  [["start", "--feed", "live"], 'feed.kind in the flag --feed must be one of simulated, replay, bars, paper, not "live"'],
  [
    ["start", "--feed", "replay"],
    "feed.paths in the flag --feed must name a recording: start with --feed replay:<path>",
  ],
  [["start", "--feed", "simulated:x"], "--feed simulated takes no path: did you mean replay:x?"],
  [["start", "--speed", "0"], 'node.speed in the flag --speed must be a number above 0, or "max", not "0"'],
  [
    ["start", "--config", "nowhere.toml"],
    "there is no file nowhere.toml: name an existing one with --config, or leave it out",
  ],
  [["audit", "show", "--from", "x"], '--from must be a whole number of 0 or more, not "x"'],
  [["audit", "show", "--type", "Decison"], "--type Decison is no record type: did you mean Decision?"],
  [["bench", "pipelin"], 'there is no measurement "pipelin": did you mean pipeline?'],
  [["bench", "matching", "--only", "tell"], 'the measurement "matching" takes no --only'],
  [["bench", "actors", "--engines", "otq"], 'there is no engine "otq": did you mean otp?'],
  [
    ["rearm", "--scope", "firm", "--reason", "x"],
    "say what made it safe with --cause: false-alarm, limit-corrected, strategy-fixed, data-restored, venue-restored, positions-reconciled, drill, other",
  ],
  [["rearm", "--approve", "3"], "--approve needs the --digest that rearm --list shows"],
  [
    ["rearm", "--scope", "firm", "--cause", "drill", "--reason", "x"],
    "nobody can be asked here: add --yes if re-arming is meant",
  ],
];

for (const [args, expected] of MISUSES) {
  Deno.test(`cwts ${args.join(" ")} is refused with one sentence, exit code 2`, async () => {
    const { exit, out, err } = await inside(args);
    assert.deepEqual([exit, out, err], [2, "", `error: ${expected}`]);
  });
}

Deno.test("version and config show speak JSON when asked, and nothing else on stdout", async () => {
  const version = JSON.parse((await inside(["version", "--json"])).out);
  assert.match(version.cwts, /^\d+\.\d+\.\d+$/);
  const shown = JSON.parse((await inside(["config", "show", "--json", "--seed", "7"])).out);
  const seed = shown.values.find(({ key }: { key: string }) => key === "node.seed");
  assert.deepEqual([seed.value, seed.origin], [7, { kind: "flag", name: "--seed" }]);
});

Deno.test("config show prints value, unit and origin of every key", async () => {
  const { exit, out } = await inside(["config", "show", "--feed", "bars", "--reasons"]);
  assert.equal(exit, 0);
  assert.match(out, /\ninstruments\[0\]\.symbol +SPX +bars profile +name of the instrument/);
  assert.match(out, /\naudit\.commit_ms +2 +ms +default +time between group commits/);
  assert.match(out, /\nfeed\.kind +bars +flag --feed /);
});

Deno.test("config schema is a JSON Schema", async () => {
  const schema = JSON.parse((await inside(["config", "schema"])).out);
  assert.equal(schema.type, "object");
  assert.equal(schema.properties.node.properties.seed.default, 1);
});

Deno.test("the process ends with the exit code, errors on stderr, without colours under NO_COLOR", async () => {
  const { exit, out, err } = await outside(["config", "shw"]);
  assert.deepEqual([exit, out], [2, ""]);
  assert.equal(err, "error: unknown command 'shw' (did you mean show?)\n");
});

Deno.test("durations are read with their units, and refused without sense", () => {
  assert.deepEqual(["30s", "500ms", "1.5h", "2m", "1d", "90"].map((text) => parseDuration(text, "--duration")), [
    30,
    0.5,
    5400,
    120,
    86400,
    90,
  ]);
  for (const text of ["", "0s", "-3s", "5 weeks", "NaN", "1e3s"]) {
    assert.throws(() => parseDuration(text, "--duration"), { code: "USAGE" });
  }
});

Deno.test("progress of a run says how far it is in market time", () => {
  const at = (marketSeconds: number, duration?: number) =>
    progressText({ marketSeconds, events: 42_496, orders: 421 }, duration);
  assert.equal(at(754.9), "12:34 market time, 42,496 events, 421 orders");
  assert.equal(at(5, 3_600), "0:05 of 1:00:00 market time, 42,496 events, 421 orders");
  assert.equal(at(90_061), "1 d 1:01:01 market time, 42,496 events, 421 orders");
});

Deno.test("a signal that comes twice is one; a later one stops at once", () => {
  let now = 5_000;
  const said: string[] = [];
  const signal = signalHandler({
    now: () => now,
    stopInOrder: () => said.push("in order"),
    stopAtOnce: () => said.push("at once"),
  });
  signal();
  now += 20;
  signal();
  assert.deepEqual(said, ["in order"]);
  now += 2_000;
  signal();
  assert.deepEqual(said, ["in order", "at once"]);
});

Deno.test("columns line up, and colour is used only where it is welcome", () => {
  assert.deepEqual(columns([["a", "bb", "c"], ["aaa", "b", ""]]), ["a    bb  c", "aaa  b"]);
  assert.equal(paint({ color: false }, "red", "x"), "x");
  assert.equal(paint({ color: true }, "red", "x"), "\x1b[31mx\x1b[39m");
});

Deno.test("progress is silent in a log until work has become long, and cleans up on a terminal", () => {
  const said: string[] = [];
  const io = {
    out: () => {},
    err: (line: string) => void said.push(line),
    errRaw: (text: string) => void said.push(text),
    color: false,
  };
  const log = new Progress({ ...io, terminal: false });
  log.show("one");
  log.end();
  assert.deepEqual(said, []);
  const terminal = new Progress({ ...io, terminal: true });
  terminal.show("one");
  terminal.show("two, too soon to be shown");
  terminal.end();
  assert.deepEqual(said, ["\r\x1b[Kone", "\r\x1b[K"]);
});
