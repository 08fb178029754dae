/** Public face of the alerts family: what somebody has to answer, and what happens when nobody does. */
export { ALERTS_FILE, AlertsDesk, type AlertsDeskOptions } from "./desk.ts";
export type { EscalationRule } from "./rules.ts";
