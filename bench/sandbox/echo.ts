/** The guest that is measured: sends back what it gets. */
import type { GuestDef } from "../../runtime/sandbox/protocol.ts";

const def: GuestDef<unknown> = {
  init: (context) => ({ receive: (message) => context.send("out", message) }),
};
export default def;
