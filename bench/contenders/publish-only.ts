import { processPorts } from "../../lambdas/composition.ts";
import { streamRecords } from "../../lib/aws/stream-records.ts";
import { readEnvironment } from "../../lib/contract/deployment/environment.ts";
import { relayProcess } from "../../lib/core/process/relay-process.ts";
import { createPublisher } from "../../lib/targets/eventbridge/publisher.ts";
import { takePart } from "../contender.ts";
import { streamEvent } from "../rows.ts";

/** lambdas/relay.ts with another table, which deletes rows without a call. */
const config = readEnvironment(process.env);
const ports = processPorts("relay", config, createPublisher);
const relay = relayProcess({ ...ports, table: { ...ports.table, deleteRows: async () => [] } }, config.settings);

const TIMEOUT_MS = 60_000;

takePart({
  async prepare(events) {
    const batch = streamEvent(events, Date.now());
    return async () => {
      const timeoutAtMs = ports.clock.now() + TIMEOUT_MS;
      const { checkpoint } = await relay.invoke(() => streamRecords(batch, ports.telemetry), timeoutAtMs);
      if (checkpoint !== undefined) throw new Error("The relay did not attempt the whole batch");
    };
  },
});
