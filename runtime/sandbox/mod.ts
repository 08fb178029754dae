/** Actors whose behaviour is not trusted: each in a process of its own, without permissions. */
export { type ImageOptions, prepareImage, SandboxError, type SandboxImage } from "./image.ts";
export { type Port, type SandboxArgs, type SandboxDef, sandboxed, type Schema } from "./host.ts";
export { DEFAULT_LIMITS, type SandboxLimits } from "./process.ts";
export type { GuestContext, GuestDef, GuestHandlers } from "./protocol.ts";
