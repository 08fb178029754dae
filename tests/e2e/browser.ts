/**
 * A headless Chromium for tests of the page.
 *
 * Tests that need it bear "[needs chromium]" in their name and are ignored where none is installed.
 */
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** Headless, quiet on the network, and able to run as root in a container. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Path of a browser on this machine, or null. */
export function chromiumPath(): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        if (Deno.statSync(path).isFile) return path;
      } catch { /* not there */ }
    }
  }
  return null;
}

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page: uncaught errors, refused by the content policy, failed requests. */
  readonly troubles: string[];
  /** Every address the page asked for. */
  readonly requests: string[];
}

let shared: Promise<Browser> | null = null;

/** A page in a profile of its own, in one browser for all tests of the process. */
export async function withPage(
  test: (open: OpenPage) => Promise<void>,
  viewport: { readonly width: number; readonly height: number } = { width: 1280, height: 800 },
): Promise<void> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error("no chromium on this machine; the test should have been ignored");
  const browser = await (shared ??= chromium.launch({ executablePath, args: ARGUMENTS }));
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const troubles: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => troubles.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  try {
    await test({ page, troubles, requests });
  } finally {
    await context.close();
  }
}

/** Ends the browser; call it once the file's tests are done. */
export async function closeBrowser(): Promise<void> {
  const browser = await shared;
  shared = null;
  await browser?.close();
}

/** A test that needs a browser: ignored, visibly, where there is none. The browser outlives single tests. */
export function browserTest(name: string, fn: () => Promise<void>): void {
  const ignore = chromiumPath() === null;
  Deno.test({ name: `${name} [needs chromium]`, ignore, sanitizeOps: false, sanitizeResources: false, fn });
}
