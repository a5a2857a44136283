import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificate {
  /** Paths of PEM files. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The certificate, which is its own authority. */
  readonly pem: string;
}

/** Makes a certificate of a day for a server on 127.0.0.1, with OpenSSL. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", keyFile, "-out", certificateFile],
  ]);
  return { certificateFile, keyFile, pem: await readFile(certificateFile, "utf8") };
}
