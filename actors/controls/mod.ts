/** Public face of the controls family: the limits of a running node, and who changes them how. */
export { LimitsKeeper, type LimitsKeeperOptions } from "./keeper.ts";
export { limitsDesk, type LimitsDeskArgs } from "./limits_desk.ts";
export { REARM_FILE, RearmDesk, type RearmPage } from "./rearm_desk.ts";
export type { Adopted } from "./adopt.ts";
export { approveSecond, digestOf, permit, roleFor, type Waiting } from "./two_persons.ts";
export { type LintFinding, lintLimits, type LintRule } from "./lint.ts";
