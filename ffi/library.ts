/**
 * Loads the native core, once, and refuses one that does not match.
 *
 * The only file that calls `Deno.dlopen`. Version and layout hash are compared before any other function is bound. The
 * library is the one `ffi/build.ts` makes, or the file that `CWTS_CORE_LIB` names; `--allow-ffi` for that one path is
 * all the permission it needs.
 */
import { NativeError, NOT_FROM_CORE } from "./errors.ts";
import { ABI_VERSION, LAYOUT_HASH } from "./layout.gen.ts";
import { HANDSHAKE, SYMBOLS } from "./symbols.ts";

export type Core = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const FILE_NAMES: Partial<Record<typeof Deno.build.os, string>> = {
  darwin: "libcwts_core.dylib",
  windows: "cwts_core.dll",
};

/** Where the build puts the library. */
export const BUILT_LIBRARY = new URL(
  `./core/target/release/${FILE_NAMES[Deno.build.os] ?? "libcwts_core.so"}`,
  import.meta.url,
);

/** The library this process would load. */
export function libraryPath(): string {
  const mayAsk = Deno.permissions.querySync({ name: "env", variable: "CWTS_CORE_LIB" }).state === "granted";
  const named = mayAsk ? Deno.env.get("CWTS_CORE_LIB") : undefined;
  return named || decodeURIComponent(BUILT_LIBRARY.pathname);
}

let loaded: Core | undefined;

/** The core's functions. The first call loads it; throws `NativeError` CORE_MISSING or CORE_VERSION. */
export function core(): Core {
  return loaded ??= load(libraryPath());
}

function load(path: string): Core {
  shakeHands(path);
  try {
    return Deno.dlopen(path, SYMBOLS).symbols;
  } catch (error) {
    throw mismatch(path, (error as Error).message);
  }
}

function shakeHands(path: string): void {
  const library = open(path);
  const version = library.symbols.cwts_abi_version();
  const hash = library.symbols.cwts_layout_hash();
  library.close();
  if (version !== ABI_VERSION) throw mismatch(path, `it speaks version ${version}, this program ${ABI_VERSION}`);
  if (hash !== BigInt(LAYOUT_HASH)) throw mismatch(path, "its records are laid out differently");
}

function open(path: string): Deno.DynamicLibrary<typeof HANDSHAKE> {
  try {
    return Deno.dlopen(path, HANDSHAKE);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (isMissing(path)) {
      throw new NativeError(
        NOT_FROM_CORE,
        "CORE_MISSING",
        `the native core is not built: run deno task build (${path})`,
      );
    }
    throw mismatch(path, (error as Error).message);
  }
}

function isMissing(path: string): boolean {
  try {
    Deno.statSync(path);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function mismatch(path: string, why: string): NativeError {
  const sentence = `the native core at ${path} does not fit this program (${why}): run deno task build`;
  return new NativeError(NOT_FROM_CORE, "CORE_VERSION", sentence);
}
