import { afterAll } from "vitest";
import { describeTarget } from "./contract.ts";
import { describeBundle } from "./kafka/bundle.ts";
import { describeDelivery } from "./kafka/delivery.ts";
import { kafkaEngine } from "./kafka/engine.ts";
import { describeSecurity } from "./kafka/security.ts";
import { startKafka } from "./kafka/server.ts";
import { obtainedServer } from "./obtained-server.ts";

const server = await obtainedServer("Apache Kafka", startKafka);
if (server !== undefined) {
  afterAll(() => server.end());
  describeTarget("Apache Kafka", async () => kafkaEngine(server), { credentials: true, restart: true });
  describeDelivery(server);
  describeSecurity(server);
  describeBundle(server);
}
