/** Layers of configuration: who wins, where each value came from, and what a person hears about a mistake. */
import assert from "node:assert/strict";
import { loadConfig, type LoadOptions, UserError } from "../../config/mod.ts";

const NOWHERE = { directory: "/nonexistent", environment: {} } as const;

/** Writes a TOML file, loads it, and removes it. */
function withFile<T>(toml: string, use: (file: string) => T): T {
  const file = Deno.makeTempFileSync({ suffix: ".toml" });
  try {
    Deno.writeTextFileSync(file, toml);
    return use(file);
  } finally {
    Deno.removeSync(file);
  }
}

const load = (toml: string, more: LoadOptions = {}) =>
  withFile(toml, (file) => loadConfig({ ...NOWHERE, file, ...more }));

const originOf = (loaded: ReturnType<typeof loadConfig>, key: string) =>
  loaded.values.find((value) => value.key === key)?.origin.kind;

/** The sentence a mistake leads to, with the name of the temporary file made constant. */
function sentence(use: () => unknown): string {
  try {
    use();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.code, /^CONFIG_/);
    return error.message.replace(/\/\S+\.toml/, "cwts.toml");
  }
  throw new assert.AssertionError({ message: "the mistake was accepted" });
}

Deno.test("with nothing said, the simulated profile has three instruments and three organisms, none of which meet", () => {
  const { config, file } = loadConfig(NOWHERE);
  assert.equal(file, null);
  assert.deepEqual(config.instruments.map(({ symbol }) => symbol), ["ALPHA", "BRAVO", "CHARLIE"]);
  assert.deepEqual(config.organisms.map(({ id }) => id), ["anglerfish-1", "platypus-1", "tardigrade-1"]);
  const traded = config.organisms.flatMap(({ instruments }) => instruments);
  assert.equal(new Set(traded).size, traded.length);
});

Deno.test("a flag beats the environment, the environment a file, a file the profile, the profile the default", () => {
  const toml = "[node]\nseed = 2\nspeed = 5\n[console]\nport = 1111\n[mode]\nrecover_ms = 7\n";
  const loaded = load(toml, {
    environment: { CWTS_NODE_SEED: "3", CWTS_CONSOLE_PORT: "2222" },
    flags: [
      { key: "node.seed", value: "4", flag: "--seed" },
      { key: "feed.kind", value: "bars", flag: "--feed" },
    ],
  });
  assert.equal(loaded.config.node.seed, 4);
  assert.equal(originOf(loaded, "node.seed"), "flag");
  assert.equal(loaded.config.console.port, 2222);
  assert.equal(originOf(loaded, "console.port"), "environment");
  assert.equal(loaded.config.node.speed, 5);
  assert.equal(originOf(loaded, "node.speed"), "file");
  assert.equal(loaded.config.mode.recoverMs, 7);
  assert.equal(loaded.config.mode.staleMarketMs, 7 * 24 * 3_600_000);
  assert.equal(originOf(loaded, "mode.stale_market_ms"), "profile");
  assert.equal(originOf(loaded, "mode.drawdown.capital"), "default");
});

Deno.test("a preset stands above the profile and below the file", () => {
  const preset = { name: "backtest", values: { node: { speed: "max" }, console: { enabled: false } } };
  const loaded = load("[node]\nspeed = 2\n", { preset });
  assert.equal(loaded.config.node.speed, 2);
  assert.equal(loaded.config.console.enabled, false);
  assert.equal(originOf(loaded, "console.enabled"), "profile");
});

Deno.test("a list in a file replaces the profile's list as a whole, with the defaults of its items", () => {
  const loaded = load(
    `[[instruments]]
symbol = "X"
tick = "0.5"
[[organisms]]
id = "a"
species = "platypus"
instruments = ["X"]
[organisms.parameters]
holding_ms = 5
`,
  );
  assert.deepEqual(loaded.config.instruments.map(({ symbol, lot }) => [symbol, lot]), [["X", "1"]]);
  assert.deepEqual(loaded.config.organisms[0].parameters, { holdingMs: 5 });
  assert.equal(originOf(loaded, "instruments[0].tick"), "file");
  assert.equal(originOf(loaded, "instruments[0].lot"), "default");
  assert.equal(loaded.values.some(({ key }) => key.startsWith("instruments[1]")), false);
});

