/** A disk of a few megabytes, mounted for a test, that is filled and freed at will. Needs the rights to mount. */
import { join } from "node:path";
import { findProgram } from "./service.ts";

async function run(name: string, ...args: readonly string[]): Promise<string | null> {
  const program = findProgram(name);
  if (program === null) return `${name} is not installed`;
  const { success, stderr } = await new Deno.Command(program, { args: [...args], stdout: "null", stderr: "piped" })
    .output();
  return success ? null : new TextDecoder().decode(stderr).trim();
}

export class SmallDisk implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /** Throws with the words of `mount`. */
  static async mount(megabytes: number): Promise<SmallDisk> {
    const path = await Deno.makeTempDir({ prefix: "cwts-disk-" });
    const why = await run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path);
    if (why === null) return new SmallDisk(path);
    await Deno.remove(path);
    throw new Error(`mount: ${why}`);
  }

  private get ballast(): string {
    return join(this.path, "ballast");
  }

  /** Takes all the room but so many bytes. */
  async fill(leaving: number): Promise<void> {
    const file = await Deno.open(this.ballast, { write: true, create: true, truncate: true });
    let size = 0;
    try {
      const block = new Uint8Array(65_536);
      for (;;) size += await file.write(block);
    } catch {
      // It is full.
    } finally {
      file.close();
    }
    await Deno.truncate(this.ballast, Math.max(0, size - leaving));
  }

  async free(): Promise<void> {
    await Deno.remove(this.ballast);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const why = await run("umount", this.path);
    if (why !== null) await run("umount", "-l", this.path);
    await Deno.remove(this.path);
  }
}

/** Why there can be none here; null when there can. Tries it. */
export async function smallDiskMissing(): Promise<string | null> {
  try {
    await using _disk = await SmallDisk.mount(1);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
