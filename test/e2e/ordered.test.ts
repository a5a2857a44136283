import { setTimeout as sleep } from "node:timers/promises";
import { TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createOrdersTable, outboxRow } from "../../dev/demo/orders.ts";
import { invoke } from "../../lib/local/functions.ts";
import { eventually } from "../setup/eventually.ts";
import { type OrderedStack, openOrderedStack } from "./harness/ordered-stack.ts";
import { type Landing, NO_QUEUE_FAULTS } from "./harness/queue-proxy.ts";
import { QueueReader } from "./harness/queue-reader.ts";

const KEYS = Array.from({ length: 50 }, (_unused, index) => `order-${index}`);
const EVENTS_A_KEY = 40;
const ORDERS = "OrderedTestOrders";
const SEED = 42;
/** The time between two events of a key. Writing lasts through an outage. */
const WRITE_PAUSE_MS = 250;
const REQUEUE_PAUSE_MS = 3_000;
const FAULTS = { unavailable: 0.08, reset: 0.04, dropAnswer: 0.05, failMessage: 0.03 };
const OUTAGE = { ...NO_QUEUE_FAULTS, unavailable: 1 };
const OUTAGE_MS = 6_000;

let stack: OrderedStack;
let reader: QueueReader;

beforeAll(async () => {
  stack = await openOrderedStack(SEED);
  await createOrdersTable(stack.clients.dynamodb, ORDERS);
  reader = new QueueReader(stack.clients.sqs, stack.queueUrl);
});

afterAll(async () => {
  await reader?.stop();
  await stack?.close();
});

const idOf = (key: string, sequence: number) => `${key}/${sequence}`;

/** One transaction after the other: the aggregate's version is raised from the one before, and its event is put. */
async function writeKey(key: string): Promise<void> {
  const { clients, deployment } = stack;
  for (let sequence = 1; sequence <= EVENTS_A_KEY; sequence += 1) {
    const event = outboxRow(idOf(key, sequence), new Date(), { sequence });
    const row = { ...event, pk: { S: key }, sk: { N: String(sequence) } };
    const update = {
      TableName: ORDERS,
      Key: { orderId: { S: key } },
      UpdateExpression: "SET version = :next",
      ConditionExpression: sequence === 1 ? "attribute_not_exists(version)" : "version = :before",
      ExpressionAttributeValues: {
        ":next": { N: String(sequence) },
        ...(sequence === 1 ? {} : { ":before": { N: String(sequence - 1) } }),
      },
    };
    const put = { TableName: deployment.tableName, Item: row, ConditionExpression: "attribute_not_exists(pk)" };
    await clients.dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: update }, { Put: put }] }));
    await sleep(WRITE_PAUSE_MS);
  }
}

/** Runs the requeuer every few seconds while the work goes on. A killed run is followed by the next. */
async function whileRequeuing(work: () => Promise<void>): Promise<number> {
  let working = true;
  let failed = 0;
  const requeuing = async () => {
    while (working) {
      const { kind } = await invoke(stack.clients.lambda, stack.deployment.requeuerFunctionName);
      if (kind === "failed") failed += 1;
      await sleep(REQUEUE_PAUSE_MS);
    }
  };
  const done = work().finally(() => {
    working = false;
  });
  await Promise.all([done, requeuing()]);
  return failed;
}

/** From the order to kill until every process is gone: a busy machine takes a while, and calls land meanwhile. */
interface Kill {
  readonly fromMs: number;
  readonly toMs: number;
}
const kills: Kill[] = [];

async function kill(...names: readonly string[]): Promise<void> {
  const fromMs = Date.now();
  expect(await stack.killFunctions(names)).toBeGreaterThan(0);
  kills.push({ fromMs, toMs: Date.now() });
}

/** Kills functions while a call has reached the target and its sender does not know it yet. */
const killInNextCall = (...names: readonly string[]) => stack.proxy.inNextCall(() => kill(...names));

const parkedKeys = async () =>
  (await stack.outbox.items()).filter(({ pk, sk }) => sk?.N === "0" && pk?.S?.startsWith("_requeuer") !== true);

async function stateNow(): Promise<string> {
  const rows = await stack.outbox.items();
  return `${reader.count} events arrived, ${rows.length} rows of which ${(await parkedKeys()).length} parked-key records, ${await stack.countDeadLetters()} dead letters. The logs are in ${stack.logs}`;
}

