import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { streamEvent } from "../../bench/rows.ts";
import { stubServer } from "../../bench/stubs/stub-server.ts";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { processPorts } from "../../lambdas/composition.ts";
import { streamRecords } from "../../lib/aws/stream-records.ts";
import { readEnvironment } from "../../lib/contract/deployment/environment.ts";
import { relayProcess } from "../../lib/core/process/relay-process.ts";
import { createPublisher } from "../../lib/targets/eventbridge/publisher.ts";
import { callAwsAt, httpServer } from "../aws/loopback.ts";
import { setVariables } from "../setup/variables.ts";
import { ENVIRONMENT } from "./handler-world.ts";

const SEED = 7;
const CONCURRENCY = 4;
/** What one process may have open: to the target as many as it calls at once, 64 to the table and 64 to the queue. */
const MOST_CONNECTIONS = CONCURRENCY + 64 + 64;
const INVOCATIONS = 20;
const EVENTS = 50;

/** Each way in which an answer can break. Each takes this share of the requests. */
const BREAKS: readonly RequestListener[] = [
  ({ socket }) => socket.destroy(),
  (_request, response) => response.writeHead(503).end("{}"),
  ({ socket }, response) => {
    response.writeHead(200, { "content-length": 100 }).write("{");
    setImmediate(() => socket.destroy());
  },
  (_request, response) => response.writeHead(200, { connection: "close" }).end("{"),
];
const SHARE = 0.05;

/** EventBridge, DynamoDB and SQS, with connections that break. */
async function breakingAws(random: () => number) {
  const aws = stubServer();
  const open = new Set<Socket>();
  const met = { most: 0, broken: 0 };
  const endpoint = await httpServer(
    (request, response) => {
      const broken = BREAKS[Math.floor(random() / SHARE)];
      if (broken === undefined) {
        aws.emit("request", request, response);
      } else {
        met.broken += 1;
        broken(request, response);
      }
    },
    (socket) => {
      open.add(socket);
      met.most = Math.max(met.most, open.size);
      socket.on("close", () => open.delete(socket));
    },
  );
  return { endpoint, open, met };
}

describe("a process of the relay with the clients that it has in AWS", () => {
  it("holds no more connections than its pools, however often they break", async () => {
    const aws = await breakingAws(seededRandom(SEED));
    callAwsAt(aws.endpoint);
    setVariables({
      ...ENVIRONMENT,
      DEAD_LETTER_QUEUE_URL: `${aws.endpoint}/123456789012/dead-letters`,
      OUTBOX_RELAY_SETTINGS: JSON.stringify({
        concurrency: CONCURRENCY,
        backoff: { baseMs: 1, capMs: 2, attempts: 3 },
      }),
      POWERTOOLS_LOG_LEVEL: "SILENT",
      POWERTOOLS_METRICS_DISABLED: "true",
    });
    const config = readEnvironment(process.env);
    const ports = processPorts("relay", config, createPublisher);
    const relay = relayProcess(ports, config.settings);
    const atRest: number[] = [];
    for (let invocation = 0; invocation < INVOCATIONS; invocation += 1) {
      const batch = streamEvent(EVENTS, Date.now());
      await relay.invoke(() => streamRecords(batch, ports.telemetry), Date.now() + 60_000);
      atRest.push(aws.open.size);
    }
    expect(aws.met.broken, `seed ${SEED}`).toBeGreaterThan(INVOCATIONS);
    expect(aws.met.most, `seed ${SEED}`).toBeLessThanOrEqual(MOST_CONNECTIONS);
    const quarter = INVOCATIONS / 4;
    // How many are open between two invocations varies. A connection that leaked in each would be one more after each.
    expect(Math.min(...atRest.slice(-quarter)), atRest.join(" ")).toBeLessThanOrEqual(
      Math.max(...atRest.slice(0, quarter)),
    );
  });
});
