import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface ServerCertificate {
  /** The certificate of the authority that signed the server's, in PEM. A client that trusts it trusts the server. */
  readonly ca: string;
  readonly server: Certificate;
}

export interface CertificateFiles extends ServerCertificate {
  /** Paths of PEM files. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];

/**
 * Makes an authority and a server's certificate in a folder, with openssl, valid for a day.
 *
 * @param name the server's only name.
 */
export async function certificateIn(folder: string, name = "IP:127.0.0.1"): Promise<CertificateFiles> {
  const file = (name: string) => join(folder, name);
  const [certificateFile, keyFile] = [file("server.pem"), file("server.key")];
  const openssl = (...args: readonly string[]) => run("openssl", args);
  await openssl(
    ...["req", "-x509", ...KEY, "-subj", "/CN=Test authority"],
    ...["-keyout", file("ca.key"), "-out", file("ca.pem")],
  );
  await openssl("req", ...KEY, "-subj", "/CN=Receiver", "-keyout", keyFile, "-out", file("server.csr"));
  await writeFile(file("names"), `subjectAltName=${name}\n`);
  await openssl(
    ...["x509", "-req", "-in", file("server.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-days", "1"],
    ...["-set_serial", "1", "-extfile", file("names"), "-out", certificateFile],
  );
  const read = (path: string) => readFile(path, "utf8");
  const server = { key: await read(keyFile), cert: await read(certificateFile) };
  return { ca: await read(file("ca.pem")), server, certificateFile, keyFile };
}

/** The same for a server that keeps no files. */
export async function certificateInMemory(): Promise<ServerCertificate> {
  const folder = await mkdtemp(join(tmpdir(), "outbox-relay-certificate-"));
  try {
    const { ca, server } = await certificateIn(folder);
    return { ca, server };
  } finally {
    await rm(folder, { recursive: true });
  }
}
