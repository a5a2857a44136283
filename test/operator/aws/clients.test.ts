import { expect, it } from "vitest";
import { operatorClients } from "../../../lib/operator/aws/clients.ts";

it("gives an object up of which nothing comes for half a minute", async () => {
  const { config } = await operatorClients({ region: "us-east-1" }).s3();
  // The handler reads its options with its first request.
  const handler = config.requestHandler as unknown as { readonly configProvider: Promise<object> };
  expect(await handler.configProvider).toMatchObject({ socketTimeout: 30_000 });
});
