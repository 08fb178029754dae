/** What goes wrong at the border to the native core: one error with a stable code, a name and a sentence. */
import { CODE_TEXT } from "./layout.gen.ts";

/** `code` of an error that did not come from the core: it could not be loaded or built. */
export const NOT_FROM_CORE = -1;

export class NativeError extends Error {
  override readonly name = "NativeError";

  /**
   * `code` is a `Code` of the layout, or `NOT_FROM_CORE`; `codeName` is its stable name; `call` is the export of the core
   * that failed, null when none was called or it cannot be told.
   */
  constructor(
    readonly code: number,
    readonly codeName: string,
    message: string,
    readonly call: string | null = null,
  ) {
    super(message);
  }

  /** The error for a code of the core. `detail`, when there is one, says more than the code's own sentence. */
  static of(code: number, detail = "", call: string | null = null): NativeError {
    const [name, text] = CODE_TEXT[code] ?? [`Code${code}`, `the native core answered with code ${code}`];
    return new NativeError(code, name, detail || text, call);
  }
}

/** The export of the core that an error, or what caused it, came out of; null when none. */
export function nativeCallOf(error: unknown): string | null {
  // Causes may form a circle.
  for (let cause = error, i = 0; cause instanceof Error && i < 8; cause = cause.cause, i++) {
    if (cause instanceof NativeError && cause.call !== null) return cause.call;
  }
  return null;
}
