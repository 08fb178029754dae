/** An access desk over a file in memory, with a clock and a record that tests can see. */
import { AccessDesk, type AccessEvent, type BookFile } from "../../../actors/access/mod.ts";
import type { Principal } from "../../../actors/protocol/mod.ts";

export const PASSWORD = "correct horse battery staple";
/** Where everything in these tests comes from. */
export const HERE = "127.0.0.1";

/** `text` may be changed as another process would. */
export class MemoryFile implements BookFile {
  text: string | null = null;
  #writes = 0;
  busy = false;

  read(): string | null {
    return this.text;
  }

  stamp(): string {
    return `${this.#writes} ${this.text?.length}`;
  }

  write(text: string): void {
    this.text = text;
    this.#writes++;
  }

  locked<T>(body: () => T): T {
    return body();
  }
}

export interface Desk {
  readonly access: AccessDesk;
  readonly file: MemoryFile;
  readonly events: AccessEvent[];
  readonly complaints: string[];
  /** Wall milliseconds. */
  now: number;
  /** What the log answers. */
  logWorks: boolean;
  /** Events without stamps, by action. */
  told(action: string): Record<string, unknown>[];
}

export interface DeskOptions {
  readonly ownerToken?: string | null;
  readonly file?: MemoryFile;
  /** Keeps events in the file, as a command on the host does. */
  readonly onHost?: boolean;
}

const START = Date.UTC(2026, 0, 5, 9);

export function openDesk({ ownerToken = null, file = new MemoryFile(), onHost = false }: DeskOptions = {}): Desk {
  const events: AccessEvent[] = [];
  const complaints: string[] = [];
  const desk = { now: START, logWorks: true };
  const access = new AccessDesk({
    file,
    wall: () => desk.now,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    ownerToken,
    record: onHost ? null : (event) => {
      if (desk.logWorks) events.push(event);
      return desk.logWorks;
    },
    complain: (line) => complaints.push(line),
  });
  return Object.assign(desk, {
    access,
    file,
    events,
    complaints,
    told: (action: string) => events.filter((event) => event.action === action).map(({ at: _, ...rest }) => rest),
  });
}

export async function withDesk(test: (desk: Desk) => Promise<void>, options: DeskOptions = {}): Promise<void> {
  const desk = openDesk(options);
  try {
    await test(desk);
  } finally {
    desk.access.close();
  }
}

/** Enrols the first security-admin "root" and logs in. */
export async function enrolRoot({ access }: Desk): Promise<Principal> {
  const { token } = access.addFirst("root", ["security-admin"], "host:test");
  await access.enrol("root", token, PASSWORD, HERE);
  return await logIn(access, "root");
}

export async function enrol(desk: Desk, by: Principal, person: string, roles: readonly string[]): Promise<Principal> {
  const { token } = desk.access.addPerson(by, person, roles, HERE);
  await desk.access.enrol(person, token, PASSWORD, HERE);
  return await logIn(desk.access, person);
}

export async function logIn(access: AccessDesk, person: string, password = PASSWORD): Promise<Principal> {
  const { token } = await access.login(person, password, HERE);
  return await access.identify({ kind: "token", token }, HERE);
}
