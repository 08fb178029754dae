import assert from "node:assert/strict";
import { fetchJar } from "./jars.ts";

Deno.test("a jar that is not the one that was chosen is refused, and another repository can be named", async () => {
  const asked: string[] = [];
  const served = new TextEncoder().encode("a jar");
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    return pathname.endsWith("there.jar") ? new Response(served) : new Response("no", { status: 404 });
  });
  const before = Deno.env.get("CWTS_MAVEN_REPOSITORY");
  Deno.env.set("CWTS_MAVEN_REPOSITORY", `http://127.0.0.1:${server.addr.port}/mirror/`);
  try {
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", served)).toHex();
    assert.deepEqual(await fetchJar("a/there.jar", sha256), served);
    assert.deepEqual(asked, ["/mirror/a/there.jar"]);
    await assert.rejects(fetchJar("a/there.jar", "00"), /has SHA-256 [0-9a-f]{64}, not 00: it is not the jar/);
    await assert.rejects(fetchJar("a/gone.jar", sha256), /answers 404: set CWTS_MAVEN_REPOSITORY/);
  } finally {
    if (before === undefined) Deno.env.delete("CWTS_MAVEN_REPOSITORY");
    else Deno.env.set("CWTS_MAVEN_REPOSITORY", before);
  }
});