Deno.test("the profile of a replay takes tick and lot from the market the capture was made on", () => {
  const instrument = (path: string) =>
    loadConfig({
      ...NOWHERE,
      flags: [{ key: "feed.kind", value: "replay", flag: "--feed" }, {
        key: "feed.paths",
        value: [path],
        flag: "--feed",
      }],
    }).config.instruments[0];
  assert.deepEqual([instrument("a/usdm_btcusdt.gz").tick, instrument("a/usdm_btcusdt.gz").lot], ["0.10", "0.001"]);
  assert.deepEqual([instrument("a/spot_btcusdt.gz").tick, instrument("a/spot_btcusdt.gz").lot], ["0.01", "0.000001"]);
});

Deno.test("environment values take the type of their key", () => {
  const { config } = loadConfig({
    ...NOWHERE,
    environment: {
      CWTS_NODE_DATA_DIR: "123",
      CWTS_NODE_SPEED: "max",
      CWTS_NODE_DURATION: "2.5",
      CWTS_CONSOLE_ENABLED: "false",
      CWTS_FEED_KIND: "replay",
      CWTS_FEED_PATHS: "a.gz, b.gz",
      CWTS_MARKET_MAKER_SKEW_TICKS_PER_100_LOTS: "3",
      CWTS_AUDIT_SEGMENT_MIB: "8",
    },
  });
  assert.equal(config.node.dataDir, "123");
  assert.equal(config.node.speed, "max");
  assert.equal(config.node.duration, 2.5);
  assert.equal(config.console.enabled, false);
  assert.deepEqual(config.feed.paths, ["a.gz", "b.gz"]);
  assert.equal(config.market.maker.skewTicksPer100Lots, 3);
  assert.equal(config.audit.segmentMiB, 8);
});

Deno.test("variables that are not ours, and the one that names the library, are left alone", () => {
  loadConfig({ ...NOWHERE, environment: { PATH: "/bin", CWTS_CORE_LIB: "/tmp/x.so" } });
});

