/** What stands on memory servers of one key, and what came of it: printed where a property has failed. */
import { decodeFrame, type MemoryServer } from "../../runtime/transport/mod.ts";
import { unseal } from "../../runtime/transport/classes/mark.ts";
import type { Received } from "./letters.ts";

export function dump(
  servers: readonly MemoryServer[],
  topic: string,
  key: string,
  received: readonly Received[],
): string {
  const numberOf = (body: string) => JSON.parse(body).n;
  const lines = [
    `${key} came as ${
      received.filter((one) => one.key === key)
        .map(({ letter, partition, offset }) => `${numberOf(letter.body)}@${partition}.${offset}`).join(" ")
    }`,
  ];
  servers.forEach((server, at) => {
    server.topics.get(topic)?.forEach(({ records }, partition) => {
      const mine = records.flatMap(({ offset, frame }) => {
        const marked = unseal(decodeFrame(frame!).letter);
        const { mark: { sequence, route, begins } } = marked;
        const number = numberOf(marked.letter.body);
        return marked.key === key ? [`${offset}: ${number} (sequence ${sequence}, route ${route} from ${begins})`] : [];
      });
      if (mine.length > 0) lines.push(`server ${at}, partition ${partition}: ${mine.join("; ")}`);
    });
    for (const [name, { value }] of server.registers) if (name.startsWith("group.")) lines.push(`  ${name} ${value}`);
  });
  return lines.join("\n");
}
