/** A server that hangs up on a greeting: it wants something else of us, or it was ended at that moment. */
import assert from "node:assert/strict";
import type { BrokerOptions } from "../../runtime/transport/mod.ts";
import { openBroker, type ServerKind } from "./adapters.ts";

/** Accepts `most` connections and hangs up on each at its first words; then nobody listens any more. */
function mute(most: number): { readonly port: number; close(): Promise<void> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = (listener.addr as Deno.NetAddr).port;
  let open = true;
  const close = () => {
    if (open) listener.close();
    open = false;
  };
  const hangUp = async () => {
    for (let n = 0; n < most; n++) {
      const connection = await listener.accept().catch(() => null);
      if (connection === null) return;
      if (n === most - 1) close();
      await connection.read(new Uint8Array(100)).catch(() => {});
      connection.close();
    }
  };
  const done = hangUp();
  return {
    port,
    async close() {
      close();
      await done;
    },
  };
}

const codeOf = (kind: ServerKind, options: BrokerOptions & { readonly port: number }): Promise<string> =>
  openBroker(kind, options).then(() => "open", (error) => error.code);

for (const kind of ["redis", "kafka"] as const) {
  Deno.test({
    name:
      `${kind}: a server that is ended in the middle of a greeting is unreachable, one that always hangs up wants TLS`,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const dying = mute(1);
      assert.equal(await codeOf(kind, { node: "ann", port: dying.port }), "BROKER_UNREACHABLE");
      await dying.close();
      const strange = mute(Infinity);
      assert.equal(await codeOf(kind, { node: "ann", port: strange.port }), "BROKER_TLS");
      await strange.close();
    },
  });
}
