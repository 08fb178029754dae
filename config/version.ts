/** The version, in the one place where it stands. */
import manifest from "../deno.json" with { type: "json" };

/** Version of CWTS, from deno.json. */
export const VERSION: string = manifest.version;
