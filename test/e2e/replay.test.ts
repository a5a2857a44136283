import { setTimeout as sleep } from "node:timers/promises";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outboxRow } from "../../dev/demo/orders.ts";
import { ENVIRONMENT } from "../../lib/contract/deployment/environment.ts";
import { type Clients, connect } from "../../lib/local/clients.ts";
import { type Deployment, deploy, LOCAL_SETTINGS } from "../../lib/local/deploy.ts";
import { isolateProcess } from "../../lib/local/environment.ts";
import { changeVariables, invoke } from "../../lib/local/functions.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { eventually } from "../setup/eventually.ts";
import { Operator } from "./harness/operator.ts";
import { Outbox } from "./harness/outbox.ts";
import { startOwnEmulator } from "./harness/own-emulator.ts";
import { QueueReader } from "./harness/queue-reader.ts";

/** They are made here and not by the stack, for the emulator gives a stack's FIFO queue a name that does not end in .fifo. */
const FIRST = "ReplayFirst.fifo";
const SECOND = "ReplaySecond.fifo";
const SETTINGS = {
  ...LOCAL_SETTINGS,
  ordering: "per-key",
  archive: { payload: true },
  target: { kind: "sqs", queueArn: `arn:aws:sqs:us-east-1:000000000000:${FIRST}` },
};
const KEYS = Array.from({ length: 12 }, (_unused, index) => `order-${index}`);
const EVENTS_A_KEY = 9;
const ALONE = ["alone-1", "alone-2"];
const PLACED = "order.placed";
const PAID = "order.paid";
/** Between two looks at something that takes a while. */
const LOOK_PAUSE_MS = 5_000;
const MISUSE = 2;

const lifetime = new Lifetime();
let clients: Clients;
let deployment: Deployment;
let outbox: Outbox;
let operator: Operator;
let first: QueueReader;
let second: QueueReader;
/** When the first event was written. */
let beganMs: number;

beforeAll(async () => {
  const { signal } = new AbortController();
  const { emulator, runFolder, inherited } = await startOwnEmulator({
    lifetime,
    signal,
    say: (line) => console.log(line),
  });
  isolateProcess(process.env, emulator.endpoint);
  clients = connect(emulator.endpoint);
  lifetime.defer("The clients", async () => clients.destroy());
  const urls = await Promise.all([FIRST, SECOND].map(createQueue));
  deployment = await deploy({ emulator, runFolder, inherited, signal, settings: SETTINGS });
  const [queueUrl, ...alsoTo] = urls.map((url) => {
    const { port } = new URL(emulator.endpoint);
    return `http://${emulator.hostForFunctions}:${port}${new URL(url).pathname}`;
  });
  // The app's settings name one queue; a construct may be given several.
  for (const name of [deployment.relayFunctionName, deployment.requeuerFunctionName]) {
    await changeVariables(clients.lambda, name, (variables) => ({
      ...variables,
      [ENVIRONMENT.target]: JSON.stringify({ kind: "sqs", queueUrl, alsoTo }),
    }));
  }
  outbox = new Outbox(clients.dynamodb, deployment.tableName);
  operator = new Operator(emulator.endpoint);
  [first, second] = urls.map((url) => new QueueReader(clients.sqs, url)) as [QueueReader, QueueReader];
  beganMs = Date.now();
});

afterAll(async () => {
  await first?.stop();
  await second?.stop();
  const problems = await lifetime.end();
  expect(problems).toEqual([]);
});

async function createQueue(QueueName: string): Promise<string> {
  const { QueueUrl = "" } = await clients.sqs.send(
    new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: "true" } }),
  );
  return QueueUrl;
}

const idOf = (key: string, sequence: number) => `${key}/${sequence}`;
/** Every third event of a key is of the other type. */
const typeOf = (sequence: number) => (sequence % 3 === 0 ? PAID : PLACED);
const placedOf = (key: string) =>
  Array.from({ length: EVENTS_A_KEY }, (_unused, index) => index + 1)
    .filter((sequence) => typeOf(sequence) === PLACED)
    .map((sequence) => idOf(key, sequence));

async function writeKey(key: string): Promise<void> {
  for (let sequence = 1; sequence <= EVENTS_A_KEY; sequence += 1) {
    const event = outboxRow(idOf(key, sequence), new Date(), { sequence }, typeOf(sequence));
    await outbox.put({ ...event, pk: { S: key }, sk: { N: String(sequence) } });
  }
}

const isEmpty = async () => (await outbox.items()).length === 0;
const rowsLeft = async () => `${(await outbox.items()).length} rows are left; ${second.count} events have arrived.`;

interface DryRun {
  readonly isCut: boolean;
  readonly put: number;
  readonly busyKeys: number;
  readonly occupied: number;
  readonly destinations: readonly { readonly destination: string; readonly events: number }[];
}

