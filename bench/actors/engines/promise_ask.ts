/** Ask for engines that have none: the reply address resolves a promise. No deadline, no failures. */
import type { Address, Answer, Message } from "../port.ts";

export function askByPromise<Q extends Message, R>(
  target: Address<Q>,
  make: (replyTo: Address<R>) => Q,
): Promise<Answer<R>> {
  return new Promise((resolve) => {
    target.tell(make({ tell: (value) => resolve({ ok: true, value }) }));
  });
}
