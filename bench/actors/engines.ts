/** Every engine that is measured: how its process is started, and what to do when it cannot be. */
import { fileURLToPath } from "node:url";
import { compiled, type OtpStyle, whyAbsent } from "../opponents/otp.ts";
import { EngineProcess } from "./wire.ts";

export interface Contender {
  readonly name: string;
  /** Measured with --long, or when it is named. */
  readonly long: boolean;
  /** Null when it can run; else one clause that says what is missing and how to get it. */
  absent(): string | null;
  start(): EngineProcess;
}

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

function inDeno(name: string, hint: string, long = false): Contender {
  // Whether a package is there shows when its process greets.
  return {
    name,
    long,
    absent: () => null,
    start: () => new EngineProcess(Deno.execPath(), ["run", "-A", "--v8-flags=--expose-gc", WORKER, name], hint),
  };
}

const npm = (name: string): Contender => inDeno(name, `the npm package ${name} is not here: deno install`);

function otp(name: string, style: OtpStyle, flags: readonly string[], long = false): Contender {
  return {
    name,
    long,
    absent: whyAbsent,
    start: () => {
      const eval_ = `cwts_otp:main([${style}]).`;
      // So that a tree of a million leaves fits, and crashes on purpose are not written to the terminal.
      const fixed = ["-noshell", "+P", "2000000", "-kernel", "logger_level", "none"];
      return new EngineProcess("erl", [...flags, ...fixed, "-pa", compiled(), "-eval", eval_], "erl did not start");
    },
  };
}

/** Ours first, then its floors, then the others. */
export const CONTENDERS: readonly Contender[] = [
  inDeno("cwts", "it must run"),
  inDeno("cwts-floor", "it must run"),
  inDeno("cwts-bare", "it must run", true),
  otp("otp", "bare", []),
  otp("otp-s1", "bare", ["+S", "1"], true),
  otp("otp-gen-server", "gen_server", [], true),
  npm("nact"),
  npm("xstate"),
  npm("comedy"),
  npm("effect"),
];
