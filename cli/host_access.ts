/** The access desk of a data directory for a command on the same machine, and who stands behind the command. */
import { UserError } from "../config/errors.ts";
import type { AccessDesk } from "../actors/access/mod.ts";
import type { Action, Principal } from "../actors/protocol/mod.ts";
import type { CliIo } from "./io.ts";

export interface AsFlags {
  readonly as?: string;
}

/** Opens the desk, and closes it again whatever happens. */
export async function withDesk<T>(directory: string, io: CliIo, use: (desk: AccessDesk) => T | Promise<T>): Promise<T> {
  const { hostDesk } = await import("../actors/node/access.ts");
  const desk = hostDesk(directory, io.err);
  try {
    return await use(desk);
  } finally {
    desk.close();
  }
}

/** Where a command on the host comes from, for the record: "host:" and the user of the operating system. */
export function hostName(): string {
  return `host:${Deno.env.get("USER") ?? Deno.env.get("USERNAME") ?? "unknown"}`;
}

export function askSecret(io: CliIo, question: string): string {
  if (io.secret === undefined) throw new UserError("USAGE", "nobody can be asked for a secret here");
  return io.secret(question);
}

/** Asks for the password of `--as` and makes sure that the person may. Throws AS_NEEDED, LOGIN_FAILED, ROLE_FORBIDDEN. */
export async function actingAs(desk: AccessDesk, flags: AsFlags, io: CliIo, action: Action): Promise<Principal> {
  if (flags.as === undefined) {
    throw new UserError("AS_NEEDED", "people are enrolled here: say who you are with --as <person>");
  }
  const { token } = await desk.login(flags.as, askSecret(io, `password of ${flags.as}`), hostName());
  const principal = await desk.identify({ kind: "token", token }, hostName());
  desk.permit(principal, action, hostName());
  return principal;
}
