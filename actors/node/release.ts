/**
 * A release: which code, which native core and which configuration are meant to run, signed by who released them. A node
 * compares itself with it at every start, so that the eighth of eight servers that was forgotten shows before its first order.
 */
import { Buffer } from "node:buffer";
import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { canonicalJson, type Config, configHash } from "../../config/mod.ts";
import type { Build } from "./build.ts";

const Digest = z.string().regex(/^[0-9a-f]{64}$/);

export const Manifest = z.strictObject({
  kind: z.literal("release"),
  version: z.literal(1),
  cwts: z.string(),
  code: Digest,
  core: Digest,
  abi: z.int(),
  records: z.string(),
  /** Hash of the configuration that was released with it; null: any. */
  config: Digest.nullable(),
  person: z.string(),
  releasedAt: z.string(),
  publicKey: Digest,
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});
export type Manifest = z.infer<typeof Manifest>;

/** What is not as it was released. */
export interface Mismatch {
  readonly code:
    | "RELEASE_MISSING"
    | "RELEASE_FILE"
    | "RELEASE_SIGNATURE"
    | "RELEASE_KEY"
    | "RELEASE_CODE"
    | "RELEASE_CORE"
    | "RELEASE_LAYOUT"
    | "RELEASE_CONFIG";
  /** One sentence with the way out. */
  readonly sentence: string;
}

/** The text of the configured manifest; null when there is none there. */
export function readManifest({ manifest }: Config["release"]): string | null {
  if (manifest === undefined) return null;
  try {
    return Deno.readTextFileSync(manifest);
  } catch {
    return null;
  }
}

/** The manifest of a text; null when it is none. */
export function parseManifest(text: string): Manifest | null {
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Before the raw key of Ed25519 in an SPKI structure. */
const SPKI = "302a300506032b6570032100";

/** Whether the signature is over exactly this, by the key it names. */
export function manifestHolds({ signature, ...signed }: Manifest): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.from(SPKI + signed.publicKey, "hex"),
      format: "der",
      type: "spki",
    });
    return verify(null, new TextEncoder().encode(canonicalJson(signed)), key, Buffer.from(signature, "hex"));
  } catch {
    return false;
  }
}

/** Compares a build and its configuration with the manifest; nothing where no release is configured. */
export function compareRelease(build: Build, config: Config, text: string | null): readonly Mismatch[] {
  const { manifest: path, publicKey } = config.release;
  if (path === undefined && publicKey === undefined) return [];
  if (text === null) {
    const where = path === undefined ? "release.manifest names none" : `${path} cannot be read`;
    return [{
      code: "RELEASE_MISSING",
      sentence: `there is no release manifest: ${where}; put the one that cwts release wrote there`,
    }];
  }
  const manifest = parseManifest(text);
  if (manifest === null) {
    return [{ code: "RELEASE_FILE", sentence: `${path} holds no release manifest: put what cwts release wrote there` }];
  }
  if (!manifestHolds(manifest)) {
    return [{ code: "RELEASE_SIGNATURE", sentence: `the signature of ${path} does not hold: it was changed since` }];
  }
  if (publicKey !== undefined && publicKey !== manifest.publicKey) {
    return [{
      code: "RELEASE_KEY",
      sentence: `${path} is signed with the key ${short(manifest.publicKey)}, not with ${
        short(publicKey)
      } of release.public_key`,
    }];
  }
  const found: Mismatch[] = [];
  const differs = (code: Mismatch["code"], what: string, here: string, released: string, fix: string) => {
    if (here === released) return;
    found.push({
      code,
      sentence: `${what} here is ${short(here)}, and ${short(released)} was released by ${manifest.person}: ${fix}`,
    });
  };
  differs("RELEASE_CODE", "the code", build.code, manifest.code, "deploy the released one here, or release this one");
  differs(
    "RELEASE_CORE",
    "the native core",
    build.core,
    manifest.core,
    "deploy the released library, or release this one",
  );
  differs(
    "RELEASE_LAYOUT",
    "the layout of records",
    `${build.abi}/${build.records}`,
    `${manifest.abi}/${manifest.records}`,
    "deploy what was released",
  );
  if (manifest.config !== null) {
    const here = configHash(config);
    differs(
      "RELEASE_CONFIG",
      "the configuration",
      here,
      manifest.config,
      "start with the released one, or release this one",
    );
  }
  return found;
}

const short = (hash: string): string => hash.slice(0, 12);
