/** A time stamping authority: openssl behind a small HTTP server, with a certificate authority of its own. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { findProgram } from "../../../services/service.ts";

export const openssl: string | null = findProgram("openssl");

const CONFIGURATION = (directory: string) => `
[ ca ]
basicConstraints = critical, CA:true
[ stamps ]
extendedKeyUsage = critical, timeStamping
[ web ]
extendedKeyUsage = serverAuth
[ tsa ]
default_tsa = here
[ here ]
serial = ${directory}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`;

export interface Authority extends AsyncDisposable {
  readonly url: string;
  /** PEM file of who issued the certificate that signs. */
  readonly ca: string;
  /** What it answers a request. */
  answer(request: Uint8Array): Uint8Array<ArrayBuffer>;
}

function run(directory: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(openssl!, { args, cwd: directory, stdout: "null", stderr: "piped" })
    .outputSync();
  if (!success) throw new Error(`openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** `key`: as openssl names it. `uses`: section of the configuration with what the certificate is for. */
export async function startAuthority({ key = "rsa:2048", uses = "stamps" } = {}): Promise<Authority> {
  const directory = await Deno.makeTempDir({ prefix: "cwts-tsa-" });
  Deno.writeTextFileSync(`${directory}/tsa.cnf`, CONFIGURATION(directory));
  Deno.writeTextFileSync(`${directory}/serial`, "01\n");
  const fresh = (name: string, kind: string) =>
    kind === "ec"
      ? ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", `${name}.key`]
      : ["-newkey", kind, "-keyout", `${name}.key`];
  run(
    directory,
    "req",
    "-x509",
    "-nodes",
    ...fresh("ca", "rsa:2048"),
    "-subj",
    "/CN=Some Authority",
    "-days",
    "30",
    "-out",
    "ca.pem",
  );
  run(directory, "req", "-nodes", ...fresh("tsa", key), "-subj", "/CN=Some Clock", "-out", "tsa.csr");
  const issue = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "tsa.cnf", "-extensions", uses];
  run(directory, "x509", "-req", "-in", "tsa.csr", ...issue, "-days", "30", "-out", "tsa.pem");
  const answer = (request: Uint8Array) => {
    Deno.writeFileSync(`${directory}/request`, request);
    const signs = ["-signer", "tsa.pem", "-inkey", "tsa.key", "-config", "tsa.cnf"];
    run(directory, "ts", "-reply", "-queryfile", "request", ...signs, "-out", "answer");
    return Deno.readFileSync(`${directory}/answer`);
  };
  const server = createServer(async (request, response) => {
    const body = answer(new Uint8Array(await buffer(request)));
    response.writeHead(200, { "content-type": "application/timestamp-reply" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ca: `${directory}/ca.pem`,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Deno.remove(directory, { recursive: true });
    },
  };
}
