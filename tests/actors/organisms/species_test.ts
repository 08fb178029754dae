import assert from "node:assert/strict";
import { anglerfish } from "../../../actors/organisms/anglerfish.ts";
import { describeParameters, readParameters } from "../../../actors/organisms/parameters.ts";
import { platypus } from "../../../actors/organisms/platypus.ts";
import { tardigrade } from "../../../actors/organisms/tardigrade.ts";

const SPECIES = [anglerfish, platypus, tardigrade];
const FILES = new URL("../../../actors/organisms/", import.meta.url);
const GUIDE = Deno.readTextFileSync(new URL("../../../docs/organisms.md", import.meta.url));

for (const definition of SPECIES) {
  const { species } = definition;

  Deno.test(`${species}: every parameter has a default and says what it is`, () => {
    const parameters = describeParameters(definition as typeof anglerfish);
    assert.ok(parameters.length >= 6);
    for (const { name, default: value, description } of parameters) {
      assert.notEqual(value, undefined, `${name} has no default`);
      assert.ok(description.length >= 15, `${name} is not described`);
    }
  });

  Deno.test(`${species}: the guide lists every parameter with its default, and no other`, () => {
    const section = GUIDE.split(/^## /m).find((part) => part.toLowerCase().startsWith(species));
    assert.ok(section !== undefined, `docs/organisms.md has no section on the ${species}`);
    const listed = [...section.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm)].map(([, name, value]) => [name, value]);
    const actual = describeParameters(definition as typeof anglerfish).map((parameter) => [
      parameter.name,
      String(parameter.default),
    ]);
    assert.deepEqual(listed, actual);
  });

  Deno.test(`${species}: it is one file of at most 250 lines that needs zod and organism.ts only`, () => {
    const source = Deno.readTextFileSync(new URL(`${species}.ts`, FILES));
    assert.ok(source.split("\n").length <= 251, `${source.split("\n").length - 1} lines`);
    const imports = [...source.matchAll(/from "([^"]+)"/g)].map(([, from]) => from);
    assert.deepEqual([...new Set(imports)].sort(), ["./organism.ts", "zod"]);
  });

  Deno.test(`${species}: numbers that are not numbers, and unknown parameters, are refused`, () => {
    for (const { name, default: value } of describeParameters(definition as typeof anglerfish)) {
      const bad = typeof value === "number" ? [NaN, Infinity, -1, "5"] : [NaN, -1, "no-such-word"];
      for (const wrong of bad) {
        assert.throws(
          () => readParameters(definition as typeof anglerfish, "x", { [name]: wrong }),
          new RegExp(`"${name}"`),
          `${name} = ${wrong}`,
        );
      }
    }
    assert.throws(
      () => readParameters(definition as typeof anglerfish, "x", { nothing: 1 }),
      /unknown parameter "nothing"/,
    );
  });
}
