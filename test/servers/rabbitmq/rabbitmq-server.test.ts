import { expect, it } from "vitest";
import { LOOPBACK, listeningAddresses } from "../listeners.ts";
import { describeMissing } from "../real-server.ts";
import { hasRabbit, startRabbitServer } from "./rabbitmq-server.ts";

if (await hasRabbit()) {
  it("the broker of the tests listens on the loopback interface alone, to other nodes as to its clients", async () => {
    const server = await startRabbitServer();
    try {
      for (const port of server.ports) {
        const addresses = await listeningAddresses(port);
        expect(addresses.length).toBeGreaterThan(0);
        expect(addresses.filter((address) => !LOOPBACK.includes(address))).toEqual([]);
      }
      await server.control("await_startup");
    } finally {
      await server.end();
    }
  });
} else {
  describeMissing("RabbitMQ on the loopback interface", "install rabbitmq-server");
}
