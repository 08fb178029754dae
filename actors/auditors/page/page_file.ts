/**
 * The page of the second verifier as one file that needs nothing beside it, made anew when what it is made from has changed.
 */
import { createHash } from "node:crypto";

const HERE = new URL("./", import.meta.url);
const DIST = new URL("../dist/verifier.html", import.meta.url);
const SOURCES = [
  "index.html",
  "main.ts",
  "files.ts",
  "verdict.ts",
  "../verifier/mod.ts",
  "../../../ffi/layout.gen.ts",
  "../../../ffi/plain.ts",
];
const STAMP = /^<!-- ([0-9a-f]{64}) -->\n/;

export interface PageOptions {
  /** Makes a script for a browser from its entry. */
  readonly bundle: (entry: URL) => Promise<string>;
  /** Where to keep the page; tests use a place of their own. */
  readonly dist?: URL;
  /** Called before bundling, which takes a moment. */
  readonly onBundle?: () => void;
}

/** The page. Throws what `bundle` throws. */
export async function verifierPage({ bundle, dist = DIST, onBundle }: PageOptions): Promise<string> {
  const [html, ...texts] = await Promise.all(SOURCES.map((source) => Deno.readTextFile(new URL(source, HERE))));
  const sum = createHash("sha256").update(Deno.version.deno);
  for (const text of [html, ...texts]) sum.update(text).update("\0");
  const stamp = sum.digest("hex");
  const made = await readPage(dist);
  if (made !== null && STAMP.exec(made)?.[1] === stamp) return made.replace(STAMP, "");
  onBundle?.();
  const script = await bundle(new URL("main.ts", HERE));
  // What would end the element early, or be read as a pattern, is neither.
  const page = html.replace("/*SCRIPT*/", () => script.replaceAll("</script", "<\\/script"));
  await Deno.mkdir(new URL("./", dist), { recursive: true });
  const beside = new URL(`${dist.href}.new`);
  await Deno.writeTextFile(beside, `<!-- ${stamp} -->\n${page}`);
  await Deno.rename(beside, dist);
  return page;
}

async function readPage(file: URL): Promise<string | null> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
