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

export interface SelfMadeCa {
  /** The authority's own certificate, in PEM: whoever trusts it trusts the server. */
  readonly ca: string;
  /** Of a server at 127.0.0.1, which is its only name. */
  readonly server: Certificate;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes an authority and a server's certificate, by openssl, good for a day. */
export async function selfMadeCa(): Promise<SelfMadeCa> {
  const folder = await mkdtemp(join(tmpdir(), "ca-"));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => run("openssl", args);
  try {
    await openssl(
      ...["req", "-x509", ...KEY, "-days", "1", "-subj", "/CN=Test authority"],
      ...["-keyout", file("ca.key"), "-out", file("ca.pem")],
    );
    await openssl("req", ...KEY, "-subj", "/CN=Receiver", "-keyout", file("server.key"), "-out", file("server.csr"));
    await writeFile(file("names"), "subjectAltName=IP:127.0.0.1\n");
    await openssl(
      ...["x509", "-req", "-in", file("server.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-days", "1"],
      ...["-set_serial", "1", "-extfile", file("names"), "-out", file("server.pem")],
    );
    const [ca, key, cert] = await Promise.all(
      ["ca.pem", "server.key", "server.pem"].map((name) => readFile(file(name), "utf8")),
    );
    return { ca: ca ?? "", server: { key: key ?? "", cert: cert ?? "" } };
  } finally {
    await rm(folder, { recursive: true });
  }
}
