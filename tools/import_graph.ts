/**
 * The import graph of the repository, as Deno sees it, and the questions the house asks of it.
 *
 * Every TypeScript file is a root, so that a file nothing imports is looked at too. Type-only imports count: a room that
 * only borrows another's types depends on it all the same.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);

export interface Edge {
  /** Paths relative to the repository. */
  readonly from: string;
  readonly to: string;
}

export interface ImportGraph {
  readonly files: readonly string[];
  readonly edges: readonly Edge[];
  /** Specifiers that lead out of the repository, with the file that has them: npm:, node:, jsr:, https:, data: … */
  readonly outside: readonly { readonly from: string; readonly specifier: string }[];
}

interface InfoModule {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/** Tracked and new files of the repository with one of the extensions; what git ignores is left out. */
export function repositoryFiles(...extensions: string[]): string[] {
  const { code, stdout, stderr } = new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    cwd: ROOT,
  }).outputSync();
  if (code !== 0) throw new Error(`git ls-files: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).split("\0")
    .filter((name) => name !== "" && (extensions.length === 0 || extensions.some((ending) => name.endsWith(ending))))
    .filter((name) => exists(name))
    .sort();
}

function exists(name: string): boolean {
  try {
    return Deno.statSync(new URL(encodeURI(name), ROOT)).isFile;
  } catch {
    return false;
  }
}

/** Reads the graph with `deno info --json`; one file imports all others, so that one call sees everything. */
export async function readImportGraph(): Promise<ImportGraph> {
  const files = repositoryFiles(".ts", ".tsx");
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = files.map((file) => `import ${JSON.stringify(new URL(file, ROOT).href)};`);
    await Deno.writeTextFile(entry, lines.join("\n"));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", "--config", fileURLToPath(new URL("deno.json", ROOT)), entry],
      cwd: ROOT,
    }).output();
    if (code !== 0) throw new Error(`deno info: ${new TextDecoder().decode(stderr)}`);
    return graphOf(JSON.parse(new TextDecoder().decode(stdout)).modules, files);
  } finally {
    await Deno.remove(entry);
  }
}

function graphOf(modules: readonly InfoModule[], files: readonly string[]): ImportGraph {
  const edges: Edge[] = [];
  const outside: { from: string; specifier: string }[] = [];
  for (const module of modules) {
    const from = local(module.specifier);
    if (from === null || !files.includes(from)) continue;
    for (const dependency of module.dependencies ?? []) {
      const target = dependency.code?.specifier ?? dependency.type?.specifier ?? dependency.specifier;
      const to = local(target);
      if (to === null) outside.push({ from, specifier: target });
      else edges.push({ from, to });
    }
  }
  return { files, edges, outside };
}

function local(specifier: string): string | null {
  if (!specifier.startsWith("file:")) return null;
  const path = relative(fileURLToPath(ROOT), fileURLToPath(specifier)).replaceAll("\\", "/");
  return path.startsWith("../") || path.startsWith("node_modules/") ? null : path;
}

/**
 * The room of a file: "actors/venues", "actors/node", "runtime", … Files beside `main.ts` and in cli/ are the top.
 */
export function roomOf(file: string): string {
  const [first, second] = file.split("/");
  if (second === undefined) return "top";
  if (first === "actors") return file.split("/").length > 2 ? `actors/${second}` : "actors";
  return first;
}

/** Circles of imports, each as the files on it; empty when there is none. */
export function circles(edges: readonly Edge[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...next.get(from) ?? [], to]);
  // Tarjan's strongly connected components, with a stack of its own so that depth is no limit.
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const onPath = new Set<string>();
  const path: string[] = [];
  const found: string[][] = [];
  for (const start of next.keys()) {
    if (index.has(start)) continue;
    const work: { node: string; child: number }[] = [{ node: start, child: 0 }];
    while (work.length > 0) {
      const frame = work[work.length - 1];
      const { node } = frame;
      if (frame.child === 0 && !index.has(node)) {
        index.set(node, index.size);
        low.set(node, index.get(node)!);
        path.push(node);
        onPath.add(node);
      }
      const children = next.get(node) ?? [];
      if (frame.child < children.length) {
        const child = children[frame.child++];
        if (!index.has(child)) work.push({ node: child, child: 0 });
        else if (onPath.has(child)) low.set(node, Math.min(low.get(node)!, index.get(child)!));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.node;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent)!, low.get(node)!));
      if (low.get(node) !== index.get(node)) continue;
      const component = path.splice(path.indexOf(node));
      for (const member of component) onPath.delete(member);
      if (component.length > 1 || children.includes(node)) found.push(component);
    }
  }
  return found;
}
