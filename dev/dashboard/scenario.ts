import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { countWaiting } from "../demo/backlog.ts";
import { ORDERS_TABLE, outboxRow, writeOrders } from "../demo/orders.ts";
import { keepRequeuing } from "../demo/requeue-loop.ts";
import type { Stage } from "../demo/stage.ts";
import type { LiveDashboard } from "./live-dashboard.ts";

export const ORDERS_A_SECOND = 8;
const REFRESH_EVERY_MS = 1_000;

export interface ScenarioOptions {
  readonly stage: Stage;
  readonly dashboard: LiveDashboard;
  readonly signal: AbortSignal;
}

/** How long each part lasts, in milliseconds. */
const CALM_MS = 60_000;
const STUMBLE_MS = 10_000;
const OUTAGE_MS = 80_000;
const AFTERWARDS_MS = 40_000;

/** Calm, a stumbling target, rows that cannot be delivered, an outage, and the recovery, all of it under traffic. */
export async function playScenario({ stage, dashboard, signal }: ScenarioOptions): Promise<void> {
  const { proxy, screen } = stage;
  const ending = new AbortController();
  const both = AbortSignal.any([signal, ending.signal]);
  const play = async () => {
    const part = async (title: string, ms: number) => {
      screen.say(`  ${title}`);
      await sleep(ms, undefined, { signal: both });
    };
    await part("all is well", CALM_MS);
    dashboard.keep("Calm", "calm");
    await proxy.setFault({ kind: "throttle-entries", probability: 0.3 });
    await part("the target throttles 3 entries in 10", STUMBLE_MS);
    await proxy.setFault({ kind: "drop-answer", probability: 0.2 });
    await part("2 answers in 10 get lost", STUMBLE_MS);
    await proxy.setFault({ kind: "pass" });
    const broken = await putUndeliverable(stage);
    await part("a row breaks the contract, and an event is too large for the target", STUMBLE_MS);
    await proxy.setFault({ kind: "unavailable" });
    await part("the target is away: it answers 503", OUTAGE_MS);
    dashboard.keep("Outage", "trouble");
    screen.say(`  alarms: ${dashboard.alarmsIn("ALARM").join(", ")}`);
    await proxy.setFault({ kind: "pass" });
    await broken.settle();
    screen.say("  the target is back, the row is repaired, and the large event is given up");
    await untilDrained(stage, both);
    await untilCalm(dashboard, both);
    await part("all that waited is delivered", AFTERWARDS_MS);
  };
  const playing = play();
  const background = [refreshing(dashboard, both), keepRequeuing(stage, both), writing(stage, both)];
  try {
    await Promise.race([playing, ...background]);
  } finally {
    ending.abort();
    await Promise.allSettled([playing, ...background]);
  }
  await dashboard.refresh();
}

/** Under traffic a few rows always wait. */
const FEW_ROWS = 3 * ORDERS_A_SECOND;
const DRAINED_WITHIN_MS = 180_000;

async function untilDrained({ clients, deployment }: Stage, signal: AbortSignal): Promise<void> {
  const untilMs = Date.now() + DRAINED_WITHIN_MS;
  while ((await countWaiting(clients.dynamodb, deployment.tableName)) > FEW_ROWS) {
    if (Date.now() > untilMs) throw new LocalRunError(`The backlog was not drained in ${DRAINED_WITHIN_MS / 1_000} s.`);
    await sleep(REFRESH_EVERY_MS, undefined, { signal });
  }
}

/**
 * Alarms that stay on while events are overdue, while a run that drains a backlog takes longer than one of the short
 * minutes here, or while the relay's breaker is open: that lasts up to a real minute, which is many of the short ones.
 */
const TROUBLE = ["OldestUndeliveredAge", "RequeuerHeartbeatMissing", "BreakerOpen", "DeadLetterDepth"];

async function untilCalm(dashboard: LiveDashboard, signal: AbortSignal): Promise<void> {
  const untilMs = Date.now() + DRAINED_WITHIN_MS;
  while (dashboard.alarmsIn("ALARM").some((name) => TROUBLE.includes(name))) {
    if (Date.now() > untilMs) throw new LocalRunError(`${TROUBLE.join(" or ")} was still on after a long while.`);
    await sleep(REFRESH_EVERY_MS, undefined, { signal });
  }
}

async function refreshing(dashboard: LiveDashboard, signal: AbortSignal): Promise<never> {
  for (;;) {
    await dashboard.refresh();
    await sleep(REFRESH_EVERY_MS, undefined, { signal });
  }
}

async function writing({ clients, deployment }: Stage, signal: AbortSignal): Promise<void> {
  await writeOrders({
    dynamodb: clients.dynamodb,
    tables: { orders: ORDERS_TABLE, outbox: deployment.tableName },
    events: Number.POSITIVE_INFINITY,
    ratePerSecond: ORDERS_A_SECOND,
    signal,
    onWritten: () => {},
  });
}

/** More bytes than EventBridge takes in one call. Zeros compress into a row that DynamoDB takes. */
const TOO_LARGE_BYTES = 1_100_000;

async function putUndeliverable({ clients, deployment }: Stage) {
  const { dynamodb } = clients;
  const TableName = deployment.tableName;
  const [malformed, large] = [randomUUID(), randomUUID()];
  const { source, ...withoutSource } = outboxRow(malformed, new Date(), { number: 1 });
  const data = { B: gzipSync(JSON.stringify({ filler: "0".repeat(TOO_LARGE_BYTES) })) };
  await dynamodb.send(new PutItemCommand({ TableName, Item: withoutSource }));
  await dynamodb.send(new PutItemCommand({ TableName, Item: { ...outboxRow(large, new Date(), {}), data } }));
  const keyOf = (id: string) => ({ pk: { S: id }, sk: { N: "1" } });
  return {
    async settle(): Promise<void> {
      await dynamodb.send(
        new UpdateItemCommand({
          TableName,
          Key: keyOf(malformed),
          UpdateExpression: "SET #source = :source REMOVE #notBefore",
          ExpressionAttributeNames: { "#source": "source", "#notBefore": "_notBefore" },
          ExpressionAttributeValues: { ":source": source ?? { S: "repaired" } },
        }),
      );
      await dynamodb.send(new DeleteItemCommand({ TableName, Key: keyOf(large) }));
    },
  };
}
