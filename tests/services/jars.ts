/**
 * Apache Kafka as the jars that Maven Central has of it: which ones, and their SHA-256, are in `kafka_jars.json`. They are
 * taken from the local Maven repository where that has them, else fetched into `.jars/` beside this file.
 *
 * CWTS_MAVEN_REPOSITORY names another repository than Maven's own.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import lines from "./kafka_jars.json" with { type: "json" };

export type KafkaLine = keyof typeof lines;
export const KAFKA_LINES = Object.keys(lines) as readonly KafkaLine[];

const CENTRAL = "https://repo.maven.apache.org/maven2";
const CACHE = fileURLToPath(new URL("./.jars/", import.meta.url));
/** Fetched at one time. */
const ABREAST = 8;
const TRIES = 3;

export function kafkaVersion(line: KafkaLine): string {
  return lines[line].version;
}

/** The class path of a line, every jar of it checked. */
export async function classPath(line: KafkaLine): Promise<string> {
  const wanted = Object.entries(lines[line].jars);
  const paths: string[] = new Array(wanted.length);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < wanted.length; i = next++) paths[i] = await provide(...wanted[i]);
  };
  await Promise.all(Array.from({ length: ABREAST }, work));
  return paths.join(":");
}

/** Path of one jar, fetched where it is not here; throws when it is not the one that was chosen. */
export async function provide(jar: string, sha256: string): Promise<string> {
  const home = Deno.env.get("HOME");
  const kept = [join(CACHE, jar), ...home === undefined ? [] : [join(home, ".m2", "repository", jar)]];
  for (const path of kept) {
    const bytes = await Deno.readFile(path).catch(() => null);
    if (bytes !== null && await digest(bytes) === sha256) return path;
  }
  const bytes = await fetchJar(jar, sha256);
  await Deno.mkdir(dirname(kept[0]), { recursive: true });
  // Under its name only when it is whole: others may be looking.
  const partial = `${kept[0]}.${Deno.pid}`;
  await Deno.writeFile(partial, bytes);
  await Deno.rename(partial, kept[0]);
  return kept[0];
}

/** The bytes of a jar from the repository; throws when they are not those that were chosen. */
export async function fetchJar(jar: string, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = `${(Deno.env.get("CWTS_MAVEN_REPOSITORY") ?? CENTRAL).replace(/\/$/, "")}/${jar}`;
  for (let n = 1;; n++) {
    try {
      const response = await fetch(url);
      const bytes = await response.bytes();
      if (!response.ok) {
        throw new Error(`${url} answers ${response.status}: set CWTS_MAVEN_REPOSITORY to a repository.`);
      }
      const found = await digest(bytes);
      if (found === sha256) return bytes as Uint8Array<ArrayBuffer>;
      throw new Error(`${url} has SHA-256 ${found}, not ${sha256}: it is not the jar that was chosen.`);
    } catch (error) {
      if (n === TRIES) throw error;
    }
  }
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
