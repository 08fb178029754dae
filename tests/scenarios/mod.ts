/** Every failure of the past that is played, in the order of its year. */
import { CITIGROUP } from "./citigroup.ts";
import { GOLDMAN } from "./goldman.ts";
import { KNIGHT } from "./knight.ts";
import { LATOUR } from "./latour.ts";
import { MERRILL } from "./merrill.ts";
import { MORGAN_STANLEY } from "./morgan_stanley.ts";
import type { Scenario } from "./scenario.ts";
import { WEDBUSH } from "./wedbush.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...KNIGHT,
  ...GOLDMAN,
  ...MORGAN_STANLEY,
  ...WEDBUSH,
  ...LATOUR,
  ...MERRILL,
  ...CITIGROUP,
];
