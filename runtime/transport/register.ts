/** Small values that many nodes write, each only over what it has seen: what leases and groups are made of. */

export interface Register {
  readonly value: string;
  /** Changes with every write, and never comes again. */
  readonly revision: number;
}

export interface Registers {
  read(name: string): Promise<Register | null>;
  /**
   * Writes over `revision` (0: where nothing stands) and returns the new one; null when something else stands there.
   * When it rejects, it may have been written: read again.
   */
  write(name: string, value: string, revision: number): Promise<number | null>;
}

/** `write`, and when no answer came, a look at what stands there. Values of two writers have to differ. */
export async function writeSurely(
  registers: Registers,
  name: string,
  value: string,
  revision: number,
  insist: <T>(call: () => Promise<T>) => Promise<T>,
): Promise<number | null> {
  let unanswered = false;
  return await insist(async () => {
    if (unanswered) {
      const found = await registers.read(name);
      if (found?.value === value) return found.revision;
      if ((found?.revision ?? 0) !== revision) return null;
    }
    unanswered = true;
    return await registers.write(name, value, revision);
  });
}
