/** Public face of the console family: the server, and the page it serves. */
export type { ConsoleAssets } from "./assets.ts";
export { loadAssets } from "./bundle.ts";
export { type ConsoleOptions, type ConsoleServer, startConsole } from "./server.ts";