async function isDrained(): Promise<boolean> {
  if (reader.count < KEYS.length * EVENTS_A_KEY) return false;
  return (await stack.countDeadLetters()) === 0 && (await stack.outbox.items()).length === 0;
}

/** Why an event landed again, judged by the landing before. */
function duplicatesOf(landings: readonly Landing[]) {
  const duplicates = { answerLost: 0, processKilled: 0, unexplained: [] as string[] };
  const before = new Map<string, Landing>();
  for (const landing of landings) {
    const last = before.get(landing.id);
    before.set(landing.id, landing);
    if (last === undefined) continue;
    if (!last.told) duplicates.answerLost += 1;
    else if (kills.some((kill) => isBetween(kill, last, landing))) duplicates.processKilled += 1;
    else duplicates.unexplained.push(`${landing.id} landed at ${last.atMs} and ${landing.atMs}`);
  }
  return duplicates;
}

/** How far behind a busy proxy may see what processes do. */
const SEEN_WITHIN_MS = 1_000;

/** A kill between two landings; or one that closed the connection of the first one's sender, whose call was read after it. */
function isBetween({ fromMs, toMs }: Kill, { atMs, connection: { closedMs } }: Landing, next: Landing): boolean {
  if (atMs <= toMs) return fromMs <= next.atMs;
  return closedMs !== undefined && fromMs <= closedMs && closedMs <= Math.min(next.atMs, toMs + SEEN_WITHIN_MS);
}

function firstLandings(landings: readonly Landing[]): ReadonlyMap<string, readonly string[]> {
  const first = new Map<string, Set<string>>();
  for (const { group, id } of landings) first.set(group, (first.get(group) ?? new Set()).add(id));
  return new Map([...first].map(([group, ids]) => [group, [...ids]]));
}

it("keeps the order of every key through random faults, an outage and killed processes, and loses nothing", async () => {
  const { proxy, deployment } = stack;
  const { relayFunctionName: relay, requeuerFunctionName: requeuer } = deployment;
  const begunMs = Date.now();
  const elapsed: Record<string, number> = {};
  const note = (what: string) => {
    elapsed[what] = Math.round((Date.now() - begunMs) / 1_000);
  };
  const failedRuns = await whileRequeuing(async () => {
    proxy.faults = FAULTS;
    const writing = Promise.all(KEYS.map(writeKey));
    await sleep(3_000);
    await killInNextCall(relay);
    proxy.faults = OUTAGE;
    note("outage");
    await sleep(OUTAGE_MS / 2);
    // The breaker may be open, so that no call comes for a while.
    await kill(relay);
    await sleep(OUTAGE_MS / 2);
    proxy.faults = FAULTS;
    note("outage over");
    await writing;
    note("written");
    await eventually(
      "a parked key is drained",
      async () => (await parkedKeys()).some((parkedKey) => parkedKey["owner"]),
      stateNow,
    );
    await killInNextCall(relay, requeuer);
    // Most events still wait, and each fault comes at the latest with the call that makes up its share.
    await eventually(
      "each fault has struck",
      async () => Object.values(proxy.struck).every((count) => count > 0),
      stateNow,
    );
    proxy.faults = NO_QUEUE_FAULTS;
    note("drain killed");
    await eventually("all is drained", isDrained, stateNow);
    note("drained");
  });

  const duplicates = duplicatesOf(proxy.landings);
  console.log(
    `ordered: ${proxy.landings.length} landings of ${KEYS.length * EVENTS_A_KEY} events, duplicates ${JSON.stringify(duplicates)} ` +
      `(the queue's own deduplication hides them from its reader); struck ${JSON.stringify(proxy.struck)}; ` +
      `${kills.length} kills, ${failedRuns} runs of the requeuer failed; seconds ${JSON.stringify(elapsed)}`,
  );
  const inOrder = new Map(
    KEYS.map((key) => [key, Array.from({ length: EVENTS_A_KEY }, (_unused, index) => idOf(key, index + 1))]),
  );
  // At the proxy in the order in which the queue took the events; at the reader without those that the queue deduplicated.
  expect(firstLandings(proxy.landings)).toEqual(inOrder);
  expect(reader.received).toEqual(inOrder);
  expect(duplicates.unexplained, `killed at ${JSON.stringify(kills)}`).toEqual([]);
});
