/** Public face of the configuration. */
export * from "./decimals.ts";
export * from "./broker_plan.ts";
export * from "./brokers.ts";
export { usualSecurity } from "./controls.ts";
export { UserError } from "./errors.ts";
export { canonicalJson, configHash } from "./hash.ts";
export { dotted, environmentName, KEYS, SCALAR_KEYS } from "./keys.ts";
export { describeOrigin, type FlagValue, type Origin } from "./layers.ts";
export { DEFAULT_FILE, type EffectiveValue, loadConfig, type LoadedConfig, type LoadOptions } from "./load.ts";
export { nearest, suggestion } from "./nearest.ts";
export { type Config, configSchema, type FeedKind, type InstrumentConfig, type OrganismConfig } from "./schema.ts";
export { sharedOf, withShared } from "./shared.ts";
export { VERSION } from "./version.ts";
