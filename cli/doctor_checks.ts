/** The single examinations of `doctor`. Each says what it found and, when that is not enough, what to do. */
import { statfsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Config, loadConfig, UserError } from "../config/mod.ts";
import { isHeld } from "./data_dir.ts";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** A node cannot run without it; otherwise only some tests need it. */
  readonly needed: boolean;
  readonly found: string;
  /** What to do; empty when ok. */
  readonly fix: string;
}

/** The version everything is tested with; older ones lack what the runtime uses. */
const DENO_VERSION = [2, 9, 6] as const;
const FREE_BYTES = 1024 ** 3;
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export async function examine(dataDir: string, configFile?: string): Promise<Check[]> {
  return [
    checkDeno(),
    checkConfiguration(configFile),
    await checkCargo(),
    await checkCore(),
    await checkRelease(configFile),
    checkDataDir(dataDir),
    checkSpace(dataDir),
    ...checkReplica(dataDir, configFile),
    ...await checkAttestations(dataDir, configFile),
    checkHolder(dataDir),
    checkPort(configFile),
    checkBrowser(),
    checkRecordings(),
  ];
}

function check(name: string, needed: boolean, ok: boolean, found: string, fix: string): Check {
  return { name, needed, ok, found, fix: ok ? "" : fix };
}

function checkDeno(): Check {
  const parts = Deno.version.deno.split(".").map(Number);
  const ok = parts.reduce((order, part, i) => order || part - (DENO_VERSION[i] ?? 0), 0) >= 0;
  return check("deno", true, ok, Deno.version.deno, `run it as npx --yes deno@${DENO_VERSION.join(".")} task …`);
}

function checkConfiguration(file?: string): Check {
  try {
    const loaded = loadConfig({ file });
    return check("configuration", true, true, `${loaded.file ?? "defaults"}, hash ${loaded.hash.slice(0, 12)}`, "");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return check("configuration", true, false, "not usable", error.message);
  }
}

async function checkCargo(): Promise<Check> {
  const name = "cargo";
  const fix = "install Rust 1.89 or later (rustup.rs, or your distribution's cargo); it builds the native core";
  try {
    const { code, stdout } = await new Deno.Command("cargo", { args: ["--version"], stderr: "null" }).output();
    return check(name, false, code === 0, new TextDecoder().decode(stdout).trim() || `exit ${code}`, fix);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      return check(name, false, true, "not looked for: no permission to run programs", "");
    }
    return check(name, false, false, "not found", fix);
  }
}

async function checkCore(): Promise<Check> {
  const { AuditLog, libraryPath, NativeError } = await import("../ffi/mod.ts");
  try {
    // A real call: it proves the handshake and that the library works on this processor.
    using log = AuditLog.memory();
    log.append(11, 0, new TextEncoder().encode("{}"));
    return check("native core", true, log.head().records === 1, libraryPath(), "run deno task build");
  } catch (error) {
    const sentence = error instanceof NativeError || error instanceof Error ? error.message : String(error);
    return check("native core", true, false, sentence, "run deno task build");
  }
}

/** Hashes to hold one node against another, and against what was released where that is configured. */
async function checkRelease(file?: string): Promise<Check> {
  const name = "code that runs";
  try {
    const { compareRelease, readManifest, thisBuild } = await import("../actors/node/mod.ts");
    const { config, hash } = loadConfig({ file });
    const build = thisBuild();
    const [first] = compareRelease(build, config, readManifest(config.release));
    const found = `code ${build.code}, core ${build.core}, configuration ${hash}`;
    return check(name, true, first === undefined, found, first === undefined ? "" : `${first.code}: ${first.sentence}`);
  } catch (error) {
    // A broken configuration and a missing core have lines of their own.
    return check(name, false, false, "not known", error instanceof Error ? error.message : String(error));
  }
}

function checkDataDir(directory: string): Check {
  const name = "data directory";
  const fix = "name another with --data-dir, or change its owner";
  const place = existing(directory);
  if (!isDirectory(place)) return check(name, true, false, `${place} is not a directory`, fix);
  try {
    const probe = Deno.makeTempFileSync({ dir: place, prefix: ".cwts-probe-" });
    Deno.removeSync(probe);
    return check(name, true, true, place === resolve(directory) ? directory : `${directory} (made at the start)`, "");
  } catch (error) {
    return check(name, true, false, `${place} cannot be written: ${(error as Error).message}`, fix);
  }
}

