/**
 * The part of a configuration that all nodes of a cluster have in common, as text, and a node's own configuration with another
 * one's common part. What a node has for itself (its name and place, where it keeps its log and its secrets, its console, its
 * pace, the files of its market) never leaves it.
 */
import { UserError } from "./errors.ts";
import { canonicalJson } from "./hash.ts";
import { dotted } from "./keys.ts";
import { type Config, configSchema } from "./schema.ts";

/** Canonical JSON. */
export function sharedOf(config: Config): string {
  const { node, audit: _audit, console: _console, release: _release, feed, cluster, ...rest } = config;
  const { name: _name, node: _node, secretFile: _secret, brokers: _brokers, ...together } = cluster;
  return canonicalJson({ ...rest, cluster: together, seed: node.seed, feed: feed.kind });
}

/** `own` with the common part of another. Throws UserError CONFIGURATION_BAD with the first thing that is wrong. */
export function withShared(own: Config, shared: string): Config {
  let common: Record<string, unknown>;
  try {
    common = JSON.parse(shared);
  } catch {
    throw new UserError("CONFIGURATION_BAD", "it is not JSON");
  }
  const { seed, feed, cluster, ...rest } = common;
  const foreign = ["node", "audit", "console", "release"].find((name) => Object.hasOwn(rest, name));
  if (foreign !== undefined) throw new UserError("CONFIGURATION_BAD", `[${foreign}] is each node's own`);
  const { name, node, secretFile, brokers } = own.cluster;
  const parsed = configSchema.safeParse({
    ...rest,
    ...{ audit: own.audit, console: own.console, release: own.release },
    node: { ...own.node, seed },
    feed: { ...own.feed, kind: feed },
    cluster: { ...(cluster as object | undefined), name, node, secretFile, brokers },
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError("CONFIGURATION_BAD", `${dotted(issue.path)} ${issue.message}`);
}
