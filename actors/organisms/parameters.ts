/** Parameters of organisms at the border: checked once, described from the same schema. */
import type { z } from "zod";
import { UserError } from "../../config/errors.ts";
import type { OrganismDefinition } from "./organism.ts";

/**
 * Parameters with defaults filled in. Throws UserError "ORGANISM_PARAMETERS" with one sentence that names the organism,
 * the parameter and what is wrong.
 */
export function readParameters<P>(
  definition: Pick<OrganismDefinition<P>, "species" | "parameters">,
  id: string,
  raw: unknown,
): P {
  const result = definition.parameters.safeParse(raw ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue.path.join(".");
  let what = path === "" ? issue.message : `parameter "${path}": ${issue.message}`;
  if (issue.code === "unrecognized_keys") {
    const known = describeParameters(definition).map((parameter) => parameter.name).join(", ");
    what = `unknown parameter ${issue.keys.map((key) => `"${key}"`).join(", ")}; ${definition.species} knows ${known}`;
  }
  throw new UserError("ORGANISM_PARAMETERS", `Organism "${id}" (${definition.species}): ${what}.`);
}

export interface ParameterDescription {
  readonly name: string;
  readonly default: unknown;
  /** Unit and reason, in one or two sentences. */
  readonly description: string;
}

/** Every parameter of a species, in the order of its schema. */
export function describeParameters<P>(definition: Pick<OrganismDefinition<P>, "parameters">): ParameterDescription[] {
  // The contract asks for a zod object; anything else has no parameters to list.
  const shape = (definition.parameters as Partial<z.ZodObject>).shape ?? {};
  const defaults = definition.parameters.safeParse({});
  const values = (defaults.success ? defaults.data : {}) as Record<string, unknown>;
  return Object.entries(shape).map(([name, schema]) => ({
    name,
    default: values[name],
    description: (schema as z.ZodType).description ?? "",
  }));
}
