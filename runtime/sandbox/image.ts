/**
 * What runs in a sandbox: a private copy of a module and of all it imports, checked before it is run.
 *
 * Loading a module needs no permission in Deno, so a strategy could read any file of the machine by importing it. Therefore
 * only files below the allowed folders are copied, the copy's own graph is looked at, and whatever it would load from
 * outside the copy (another folder, the network, a package) is refused with the import that asks for it.
 */
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export class SandboxError extends Error {
  override readonly name = "SandboxError";

  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** Disposing of it waits until the processes that ran it and were ended are gone; then it is removed. */
export interface SandboxImage extends AsyncDisposable {
  /** The file to run. */
  readonly entry: string;
  readonly folder: string;
  /** What it was made from. */
  readonly module: string;
  /** A process that ran it was ended; `gone` resolves when nothing of it is left. */
  leaves(gone: Promise<void>): void;
}

export interface ImageOptions {
  /** File of the module whose default export is a GuestDef. */
  readonly module: string;
  /** Folders that it may import from beside its own; default none. */
  readonly folders?: readonly string[];
}

interface GraphModule {
  readonly specifier: string;
  readonly error?: string;
}

const RUNTIME = fileURLToPath(new URL("..", import.meta.url));
const GUEST = fileURLToPath(new URL("guest.ts", import.meta.url));

/** Makes the image; dispose of it when no actor runs it any more. Throws SandboxError. */
export async function prepareImage({ module, folders = [] }: ImageOptions): Promise<SandboxImage> {
  const file = resolve(module);
  const allowed = [dirname(file), RUNTIME, ...folders.map((folder) => resolve(folder))];
  const folder = await Deno.makeTempDir({ prefix: "cwts-sandbox-" });
  const leaving = new Set<Promise<void>>();
  const leaves = (gone: Promise<void>): void => {
    leaving.add(gone);
    void gone.then(() => leaving.delete(gone));
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(leaving);
    await Deno.remove(folder, { recursive: true });
  };
  try {
    for (const { specifier, error } of [...await graph(file), ...await graph(GUEST)]) {
      const path = localPath(specifier, error, file);
      if (!allowed.some((root) => isBelow(path, root))) throw outside(file, specifier);
      const copy = join(folder, path);
      await Deno.mkdir(dirname(copy), { recursive: true });
      await Deno.copyFile(path, copy);
    }
    const entry = join(folder, "entry.ts");
    await Deno.writeTextFile(
      entry,
      `import def from "./${relative("/", file)}";\nimport { serve } from "./${relative("/", GUEST)}";\nserve(def);\n`,
    );
    // The copy is what runs, so the copy is what is judged: a file that changed in between cannot matter.
    for (const { specifier, error } of await graph(entry)) {
      if (!isBelow(localPath(specifier, error, file), folder)) throw outside(file, specifier);
    }
    return { entry, folder, module: file, leaves, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const outside = (module: string, specifier: string): SandboxError =>
  new SandboxError(
    "SANDBOX_IMPORT",
    `${module} imports ${specifier}, which a sandbox may not load: allow its folder, or copy what it needs into the module's own.`,
  );

function localPath(specifier: string, error: string | undefined, module: string): string {
  if (!specifier.startsWith("file:")) throw outside(module, specifier);
  if (error !== undefined) {
    throw new SandboxError("SANDBOX_MODULE", `${module} cannot be loaded: ${error.split("\n")[0]}`);
  }
  return fileURLToPath(specifier);
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Every module that `entry` would load, by its own word; nothing is run. */
async function graph(entry: string): Promise<readonly GraphModule[]> {
  const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-remote", "--no-npm", "--no-config", pathToFileURL(entry).href],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new SandboxError(
      "SANDBOX_MODULE",
      `${entry} cannot be read: ${new TextDecoder().decode(stderr).split("\n")[0]}`,
    );
  }
  return (JSON.parse(new TextDecoder().decode(stdout)) as { readonly modules: readonly GraphModule[] }).modules;
}
