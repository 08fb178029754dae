/** A well-behaved guest: counts, echoes, sets timers, stops. */
import type { GuestDef } from "../../../../runtime/sandbox/protocol.ts";

type M =
  | { readonly kind: "Echo"; readonly text: string }
  | { readonly kind: "Later" }
  | { readonly kind: "Due" }
  | {
    readonly kind: "Stop";
  }
  | { readonly kind: "Throw" }
  | { readonly kind: "Wrong" };

const def: GuestDef<M, { readonly greeting: string }> = {
  init(context, args) {
    let handled = 0;
    return {
      receive(message) {
        handled++;
        switch (message.kind) {
          case "Echo":
            return context.send("out", { text: `${args.greeting} ${message.text}`, time: context.now() });
          case "Later":
            return context.once("t", 1000, { kind: "Due" });
          case "Due":
            return context.send("out", { text: `due ${context.random.int(1000)}`, time: context.now() });
          case "Stop":
            return context.stop();
          case "Throw":
            throw new TypeError("the guest is unwell");
          case "Wrong":
            return context.send("nowhere", 1);
        }
      },
      inspect: () => ({ handled }),
    };
  },
};
export default def;
