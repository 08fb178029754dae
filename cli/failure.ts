/** From an error to what a person reads and the exit code: 0 fine, 1 failure, 2 wrong usage. */
import { UserError } from "../config/errors.ts";

export const OK = 0;
export const FAILURE = 1;
export const USAGE = 2;

/** Codes that mean: what was typed or configured is wrong, nothing was tried. */
const USAGE_CODES: readonly RegExp[] = [
  /^USAGE$/,
  /^CONFIG_/,
  /^UNKNOWN_/,
  /^NO_(RUN|DATA_DIR)$/,
  /^ORGANISM_PARAMETERS$/,
  /^CLUSTER_(NAME|SPEED)$/,
  /^BROKER_(URL|CLASS)$/,
];

export interface Failure {
  readonly code: string;
  readonly sentence: string;
  readonly exit: number;
}

export function describeFailure(error: unknown): Failure {
  if (error instanceof UserError) {
    return {
      code: error.code,
      sentence: error.message,
      exit: USAGE_CODES.some((pattern) => pattern.test(error.code)) ? USAGE : FAILURE,
    };
  }
  if (error instanceof Error && error.name === "NativeError") {
    const { codeName } = error as Error & { codeName?: string };
    return { code: codeName ?? "NATIVE", sentence: error.message, exit: FAILURE };
  }
  if (error instanceof Error && error.name === "BrokerError") {
    const { code, message } = error as Error & { code?: string };
    return { code: code ?? "BROKER", sentence: `${code}: ${message}`, exit: FAILURE };
  }
  if (error instanceof Deno.errors.NotCapable) {
    return {
      code: "PERMISSION",
      sentence: `${
        error.message.split("\n")[0].replace(/, run again.*$/, "")
      }: use deno task, or allow it on the command line`,
      exit: FAILURE,
    };
  }
  const detail = error instanceof Error ? error.stack ?? error.message : String(error);
  return { code: "UNEXPECTED", sentence: `unexpected error, which is a fault in CWTS: ${detail}`, exit: FAILURE };
}
