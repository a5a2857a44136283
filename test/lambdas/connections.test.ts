import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { streamEvent } from "../../bench/rows.ts";
import { stubServer } from "../../bench/stubs/stub-server.ts";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { processPorts } from "../../lambdas/composition.ts";
import { streamRecords } from "../../lib/aws/stream-records.ts";
import { readEnvironment } from "../../lib/contract/deployment/environment.ts";
import { relayProcess } from "../../lib/core/process/relay-process.ts";
import { createPublisher } from "../../lib/targets/eventbridge/publisher.ts";
import { awsEnvironment } from "../aws/loopback.ts";

const SEED = 7;
const CONCURRENCY = 4;
/** What one process may have open: to the target as many as it calls at once, 64 to the table and 64 to the queue. */
const MOST_CONNECTIONS = CONCURRENCY + 64 + 64;
const INVOCATIONS = 8;
const EVENTS = 100;

afterEach(() => vi.unstubAllEnvs());

/** EventBridge, DynamoDB and SQS, with connections that break in each way in which an answer can. */
async function breakingAws(share: () => number) {
  const aws = stubServer();
  const open = new Set<Socket>();
  const met = { most: 0, broken: 0 };
  const server = createServer((request, response) => {
    const broken = breakAt(share())(request, response);
    if (broken) met.broken += 1;
    else aws.emit("request", request, response);
  });
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    met.most = Math.max(met.most, open.size);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, open, met, close };
}

type Break = (request: IncomingMessage, response: ServerResponse) => boolean;

function breakAt(share: number): Break {
  if (share < 0.05) return ({ socket }) => socket.destroy() !== undefined;
  if (share < 0.1) return (_request, response) => response.writeHead(503).end("{}") !== undefined;
  if (share < 0.15) {
    return ({ socket }, response) => {
      response.writeHead(200, { "content-length": 100 }).write("{");
      setImmediate(() => socket.destroy());
      return true;
    };
  }
  if (share < 0.2)
    return (_request, response) => response.writeHead(200, { connection: "close" }).end("{") !== undefined;
  return () => false;
}

describe("a process of the relay with the clients that it has in AWS", () => {
  it("holds no more connections than its pools, however often they break", async () => {
    const random = seededRandom(SEED);
    const aws = await breakingAws(random);
    try {
      const variables = {
        ...awsEnvironment(aws.endpoint),
        OUTBOX_TABLE_NAME: "outbox",
        DEAD_LETTER_QUEUE_URL: `${aws.endpoint}/123456789012/dead-letters`,
        OUTBOX_RELAY_SETTINGS: JSON.stringify({
          concurrency: CONCURRENCY,
          backoff: { baseMs: 1, capMs: 2, attempts: 3 },
        }),
        OUTBOX_RELAY_TARGET: JSON.stringify({ kind: "eventbridge", busName: "orders" }),
        POWERTOOLS_SERVICE_NAME: "orders-relay",
        POWERTOOLS_LOG_LEVEL: "SILENT",
        POWERTOOLS_METRICS_DISABLED: "true",
      };
      for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
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
      const half = INVOCATIONS / 2;
      // A connection that leaked would be one more after each invocation.
      expect(Math.max(...atRest.slice(half)), atRest.join(" ")).toBeLessThanOrEqual(
        Math.max(...atRest.slice(0, half)) + 2,
      );
    } finally {
      await aws.close();
    }
  });
});
