/** Every scenario that `deno task simulate` knows. */
import type { Scenario } from "../../runtime/testkit/simulation.ts";
import { bankScenario } from "./bank.ts";
import { nodesScenario } from "./nodes/scenario.ts";
import { tradingScenario } from "./trading/scenario.ts";

export const SCENARIOS: readonly Scenario<never>[] = [
  bankScenario() as Scenario<never>,
  tradingScenario() as Scenario<never>,
  nodesScenario() as unknown as Scenario<never>,
];
