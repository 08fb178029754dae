/** The configuration as JSON Schema, with the names that files use: for editors and for people. */
import { z } from "zod";
import { snake } from "./keys.ts";
import { configSchema } from "./schema.ts";

type Node = { [name: string]: unknown };

export function jsonSchema(): Node {
  // "input": a key with a default may be left out.
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Node;
  return { ...renamed(schema) as Node, title: "CWTS configuration" };
}

/** The same with the names of properties in snake_case. */
function renamed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(renamed);
  if (typeof node !== "object" || node === null) return node;
  const result: Node = {};
  for (const [name, value] of Object.entries(node)) {
    if (name === "properties") {
      result[name] = Object.fromEntries(
        Object.entries(value as Node).map(([property, child]) => [snake(property), renamed(child)]),
      );
    } else if (name === "required") {
      result[name] = (value as string[]).map(snake);
    } else {
      result[name] = name === "default" ? value : renamed(value);
    }
  }
  return result;
}
