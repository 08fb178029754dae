/**
 * A short name for a configuration: SHA-256 over its canonical JSON (sorted names, no spaces).
 *
 * It covers everything that can change a decision or a record. Where the data lies, how fast market time passes, when
 * the node stops, how durable the log is, where the console listens, what a node of a cluster is called, by which brokers it
 * hears the others and where its secret lies are left out: they do not change what happens,
 * and two runs of one seed on two machines must have one hash. Of a recording only the file's name counts, and of a release
 * the key it must be signed with: the manifest holds this hash.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Config } from "./schema.ts";

/** JSON with sorted names and without spaces: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value as Record<string, unknown>).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** 64 hex digits. */
export function configHash(config: Config): string {
  const { node, audit: _audit, console: _console, feed, release, cluster, venue, ...rest } = config;
  const { name: _cluster, node: _name, secretFile: _secret, brokers: _brokers, ...together } = cluster;
  const decisive = {
    ...rest,
    cluster: together,
    node: { seed: node.seed },
    release: { publicKey: release.publicKey },
    venue: { ...venue, directory: undefined },
    feed: { kind: feed.kind, paths: feed.paths.map((path) => basename(path)) },
  };
  return createHash("sha256").update(canonicalJson(decisive)).digest("hex");
}
