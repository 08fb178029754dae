/**
 * Makes what a node needs and the repository does not hold: the native core and the bundled pages.
 *
 * Does nothing, quickly, when both are up to date.
 */
import { ensureCore } from "../ffi/build.ts";
import { verifierPage } from "../actors/auditors/page/page_file.ts";
import { bundleScript, loadAssets } from "../actors/console/bundle.ts";
import { UserError } from "../config/mod.ts";

export async function build(): Promise<void> {
  ensureCore();
  await loadAssets({ onBundle: () => console.error("bundling the console page …") });
  await loadAssets({ page: "nodes", onBundle: () => console.error("bundling the page of a cluster …") });
  await verifierPage({ bundle: bundleScript, onBundle: () => console.error("bundling the verifier page …") });
}

if (import.meta.main) {
  try {
    await build();
  } catch (error) {
    const known = error instanceof UserError || (error instanceof Error && error.name === "NativeError");
    if (!known) throw error;
    console.error(`error: ${error.message}`);
    Deno.exit(1);
  }
}
