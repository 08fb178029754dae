/**
 * The part of node-redis that is used here, in types of our own: the package's own bring along types of Node that differ from
 * Deno's, and would change what the rest of the house is checked against.
 */
interface SocketOptions {
  readonly host?: string;
  readonly port: number;
  readonly connectTimeout?: number;
  readonly socketTimeout?: number;
  readonly reconnectStrategy?: (tries: number, cause: Error) => number | Error;
  readonly tls?: true;
  readonly ca?: string;
}

export interface ClientOptions {
  readonly RESP?: 2 | 3;
  readonly username?: string;
  readonly password?: string;
  readonly socket: SocketOptions;
  readonly disableOfflineQueue?: boolean;
  readonly pingInterval?: number;
}

export interface Client {
  readonly isOpen: boolean;
  on(event: "error", listener: (error: Error) => void): this;
  connect(): Promise<this>;
  destroy(): void;
  ping(): Promise<string>;
  sendCommand(command: readonly string[]): Promise<unknown>;
  multi(): Multi;
  xAdd(
    key: string,
    id: string,
    fields: Readonly<Record<string, string>>,
    options?: {
      readonly TRIM: { readonly strategy: "MAXLEN"; readonly strategyModifier: "~"; readonly threshold: number };
    },
  ): Promise<string>;
  xGroupCreate(key: string, group: string, id: string, options: { readonly MKSTREAM: true }): Promise<string>;
  xReadGroup(
    group: string,
    consumer: string,
    streams: readonly { readonly key: string; readonly id: string }[],
    options: { readonly COUNT: number; readonly BLOCK: number },
  ): Promise<unknown>;
  xAck(key: string, group: string, ids: readonly string[]): Promise<number>;
}

/** Commands that are carried out together or not at all, sent over one connection or not at all. */
export interface Multi {
  addCommand(command: readonly string[]): this;
  exec(): Promise<readonly unknown[]>;
}

export function createClient(options: ClientOptions): Client;

/** What the server answers instead of a result. */
export class ErrorReply extends Error {}

/** Of commands that were carried out together, some were answered so. */
export class MultiErrorReply extends ErrorReply {
  readonly replies: readonly unknown[];
  readonly errorIndexes: readonly number[];
}
