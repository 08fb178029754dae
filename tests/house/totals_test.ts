/** The test runner counts what the two test programs say, and forgives no skip that CI could have avoided. */
import assert from "node:assert/strict";
import {
  parseCargoSkips,
  parseCargoTotals,
  parseDenoTotals,
  parseJunitSkips,
  unexcused,
} from "../../tools/test_totals.ts";

Deno.test("cargo results are summed over all test programs", () => {
  const output = `running 2 tests
test a ... ok
test b ... ignored, needs the moon
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`;
  assert.deepEqual(parseCargoTotals(output), { passed: 15, failed: 2, skipped: 1 });
  assert.deepEqual(parseCargoSkips(output), ["b: needs the moon"]);
  assert.equal(parseCargoTotals("error: could not compile"), null);
});

Deno.test("a Rust test that another one runs as a process is not skipped", () => {
  const output = "test a ... ignored, runs until it is killed: run by the test below\n" +
    "test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
  assert.deepEqual(parseCargoTotals(output), { passed: 1, failed: 0, skipped: 0 });
});

Deno.test("the deno result is the last line of its kind, with or without colours, steps and skips", () => {
  assert.deepEqual(parseDenoTotals("ok | 58 passed | 0 failed (531ms)\n"), { passed: 58, failed: 0, skipped: 0 });
  assert.deepEqual(
    parseDenoTotals("\x1b[31mFAILED\x1b[0m | 3 passed (2 steps) | 1 failed | 4 ignored \x1b[2m(1s)\x1b[0m\n"),
    { passed: 3, failed: 1, skipped: 4 },
  );
  assert.equal(parseDenoTotals("error: Module not found"), null);
});

Deno.test("a real deno run is read right", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const file = `${directory}/sample_test.ts`;
    await Deno.writeTextFile(
      file,
      `Deno.test("fine", () => {});
       Deno.test("bad", () => { throw new Error("no"); });
       Deno.test({ name: 'off "here" <now> [needs moon]', ignore: true, fn() {} });`,
    );
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-config", "--no-lock", `--junit-path=${directory}/junit.xml`, file],
    }).output();
    assert.deepEqual(parseDenoTotals(new TextDecoder().decode(stdout)), { passed: 1, failed: 1, skipped: 1 });
    assert.deepEqual(parseJunitSkips(await Deno.readTextFile(`${directory}/junit.xml`)), [
      'off "here" <now> [needs moon]',
    ]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("CI forgives only skips for what it cannot provide", () => {
  const skips = ["a [needs chromium]", "b [needs shared data]", "c [needs a GPU]", "d", "e [needs Erlang]"];
  const servers = ["f [needs redis-server]", "g [needs nats-server]", "h [needs java, openssl]"];
  const always = ["a [needs chromium]", "d", "e [needs Erlang]", ...servers];
  assert.deepEqual(unexcused([...skips, ...servers], true).sort(), [...always, "b [needs shared data]"].sort());
  assert.deepEqual(unexcused([...skips, ...servers, "i [needs java, a GPU]"], false), always);
});
