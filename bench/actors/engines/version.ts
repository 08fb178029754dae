/** The exact version that deno.json pins a package to. */
import manifest from "../../../deno.json" with { type: "json" };

export function versionOf(name: keyof typeof manifest.imports): string {
  const [, version] = /@(\d[^/]*)$/.exec(manifest.imports[name])!;
  return `${name} ${version}, Deno ${Deno.version.deno}`;
}
