/** Which configuration a node with a role starts with: its file, or what was put in force for its cluster since. */
import { type Config, configHash } from "../../../config/mod.ts";
import { openSecret, readSecrets } from "../../cluster/mod.ts";
import type { ClusterLink } from "./cluster_link.ts";
import { ConfigurationBook } from "./configuration_book.ts";

/** Resolves when what was said before has been read. Throws CLUSTER_SECRET. */
export async function openBook(file: Config, link: ClusterLink, signal: AbortSignal): Promise<ConfigurationBook> {
  const { cluster, kill } = link.options;
  const secret = kill?.secretFile === undefined ? openSecret(cluster) : readSecrets(kill.secretFile);
  const book = new ConfigurationBook(link, file, secret);
  await book.open(signal);
  link.book = book;
  return book;
}

/** For people, where it is not the file. */
export function effectiveLine(file: Config, config: Config, epoch: number): string {
  const [here, there] = [configHash(file), configHash(config)].map((hash) => hash.slice(0, 12));
  const differs = here === there
    ? "as the file says"
    : `and not ${here} of the file, which is offered with cluster configure`;
  return `configuration epoch ${epoch} of the cluster: ${there}, ${differs}`;
}