const MISTAKES: readonly (readonly [what: string, toml: string, expected: string])[] = [
  ["a misspelt key", "[node]\nsede = 3", "node.sede in the file cwts.toml is not a key: did you mean node.seed?"],
  ["a misspelt section", "[nod]\nseed = 1", "nod in the file cwts.toml is not a key: did you mean node?"],
  ["a key without its section", "seed = 1", "seed in the file cwts.toml is not a key: did you mean node.seed?"],
  [
    "a name in camelCase",
    "[node]\ndataDir = 'x'",
    "node.dataDir in the file cwts.toml is not a key: did you mean node.data_dir?",
  ],
  [
    "a misspelt key deep in a list",
    "[[organisms]]\nid='a'\nspecies='platypus'\ninstruments=['ALPHA']\n[organisms.limits]\nmax_quantty=3",
    "organisms[0].limits.max_quantty in the file cwts.toml is not a key: did you mean organisms[0].limits.max_quantity?",
  ],
  [
    "a negative seed",
    "[node]\nseed = -3",
    "node.seed in the file cwts.toml must be a whole number from 0 to 4294967295, not -3",
  ],
  [
    "a fraction where a whole number belongs",
    "[mode]\nrecover_ms = 0.5",
    "mode.recover_ms in the file cwts.toml must be a whole number from 0 to 4294967295, not 0.5",
  ],
  ["not a number", "[chaos]\nrate = nan", "chaos.rate in the file cwts.toml must be a number from 0 to 1000, not null"],
  [
    "a speed that is neither",
    "[node]\nspeed = 'fast'",
    'node.speed in the file cwts.toml must be a number above 0, or "max", not "fast"',
  ],
  [
    "an unknown choice",
    "[audit]\ndurability = 'none'",
    'audit.durability in the file cwts.toml must be one of memory, batch, fsync, not "none"',
  ],
  ["a value where a table belongs", "node = 3", "node in the file cwts.toml must be a table, not 3"],
  [
    "a table where a value belongs",
    "[node.seed]\nx = 1",
    "node.seed in the file cwts.toml must be a single value, not a table",
  ],
  [
    "a price as a float",
    "[[instruments]]\nsymbol = 'A'\ntick = 0.01",
    'instruments[0].tick in the file cwts.toml must be a decimal above zero in quotes, for example "0.01", not 0.01',
  ],
  [
    "an instrument without a symbol",
    "[[instruments]]\ntick = '0.1'",
    "instruments[0].symbol is missing in the file cwts.toml: it has no default",
  ],
  [
    "a lot too small for the tick",
    "[[instruments]]\nsymbol='ALPHA'\nlot='0.0000001'\n[[organisms]]\nid='a'\nspecies='platypus'\ninstruments=['ALPHA']",
    "instruments[0].lot in the file cwts.toml does not fit the tick: one tick of 0.01 times one lot of 0.0000001 is not a " +
    "whole number of money units (1e-8): choose a larger lot",
  ],
  [
    "an organism on an unknown instrument",
    "[[organisms]]\nid='a'\nspecies='platypus'\ninstruments=['DELTA']",
    "organisms[0].instruments in the file cwts.toml names DELTA, which is not configured: known are ALPHA, BRAVO, " +
    "CHARLIE; whoever lists instruments lists organisms for them too",
  ],
  [
    "a negative limit of the firm",
    "[firm.limits]\nmax_open_orders = -1",
    "firm.limits.max_open_orders in the file cwts.toml must be a whole number from 0 to 4294967295, not -1",
  ],
  [
    "a limit that no integer can hold",
    "[firm.limits]\nmax_gross = '92000000001'",
    'firm.limits.max_gross in the file cwts.toml must be at most "92000000000", not "92000000001"',
  ],
  [
    "an account of a customer that is not there",
    "[[accounts]]\nid='main'\ncustomer='nobody'",
    "accounts[0].customer in the file cwts.toml names nobody, which is not configured: known are house",
  ],
  [
    "an organism of an account that is not there",
    "[[organisms]]\nid='a'\nspecies='platypus'\ninstruments=['ALPHA']\naccount='mian'",
    "organisms[0].account in the file cwts.toml names mian, which is not configured: known are main",
  ],
  [
    "a customer with a limit above the firm's",
    "[firm.limits]\nmax_gross='1000'\n[[customers]]\nid='house'\n[customers.limits]\nmax_gross='1000.00000001'",
    "customers[0].limits.max_gross in the file cwts.toml gives customer house a max_gross of 1000.00000001, above the " +
    "1000 of the firm: lower the one or raise the other",
  ],
  [
    "an account with a limit above the firm's in an instrument, its customer having none",
    "[[firm.limits.instruments]]\nsymbol='BRAVO'\nmax_position=10\n" +
    "[[accounts]]\nid='main'\n[[accounts.limits.instruments]]\nsymbol='BRAVO'\nmax_position=11",
    "accounts[0].limits.instruments[0].max_position in the file cwts.toml gives account main a max_position in BRAVO of " +
    "11, above the 10 of the firm: lower the one or raise the other",
  ],
  [
    "an organism with a limit above its account's",
    "[[accounts]]\nid='main'\n[[accounts.limits.instruments]]\nsymbol='ALPHA'\nmax_position=100\n" +
    "[[organisms]]\nid='a'\nspecies='platypus'\ninstruments=['ALPHA']\n[organisms.limits]\nmax_position=101",
    "organisms[0].limits.max_position in the file cwts.toml gives organism a a max_position in ALPHA of 101, above the " +
    "100 of account main: lower the one or raise the other",
  ],
  [
    "a symbol limited twice by one scope",
    "[[firm.limits.instruments]]\nsymbol='ALPHA'\n[[firm.limits.instruments]]\nsymbol='ALPHA'",
    "firm.limits.instruments[1].symbol in the file cwts.toml limits ALPHA a second time: put its limits into one table",
  ],
  [
    "a limit in an instrument that is not there",
    "[[firm.limits.instruments]]\nsymbol='DELTA'",
    "firm.limits.instruments[0].symbol in the file cwts.toml names DELTA, which is not configured: known are ALPHA, " +
    "BRAVO, CHARLIE",
  ],
  [
    "a control of a scope that is not there",
    "[[controls.paces]]\nscope='account:other'\nper_second=1\nburst=1",
    "controls.paces[0].scope in the file cwts.toml names account:other, which is not configured: known are firm, " +
    "customer:house, account:main, organism:anglerfish-1, organism:platypus-1, organism:tardigrade-1",
  ],
  [
    "a window that limits nothing",
    "[[controls.windows]]\nscope='firm'\nwindow_ms=1",
    "controls.windows[0] in the file cwts.toml limits nothing: give max_orders, max_lots or max_value",
  ],
  [
    "a restriction of nothing",
    "[[controls.restrictions]]\nscope='firm'",
    "controls.restrictions[0] in the file cwts.toml must name either a symbol or an issuer",
  ],
  [
    "two budgets of one scope",
    "[[controls.paces]]\nscope='firm'\nper_second=1\nburst=1\n[[controls.paces]]\nscope='firm'\nper_second=2\nburst=1",
    "controls.paces[1] in the file cwts.toml is there a second time for firm: the gate keeps one",
  ],
  [
    "an end that is no moment",
    "[[controls.mandates]]\norganism='platypus-1'\nuntil='tomorrow'",
    "controls.mandates[0].until in the file cwts.toml must be a moment in UTC in quotes, for example " +
    '"2026-12-31T23:59:59Z", not "tomorrow"',
  ],
  [
    "a sum over what is not there",
    "[[controls.sums]]\nname='a'\nscope='firm'\nlimit=1\nweights=[{symbol='DELTA', weight=1}]",
    "controls.sums[0].weights[0].symbol in the file cwts.toml names DELTA, which is not configured: known are ALPHA, " +
    "BRAVO, CHARLIE",
  ],
  [
    "two accounts of one name",
    "[[accounts]]\nid='main'\n[[accounts]]\nid='main'",
    "accounts[1].id in the file cwts.toml is used twice: every account needs an id of its own",
  ],
  [
    "two instruments of one symbol",
    "[[instruments]]\nsymbol='ALPHA'\n[[instruments]]\nsymbol='ALPHA'\n[[organisms]]\nid='a'\nspecies='platypus'\n" +
    "instruments=['ALPHA']",
    "instruments[1].symbol in the file cwts.toml is used twice: every instrument needs a symbol of its own",
  ],
  [
    "two organisms of one name",
    "[[organisms]]\nid='a'\nspecies='platypus'\ninstruments=['ALPHA']\n[[organisms]]\nid='a'\nspecies='platypus'\n" +
    "instruments=['BRAVO']",
    "organisms[1].id in the file cwts.toml is used twice: every organism needs an id of its own",
  ],
  [
    "a flow that explodes",
    "[market.hawkes]\nself_excitation=0.95\ncross_excitation=0.2",
    "market.hawkes in the file cwts.toml must have self_excitation + cross_excitation below 1, or the flow explodes",
  ],
  [
    "broken TOML",
    "[node\n",
    "the file cwts.toml is not valid TOML at line 1, column 6: illegal character in key",
  ],
];

