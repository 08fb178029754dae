/** Certificates for servers on loopback: an authority of their own, made anew each time by openssl. */
import { join } from "node:path";

export interface Certificates {
  /** PEM file of the authority, which clients trust. */
  readonly ca: string;
  readonly certificate: string;
  /** PKCS #8. */
  readonly key: string;
}

/** What a server asks of those who come. */
export interface Security {
  readonly user: string;
  readonly password: string;
  readonly tls: Certificates;
}

async function openssl(...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: [...args], stdout: "null", stderr: "piped" })
    .output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Writes an authority and a certificate for 127.0.0.1 and localhost into a directory. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const at = (name: string) => join(directory, name);
  const extensions = at("extensions");
  await Deno.writeTextFile(extensions, "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  await openssl(
    ...["req", "-x509", ...CURVE, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-days", "30"],
    ...["-subj", "/CN=CWTS tests"],
  );
  await openssl("req", ...CURVE, "-keyout", at("server.key"), "-out", at("server.csr"), "-subj", "/CN=localhost");
  await openssl(
    ...["x509", "-req", "-in", at("server.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"],
    ...["-out", at("server.pem"), "-days", "30", "-extfile", extensions],
  );
  return { ca: at("ca.pem"), certificate: at("server.pem"), key: at("server.key") };
}
