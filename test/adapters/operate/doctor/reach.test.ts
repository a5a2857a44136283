import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { expect, it } from "vitest";
import { reach } from "../../../../lib/adapters/operate/doctor/reach.ts";
import { makeCertificate } from "../../../targets/certificate.ts";

it("tells why a certificate is not to be trusted", async () => {
  const folder = await mkdtemp(join(tmpdir(), "outbox-relay-tls-"));
  const { certificateFile, keyFile } = await makeCertificate(folder);
  const [key, cert] = await Promise.all([readFile(keyFile), readFile(certificateFile)]);
  await rm(folder, { recursive: true });
  const server = createServer({ key, cert });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    expect(await reach({ host: "localhost", port, tls: true })).toEqual({
      ...{ kind: "answers", distrusted: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

it("knows a name that nobody has from an address that does not answer", async () => {
  expect(await reach({ host: "nobody.invalid", port: 443, tls: true })).toMatchObject({
    kind: expect.stringMatching(/nobody|silence/),
  });
});
