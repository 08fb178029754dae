/** Server-sent events from bytes: the part of the format that the console speaks. Pure, so it can be tested anywhere. */

export interface ServerEvent {
  readonly id: string | null;
  readonly name: string;
  readonly data: string;
}

/** Feed it text as it arrives; it gives back the events that are complete. */
export class EventParser {
  #rest = "";

  push(text: string): ServerEvent[] {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.map(parseBlock).filter((event) => event !== null);
  }
}

/** Null for a comment and for settings such as `retry`. */
function parseBlock(block: string): ServerEvent | null {
  let id: string | null = null;
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const value = line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (line.startsWith("id:")) id = value;
    else if (line.startsWith("event:")) name = value;
    else if (line.startsWith("data:")) data.push(value);
  }
  return data.length === 0 ? null : { id, name, data: data.join("\n") };
}
