/** Why a copy of the log does not go on: a stable code, and one sentence that says what to do. */

export type SinkCode =
  /** It says something else than the log. Nothing is overwritten. */
  | "REPLICA_DIFFERS"
  /** It has records that the log has lost. */
  | "REPLICA_AHEAD"
  /** Somebody else has written, cut or removed a file of it while it was being written. */
  | "REPLICA_CHANGED"
  /** It cannot be made, written or synced. It is tried again. */
  | "REPLICA_UNWRITABLE"
  /** Another node holds it. It is tried again. */
  | "REPLICA_HELD"
  /** It has not caught up for too long. */
  | "REPLICA_LAGS"
  /** The log itself cannot be read where it should be copied. */
  | "LOG_UNREADABLE"
  /** The broker does not take what is published. It is tried again. */
  | "TOPIC_UNREACHABLE"
  | "TOPIC_LAGS"
  /** The thread that copies has failed. It is started again. */
  | "SINK_STOPPED";

export class SinkFault extends Error {
  override readonly name = "SinkFault";

  /** `lasting`: it does not pass by itself, so the run it is about is copied no further. */
  constructor(readonly code: SinkCode, message: string, readonly lasting: boolean) {
    super(message);
  }
}

/** What a failing file operation on the replica means. */
export function unwritable(what: string, error: unknown): SinkFault {
  if (error instanceof SinkFault) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new SinkFault(
    "REPLICA_UNWRITABLE",
    `the replica cannot be written (${what}: ${why}): give the disk room, or its directory to the user of the node`,
    false,
  );
}
