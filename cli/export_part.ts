/** What every export to a file is: records go into a part, which takes its name when it is whole. */
import type { ExactRecord } from "../ffi/mod.ts";

export interface ExportFile extends Disposable {
  add(record: ExactRecord): void;
  /** Everything was added: what is there counts from now on. Without it nothing is left behind. */
  done(): void;
}

export const partOf = (path: string): string => `${path}.part`;

/** What an export that failed had begun. */
export function removePart(path: string): void {
  if (exists(partOf(path))) Deno.removeSync(partOf(path));
}

export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