/** Looks at a replay of everything up to this moment, once its receipts are in the archive for sure. */
async function look(
  ...args: readonly string[]
): Promise<{ readonly window: readonly string[]; readonly dryRun: DryRun }> {
  const [from = "", to = ""] = [beganMs, Date.now()].map((ms) => new Date(ms).toISOString());
  const window = ["--from", from, "--to", to];
  for (;;) {
    const { exitCode, stdout, stderr } = await operator.run("--json", "replay", ...window, ...args, "--dry-run");
    const dryRun = stdout === "" ? undefined : (JSON.parse(stdout) as DryRun);
    if (dryRun?.isCut === false) return { window, dryRun };
    if (dryRun === undefined && exitCode !== MISUSE) throw new Error(`The replay ended with ${exitCode}: ${stderr}`);
    await sleep(LOOK_PAUSE_MS);
  }
}

describe("a replay of the deployed app's events", () => {
  it("puts one type again, which arrives at another queue in the order of each key", async () => {
    await Promise.all([
      ...KEYS.map(writeKey),
      ...ALONE.map((id) => outbox.put(outboxRow(id, new Date(), { id }, PLACED))),
    ]);
    const written = KEYS.length * EVENTS_A_KEY + ALONE.length;
    await eventually(
      "everything is delivered",
      async () => first.count >= written && (await isEmpty()),
      () => `${first.count} of ${written} have arrived.`,
    );
    // Somebody has written to a place that was delivered: the relay cannot read the row, so it stays, and parks its key.
    const [blocked = "", ...others] = KEYS;
    const standing = { pk: { S: blocked }, sk: { N: "4" }, id: { S: "live" }, type: { S: PLACED } };
    await outbox.put(standing);

    const { window, dryRun } = await look("--type", PLACED, "--send-to", SECOND);
    const placed = KEYS.flatMap(placedOf).length + ALONE.length;
    expect(dryRun).toMatchObject({ put: placed - 1, occupied: 1, busyKeys: 1 });
    expect(dryRun.destinations).toMatchObject([{ destination: expect.stringContaining(SECOND), events: placed - 1 }]);
    expect(second.count).toBe(0);

    const replay = ["replay", ...window, "--type", PLACED, "--send-to", SECOND, "--rate", "1000", "--reason", "a test"];
    const { exitCode, document } = await operator.json(...replay, "--yes");
    expect(document).toMatchObject({ how: "done", tally: { "put again": placed - 1 } });
    expect(exitCode).toBe(5);
    await eventually(
      "all keys but the blocked one have arrived",
      () => others.every((key) => second.received.get(key)?.length === placedOf(key).length),
      rowsLeft,
    );
    for (const key of others) expect(second.received.get(key)).toEqual(placedOf(key));
    for (const id of ALONE) expect(second.received.get(id)).toEqual([id]);

    // The occupied place is as it was. Once it is free, the rest of its key arrives in order.
    expect(await outbox.get(blocked, 4)).toMatchObject(standing);
    await outbox.remove(blocked, 4);
    await eventually(
      "the blocked key has arrived",
      async () => {
        await operator.run("retry", "--key", blocked);
        await invoke(clients.lambda, deployment.requeuerFunctionName);
        await sleep(LOOK_PAUSE_MS);
        return await isEmpty();
      },
      rowsLeft,
    );
    await eventually(
      "its events are read",
      () => second.received.get(blocked)?.length === placedOf(blocked).length - 1,
      rowsLeft,
    );
    expect(second.received.get(blocked)).toEqual(placedOf(blocked).filter((id) => id !== idOf(blocked, 4)));
    expect(first.count).toBe(written);
  });

  it("goes under new ids on request, which name the first ones", async () => {
    const before = second.events.length;
    const [, key = ""] = KEYS;
    const { window, dryRun } = await look("--key", key, "--type", PAID, "--send-to", SECOND, "--new-id");
    expect(dryRun).toMatchObject({ put: 3, occupied: 0 });
    const replay = ["replay", ...window, "--key", key, "--type", PAID, "--send-to", SECOND, "--new-id", "--yes"];
    expect(await operator.json(...replay)).toMatchObject({ exitCode: 0, document: { tally: { "put again": 3 } } });
    await eventually("they have arrived", () => second.events.length >= before + 3, rowsLeft);
    const arrived = second.events.slice(before);
    expect(arrived.map(({ replayof }) => replayof)).toEqual([3, 6, 9].map((sequence) => idOf(key, sequence)));
    expect(arrived.map(({ sequence, partitionkey }) => `${partitionkey} ${sequence}`)).toEqual(
      [3, 6, 9].map((sequence) => `${key} ${sequence}`),
    );
    expect(new Set(arrived.map(({ id }) => id)).size).toBe(3);
    for (const { id, replayof } of arrived) expect(id).not.toBe(replayof);
  });

  it("is on record, and has nothing left to go on with", async () => {
    const { document } = await operator.json("journal");
    const { acts } = document as {
      readonly acts: readonly { readonly id: string; readonly name: string; readonly why?: string }[];
    };
    const replays = acts.filter(({ name }) => name === "replay");
    expect(replays).toMatchObject([{ end: { how: "done" } }, { why: "a test", end: { how: "done" } }]);
    const [latest] = replays;
    const { exitCode, stdout } = await operator.run("replay", "--resume", latest?.id ?? "");
    expect(stdout).toContain("Every event has had its turn.");
    expect(exitCode).toBe(0);
  });
});
