/** Promises of the outer world whose results enter a run as messages do: between two turns, recorded, and in the name of whoever awaits them. */
import type { Kernel, Moment } from "./kernel.ts";
import type { Settled } from "./seam.ts";

export function outside<T>(
  kernel: Kernel,
  owner: { readonly alive: boolean },
  begin: () => T | Promise<T>,
): Promise<T> {
  const promise = kernel.nextOutside();
  const { current: cause, root, sender } = kernel.causes;
  const moment: Moment = { cause, root, sender };
  return new Promise((resolve, reject) => {
    const settle = ({ ok, value }: Settled) => {
      if (!owner.alive) return;
      const go = () => ok ? resolve(value as T) : reject(value);
      kernel.debt = true;
      if (cause === 0) go();
      else kernel.continueAs(moment, go, undefined);
      kernel.wake();
    };
    if (kernel.seam?.replaying) return kernel.seam.awaits(promise, settle);
    const enter = (how: Settled) =>
      kernel.inject(() => {
        kernel.seam?.settled(promise, how);
        settle(how);
      });
    (async () => await begin())().then((value) => enter({ ok: true, value }), (value) => enter({ ok: false, value }));
  });
}
