import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { expect, it } from "vitest";
import { reach } from "../../../../lib/operator/aws/doctor/reach.ts";
import { certificateInMemory } from "../../../servers/certificate.ts";

it("tells why a certificate is not to be trusted", async () => {
  const { server: certificate } = await certificateInMemory();
  const server = createServer(certificate);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    expect(await reach({ host: "localhost", port, tls: true })).toEqual({
      ...{ kind: "answers", distrusted: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
