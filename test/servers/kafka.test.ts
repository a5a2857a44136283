import { afterAll } from "vitest";
import { describeTarget } from "./contract.ts";
import { describeBundle } from "./kafka/bundle.ts";
import { describeDelivery } from "./kafka/delivery.ts";
import { kafkaEngine } from "./kafka/engine.ts";
import { describeSecurity } from "./kafka/security.ts";
import { hasKafka, startKafka } from "./kafka/server.ts";
import { describeMissing } from "./real-server.ts";

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
