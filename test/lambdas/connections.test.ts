import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { streamEvent } from "../../bench/rows.ts";
import { backlogStub } from "../../bench/stubs/backlog-stub.ts";
import { stubServer } from "../../bench/stubs/stub-server.ts";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { processPorts } from "../../lambdas/composition.ts";
import { streamRecords } from "../../lib/aws/stream-records.ts";
import { type FunctionConfig, readEnvironment } from "../../lib/contract/deployment/environment.ts";
import type { FunctionRole } from "../../lib/contract/deployment/function-role.ts";
import { relayProcess } from "../../lib/core/process/relay-process.ts";
import { requeuerProcess } from "../../lib/core/process/requeuer-process.ts";
import { resultOf } from "../../lib/core/result.ts";
import { createPublisher } from "../../lib/targets/eventbridge/publisher.ts";
import { callAwsAt, httpServer } from "../aws/loopback.ts";
import { setVariables } from "../setup/variables.ts";
import { heldMoreAndMore, INVOCATIONS } from "./at-rest.ts";
import { ENVIRONMENT } from "./handler-world.ts";

const SEED = 7;
const CONCURRENCY = 4;
/** What one process may have open: to the target as many as it calls at once, 64 to the table and 64 to the queue. */
const MOST_CONNECTIONS = CONCURRENCY + 64 + 64;
const EVENTS = 50;
const BACKLOG = 20;
const INVOCATION_MS = 60_000;

/** Each way in which an answer can break. Each takes this share of the requests. */
const BREAKS: readonly RequestListener[] = [
  ({ socket }) => socket.destroy(),
  (_request, response) => response.writeHead(503).end("{}"),
  ({ socket }, response) => {
    response.writeHead(200, { "content-length": 100 }).write("{");
    setImmediate(() => socket.destroy());
  },
  (_request, response) => response.writeHead(200, { connection: "close" }).end("{}"),
];
const SHARE = 0.05;

/** EventBridge, DynamoDB and SQS, with connections that break. */
async function breakingAws(aws: Server, random: () => number) {
  const open = new Set<Socket>();
  const met = { most: 0, broken: 0 };
  const endpoint = await httpServer(
    (request, response) => {
      const broken = BREAKS[Math.floor(random() / SHARE)];
      if (broken !== undefined) {
        met.broken += 1;
        broken(request, response);
      } else if (String(request.headers["x-amz-target"]).endsWith(".ReceiveMessage")) {
        // The stub waits for a second where it has no dead letter.
        response.end("{}");
      } else {
        aws.emit("request", request, response);
      }
    },
    (socket) => {
      open.add(socket);
      met.most = Math.max(met.most, open.size);
      socket.on("close", () => open.delete(socket));
    },
  );
  return { endpoint, met };
}

type Ports = ReturnType<typeof processPorts>;
/** One invocation. Resolves with whether it completed. */
type Invoke = () => Promise<boolean>;

function relayInvocations(ports: Ports, { settings }: FunctionConfig): Invoke {
  const relay = relayProcess(ports, settings);
  return async () => {
    const batch = streamEvent(EVENTS, Date.now());
    await relay.invoke(() => streamRecords(batch, ports.telemetry), Date.now() + INVOCATION_MS);
    return true;
  };
}

function requeuerRuns(ports: Ports, { settings }: FunctionConfig): Invoke {
  const requeuer = requeuerProcess(ports, settings);
  let runs = 0;
  return async () => {
    runs += 1;
    // A run rejects where the table does not give the lease, and that request may break as often as it is tried.
    const result = await resultOf(requeuer.invoke(`run-${runs}`, Date.now() + INVOCATION_MS));
    return result.ok && result.value === "completed";
  };
}

const backlog = () => backlogStub({ rows: BACKLOG, ageMs: 3_600_000, deadLetters: false, keepsRows: true });

describe.each<[FunctionRole, () => Server, typeof relayInvocations]>([
  ["relay", stubServer, relayInvocations],
  ["requeuer", backlog, requeuerRuns],
])("a process of the %s with the clients that it has in AWS", (role, aws, invocationsOf) => {
  it("holds no more connections than its pools, and never more listeners or timers, however often they break", async () => {
    const { endpoint, met } = await breakingAws(aws(), seededRandom(SEED));
    callAwsAt(endpoint);
    setVariables({
      ...ENVIRONMENT,
      DEAD_LETTER_QUEUE_URL: `${endpoint}/123456789012/dead-letters`,
      OUTBOX_RELAY_SETTINGS: JSON.stringify({
        concurrency: CONCURRENCY,
        backoff: { baseMs: 1, capMs: 2, attempts: 3 },
      }),
      POWERTOOLS_LOG_LEVEL: "SILENT",
      POWERTOOLS_METRICS_DISABLED: "true",
    });
    const config = readEnvironment(process.env);
    const invoke = invocationsOf(processPorts(role, config, createPublisher), config);
    let completed = 0;
    const held = await heldMoreAndMore(async () => {
      if (await invoke()) completed += 1;
    });
    expect(held, `seed ${SEED}`).toEqual([]);
    expect(completed, `seed ${SEED}`).toBeGreaterThan(INVOCATIONS / 2);
    expect(met.broken, `seed ${SEED}`).toBeGreaterThan(INVOCATIONS);
    expect(met.most, `seed ${SEED}`).toBeLessThanOrEqual(MOST_CONNECTIONS);
  });
});
