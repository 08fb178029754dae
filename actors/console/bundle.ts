/**
 * Bundles the page into `dist/` with `deno bundle`, when its sources changed and never otherwise.
 *
 * The dist remembers a hash of what it was made from: the page's files, what they import from the other rooms, and the
 * pinned versions of the libraries. A start with an up-to-date dist only reads four files.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { UserError } from "../../config/errors.ts";
import type { ConsoleAssets } from "./assets.ts";

const PAGE = new URL("./page/", import.meta.url);
const DIST = new URL("./dist/", import.meta.url);
/** Source outside `page/` that ends up in the bundle. */
const SHARED = [
  new URL("../../ffi/layout.gen.ts", import.meta.url),
  new URL("../protocol/controls.ts", import.meta.url),
  new URL("../protocol/crashes.ts", import.meta.url),
  new URL("../protocol/roles.ts", import.meta.url),
];
const MANIFEST = new URL("../../deno.json", import.meta.url);
/** The two pages: a node's, and a cluster's. */
const PAGES = {
  console: { entry: "main.tsx", sheets: ["base.css", "panels.css", "crashes.css", "controls.css", "windows.css"] },
  nodes: { entry: "nodes_main.tsx", sheets: ["base.css", "panels.css", "windows.css", "nodes.css"] },
} as const;
export type PageName = keyof typeof PAGES;
const LIBRARIES = ["preact", "@preact/signals", "uplot", "d3-hierarchy"] as const;

export interface LoadOptions {
  /** Where to keep the bundle; tests use a folder of their own. */
  readonly dist?: URL;
  /** Default: a node's. */
  readonly page?: PageName;
  /** Called before bundling, which takes a moment. */
  readonly onBundle?: () => void;
}

/** The page's files, bundled first if needed. Throws UserError CONSOLE_BUNDLE when bundling fails. */
export async function loadAssets(
  { dist = DIST, page = "console", onBundle }: LoadOptions = {},
): Promise<ConsoleAssets> {
  const read = (name: string) => Deno.readTextFile(new URL(name, PAGE));
  const [html, icon, hash, ...sheets] = await Promise.all([
    read("index.html"),
    read("icon.svg"),
    hashSources(),
    ...PAGES[page].sheets.map(read),
  ]);
  const css = sheets.join("");
  const made = await readBundle(dist, page);
  if (made !== null && made.hash === hash) return { html, icon, script: made.script, style: made.libraryStyle + css };
  onBundle?.();
  const libraryStyle = await Deno.readTextFile(new URL(import.meta.resolve("uplot/dist/uPlot.min.css")));
  const script = await bundleScript(new URL(PAGES[page].entry, PAGE));
  await writeBundle(dist, page, { hash, script, libraryStyle });
  return { html, icon, script, style: libraryStyle + css };
}

interface Bundle {
  readonly hash: string;
  readonly script: string;
  readonly libraryStyle: string;
}

async function readBundle(dist: URL, page: PageName): Promise<Bundle | null> {
  try {
    return JSON.parse(await Deno.readTextFile(new URL(`${page}.json`, dist))) as Bundle;
  } catch (error) {
    // Absent, or left half-written by a machine that lost power: made again either way.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** One file, renamed into place, so that two nodes starting at once never see half of it. */
async function writeBundle(dist: URL, page: PageName, made: Bundle): Promise<void> {
  await Deno.mkdir(dist, { recursive: true });
  const temporary = await Deno.makeTempFile({ dir: fileURLToPath(dist), suffix: ".tmp" });
  await Deno.writeTextFile(temporary, JSON.stringify(made));
  await Deno.rename(temporary, new URL(`${page}.json`, dist));
}

async function hashSources(): Promise<string> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(PAGE)) {
    if (/\.tsx?$/.test(entry.name)) names.push(entry.name);
  }
  const files = [...names.sort().map((name) => new URL(name, PAGE)), ...SHARED];
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  const { imports } = JSON.parse(await Deno.readTextFile(MANIFEST)) as { imports: Record<string, string> };
  const sum = createHash("sha256").update(Deno.version.deno);
  for (const library of LIBRARIES) sum.update(`\0${imports[library]}`);
  for (const [index, file] of files.entries()) sum.update(`\0${file.pathname.split("/").at(-1)}\0${texts[index]}`);
  return sum.digest("hex");
}

/** A script for a browser, from its entry. Throws UserError CONSOLE_BUNDLE when that fails. */
export async function bundleScript(entry: URL): Promise<string> {
  const { code, stdout, stderr } = await runBundler(entry);
  const script = new TextDecoder().decode(stdout);
  if (code === 0 && script.length > 0) return script;
  const lines = new TextDecoder().decode(stderr).trim().split("\n").filter((line) => /error/i.test(line));
  throw new UserError(
    "CONSOLE_BUNDLE",
    `the page could not be bundled (${lines[0] ?? `deno bundle ended with ${code}`}): deno bundle fetches its ` +
      "bundler from the package registry once, so check the network and start again",
  );
}

async function runBundler(entry: URL): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform", "browser", "--minify", fileURLToPath(entry)],
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    const message = "the page is not bundled, and this process may not run deno to do it: run deno task build first";
    throw new UserError("CONSOLE_BUNDLE", message);
  }
}