/** The path itself, or the nearest thing above it that exists. */
function existing(path: string): string {
  let place = resolve(path);
  while (!exists(place) && place !== dirname(place)) place = dirname(place);
  return place;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

function checkSpace(directory: string): Check {
  const { bavail, bsize } = statfsSync(existing(directory));
  const free = Number(bavail) * Number(bsize);
  return check(
    "free space",
    true,
    free >= FREE_BYTES,
    `${(free / 1024 ** 3).toFixed(1)} GiB`,
    "keep 1 GiB free for the audit log: the gate closes when it cannot record",
  );
}

/** Where a replica of the log is configured: that it can be written, and stands where the log does. */
function checkReplica(dataDir: string, file?: string): Check[] {
  const name = "log replica";
  let replica: string | undefined;
  try {
    replica = loadConfig({ file }).config.audit.replicaDir;
  } catch (error) {
    // A broken configuration has its own line.
    if (!(error instanceof UserError)) throw error;
  }
  if (replica === undefined) return [];
  const place = existing(replica);
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: place, prefix: ".cwts-probe-" }));
  } catch (error) {
    const fix = "give the directory to the user of the node, mount its disk for writing, or make room on it";
    return [check(name, true, false, `${place} cannot be written: ${(error as Error).message}`, fix)];
  }
  const shared = Deno.statSync(place).dev === Deno.statSync(existing(dataDir)).dev;
  const disk = shared ? "on the disk of the data directory, and lost with it" : "on a disk of its own";
  const [log, copy] = [dataDir, replica].map(latestSigned);
  const current = log === copy;
  const standing = log === null
    ? "no run yet"
    : current
    ? `as the log: ${log}`
    : `${copy ?? "nothing"}, the log ${log}`;
  const fix = "start the node: it catches up, or says why it cannot";
  return [check(name, true, current || isHeld(dataDir), `${replica} (${disk}); ${standing}`, fix)];
}

/** Where others vouch for the log: that they have addresses, and whether the latest run has what they said. */
async function checkAttestations(dataDir: string, file?: string): Promise<Check[]> {
  let config: Config;
  try {
    ({ config } = loadConfig({ file }));
  } catch (error) {
    // A broken configuration has its own line.
    if (!(error instanceof UserError)) throw error;
    return [];
  }
  const { tsa, witness } = config.audit;
  const { listRuns, runDirectory } = await import("../actors/node/mod.ts");
  const { STAMPED, WITNESSED } = await import("../actors/node/attestation_files.ts");
  const { refuseWrongAttestations } = await import("../actors/node/attestations.ts");
  const runs = listRuns(dataDir);
  return [[tsa, "time stamps", STAMPED], [witness, "witness", WITNESSED]].flatMap(([url, name, answer]) => {
    if (url === undefined) return [];
    try {
      refuseWrongAttestations(config);
    } catch (error) {
      return [check(name!, true, false, url, (error as Error).message)];
    }
    if (runs.length === 0) return [check(name!, false, true, `${url}; no run yet`, "")];
    const there = exists(join(runDirectory(dataDir), answer!));
    const fix = "start the node: it asks by itself, and says why it has no answer";
    return [
      check(name!, false, there || isHeld(dataDir), `${url}; the latest run has ${there ? "an" : "no"} answer`, fix),
    ];
  });
}

/** Run, size and root of the latest run with a checkpoint in a directory of runs. */
function latestSigned(directory: string): string | null {
  const runs = join(directory, "runs");
  const names = exists(runs) ? [...Deno.readDirSync(runs)].map(({ name }) => name).sort().reverse() : [];
  for (const name of names) {
    const checkpoint = join(runs, name, "checkpoint");
    if (!exists(checkpoint)) continue;
    const [, size, root] = Deno.readTextFileSync(checkpoint).split("\n");
    return `run ${Number(name)}, ${size} records, root ${root.slice(0, 12)}…`;
  }
  return null;
}

function checkHolder(directory: string): Check {
  const held = isHeld(directory);
  const holder = held ? Deno.readTextFileSync(join(directory, "LOCK")).trim() : "";
  return check("running node", false, true, held ? `process ${holder} holds ${directory}` : "none", "");
}

function checkPort(file?: string): Check {
  let host = "127.0.0.1";
  let port = 8787;
  try {
    const { config } = loadConfig({ file });
    if (!config.console.enabled) return check("console port", false, true, "console is off", "");
    ({ host, port } = config.console);
  } catch (error) {
    // A broken configuration has its own line.
    if (!(error instanceof UserError)) throw error;
  }
  try {
    Deno.listen({ hostname: host, port }).close();
    return check("console port", false, true, `${host}:${port} is free`, "");
  } catch (error) {
    return check(
      "console port",
      false,
      false,
      `${host}:${port}: ${(error as Error).message}`,
      "another program, perhaps a node, uses it: start with --console-port <other>, or off",
    );
  }
}

function checkBrowser(): Check {
  const directories = (Deno.env.get("PATH") ?? "").split(Deno.build.os === "windows" ? ";" : ":");
  const found = BROWSERS.flatMap((name) => directories.map((directory) => join(directory, name))).find(isFile);
  return check(
    "chromium (tests)",
    false,
    found !== undefined,
    found ?? "not found",
    "apt-get install chromium; the tests of the console page need it",
  );
}

function checkRecordings(): Check {
  const path = decodeURIComponent(new URL("../../shared/data/", import.meta.url).pathname);
  return check(
    "recordings (tests)",
    false,
    isDirectory(path),
    isDirectory(path) ? path : "not found",
    "put the recordings into ../shared/data beside the repository; the tests of replays need them",
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
