/**
 * Finds recorded market data that is kept outside the repository. Tests that need it are skipped, visibly, where it is
 * absent.
 */

/** Absolute path of a file of the shared data, or null when it is not there. */
export function sharedData(relativePath: string): string | null {
  const path = new URL(`../../shared/data/${relativePath}`, import.meta.url).pathname;
  try {
    return Deno.statSync(path).isFile ? path : null;
  } catch {
    return null;
  }
}
