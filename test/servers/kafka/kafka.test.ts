import { afterAll } from "vitest";
import { describeTarget } from "../contract.ts";
import { describeMissing } from "../real-server.ts";
import { describeBundle } from "./bundle.ts";
import { describeDelivery } from "./delivery.ts";
import { kafkaEngine } from "./engine.ts";
import { describeSecurity } from "./security.ts";
import { hasKafka, startKafka } from "./server.ts";

const NAME = "Apache Kafka";

if (await hasKafka()) {
  const server = await startKafka();
  afterAll(() => server.end());
  describeTarget(NAME, async () => kafkaEngine(server), { credentials: true, restart: true });
  describeDelivery(server);
  describeSecurity(server);
  describeBundle(server);
} else {
  describeMissing(NAME, "install Java 17 or later, Maven and openssl");
}