for (const [what, toml, expected] of MISTAKES) {
  Deno.test(`${what} is one sentence that names key, place and fix`, () => {
    assert.equal(sentence(() => load(toml)), expected);
  });
}

Deno.test("a wrong variable and a wrong flag are named as what they are", () => {
  assert.equal(
    sentence(() => loadConfig({ ...NOWHERE, environment: { CWTS_NODE_SEDE: "1" } })),
    "the variable CWTS_NODE_SEDE sets no key: did you mean CWTS_NODE_SEED?",
  );
  assert.equal(
    sentence(() => loadConfig({ ...NOWHERE, environment: { CWTS_NODE_SEED: "1.5" } })),
    'node.seed in the variable CWTS_NODE_SEED must be a whole number from 0 to 4294967295, not "1.5"',
  );
  assert.equal(
    sentence(() => loadConfig({ ...NOWHERE, flags: [{ key: "node.speed", value: "0", flag: "--speed" }] })),
    'node.speed in the flag --speed must be a number above 0, or "max", not "0"',
  );
  assert.equal(
    sentence(() => loadConfig({ ...NOWHERE, flags: [{ key: "feed.kind", value: "replay", flag: "--feed" }] })),
    "feed.paths in the flag --feed must name a recording: start with --feed replay:<path>",
  );
});

Deno.test("a named file that is not there is an error, the default file is not", () => {
  assert.match(sentence(() => loadConfig({ ...NOWHERE, file: "nowhere.toml" })), /there is no file nowhere.toml/);
  loadConfig(NOWHERE);
});
