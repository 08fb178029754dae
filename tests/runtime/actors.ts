/** Small actors that the tests of the runtime share. */
import type { ActorContext, ActorDef, Handlers } from "../../runtime/mod.ts";

/** An actor whose handlers are written where it is used. */
export function actor<M>(
  init: (context: ActorContext<M>) => Handlers<M>,
  options: Omit<ActorDef<M>, "type" | "init"> = {},
): ActorDef<M> {
  return { type: "test", init, ...options };
}

/** Resolves from outside, as a file or a socket would. */
export function outerPromise<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
