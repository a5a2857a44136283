import { setTimeout as sleep } from "node:timers/promises";
import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countMessages } from "../../dev/demo/backlog.ts";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { type Subscriber, subscribe } from "../../dev/demo/subscriber.ts";
import { type Clients, connect } from "../../lib/local/clients.ts";
import { type Deployment, deploy, LOCAL_SETTINGS } from "../../lib/local/deploy.ts";
import { isolateProcess } from "../../lib/local/environment.ts";
import { FaultProxy } from "../../lib/local/faults/fault-proxy.ts";
import { invoke, pointFunctionsAt } from "../../lib/local/functions.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { eventually } from "../setup/eventually.ts";
import { Bus } from "./harness/bus.ts";
import { forgetMissingHours } from "./harness/missing-hours.ts";
import { Operator } from "./harness/operator.ts";
import { Outbox } from "./harness/outbox.ts";
import { startOwnEmulator } from "./harness/own-emulator.ts";
import { ServiceProxy } from "./harness/service-proxy.ts";

const EVENTS = 10_000;
const CHUNK = 2_000;
const SEED = 7;
/** A proof that the bus exists stands for as long as this while checks are throttled: longer than the test takes to delete it. */
const TARGET = { kind: "eventbridge", busMemorySeconds: 60 };
const SETTINGS = { ...LOCAL_SETTINGS, target: TARGET, archive: true, audit: true };
/** Between two looks at something that takes a while. */
const LOOK_PAUSE_MS = 5_000;
/** A run of the requeuer beside the schedule's, so that a test does not wait for a minute. */
const REQUEUE_PAUSE_MS = 2_000;

const lifetime = new Lifetime();
let clients: Clients;
let deployment: Deployment;
let outbox: Outbox;
let bus: Bus;
let services: ServiceProxy;
let proxy: FaultProxy;
let subscriber: Subscriber;
let operator: Operator;

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
  deployment = await deploy({ emulator, runFolder, inherited, signal, settings: SETTINGS });
  proxy = await FaultProxy.start({ upstream: emulator.endpoint, random: seededRandom(SEED) });
  lifetime.defer("The proxy", () => proxy.close());
  services = await ServiceProxy.start({ upstream: `http://127.0.0.1:${proxy.port}`, random: seededRandom(SEED) });
  lifetime.defer("The services' proxy", () => services.close());
  subscriber = await subscribe({ clients, busName: deployment.targetName, name: "ArchiveTest" });
  lifetime.defer("The subscriber", () => subscriber.stop());
  const { relayFunctionName, requeuerFunctionName, tableName } = deployment;
  await pointFunctionsAt(
    clients.lambda,
    [relayFunctionName, requeuerFunctionName],
    `http://${emulator.hostForFunctions}:${services.port}`,
  );
  outbox = new Outbox(clients.dynamodb, tableName);
  bus = new Bus(clients.eventbridge, deployment.targetName, subscriber);
  operator = new Operator(emulator.endpoint);
});

afterAll(async () => {
  const problems = await lifetime.end();
  expect(problems).toEqual([]);
});

interface AuditDocument {
  readonly isCut: boolean;
  readonly accountedFor: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly events: readonly { readonly id?: string; readonly state: string }[];
}

/** The audit of everything since then, once its window reaches this moment: the last lines may be on their way for a while. */
async function auditSince(fromMs: number): Promise<{ readonly exitCode: number; readonly audit: AuditDocument }> {
  // On a busy machine the emulator's S3 takes longer than a receipt is waited for, which the relay notes. The receipts came
  // all the same, as the counts show.
  await forgetMissingHours(clients, deployment.journalTableName);
  const [from, to] = [fromMs, Date.now()].map((ms) => new Date(ms).toISOString());
  for (;;) {
    const { exitCode, stdout, stderr } = await operator.run("--json", "audit", "--from", from ?? "", "--to", to ?? "");
    const audit = stdout === "" ? undefined : (JSON.parse(stdout) as AuditDocument);
    if (audit !== undefined && !audit.isCut) return { exitCode, audit };
    if (audit === undefined && exitCode !== MISUSE) throw new Error(`The audit ended with ${exitCode}: ${stderr}`);
    await sleep(LOOK_PAUSE_MS);
  }
}

/** Nothing can be said of the window yet. */
const MISUSE = 2;

/** Runs the requeuer until neither row nor dead letter is left. */
async function untilEmpty(): Promise<void> {
  await eventually(
    "table and dead-letter queue are empty",
    async () => {
      await invoke(clients.lambda, deployment.requeuerFunctionName);
      await sleep(REQUEUE_PAUSE_MS);
      const rows = (await outbox.items()).length;
      return rows + (await countMessages(clients.sqs, deployment.deadLetterQueueUrl)) === 0;
    },
    async () => `${(await outbox.items()).length} rows are left.`,
  );
}

describe("a relay with an archive", () => {
  it("accounts for ten thousand events through an outage of the target", async () => {
    const fromMs = Date.now();
    const ids: string[] = [];
    for (let written = 0; written < EVENTS; written += CHUNK) {
      if (written === 2 * CHUNK) await proxy.setFault({ kind: "unavailable" });
      ids.push(...(await outbox.write(CHUNK)));
      if (written === 3 * CHUNK) await proxy.setFault({ kind: "pass" });
    }
    await untilEmpty();
    await eventually(
      "every event has arrived",
      () => ids.every((id) => subscriber.arrivals.byId.has(id)),
      () => `${subscriber.arrivals.byId.size} have.`,
    );
    const { exitCode, audit } = await auditSince(fromMs);
    expect(audit).toMatchObject({
      accountedFor: true,
      counts: { met: EVENTS, acknowledged: EVENTS, waiting: 0, removed: 0, undecided: 0 },
      events: [],
    });
    expect(exitCode).toBe(0);
  });

  it("names an event whose row somebody deleted", async () => {
    const fromMs = Date.now();
    await proxy.setFault({ kind: "unavailable" });
    const [deleted = ""] = await outbox.write(1);
    await eventually(
      "it is parked",
      async () => (await countMessages(clients.sqs, deployment.deadLetterQueueUrl)) > 0,
      () => "It is not.",
    );
    const Key = { pk: { S: deleted }, sk: { N: "1" } };
    await clients.dynamodb.send(new DeleteItemCommand({ TableName: deployment.tableName, Key }));
    await proxy.setFault({ kind: "pass" });
    await untilEmpty();
    const { exitCode, audit } = await auditSince(fromMs);
    expect(audit.events).toMatchObject([{ id: deleted, state: "removed without a receipt" }]);
    expect(exitCode).toBe(1);
    // The deployed function that audits on a schedule finds the same: its window holds what the test before wrote, too.
    expect(await invoke(clients.lambda, deployment.auditFunctionName ?? "")).toEqual({
      kind: "returned",
      result: { accountedFor: false, met: EVENTS + 1, removed: 1, unaccounted: 1 },
    });
  });

  it("has a receipt for an event that a bus acknowledged and lost: nobody but the bus can know", async () => {
    const fromMs = Date.now();
    await outbox.write(1);
    await untilEmpty();
    // The last proof stands while checks are throttled, as the README says, and the bus is deleted meanwhile.
    services.setFaults({ kind: "error", status: 400, code: "ThrottlingException", operations: ["DescribeEventBus"] });
    await bus.delete();
    const [lost = ""] = await outbox.write(1);
    await eventually(
      "its row is deleted",
      async () => (await outbox.items()).length === 0,
      () => "It is there.",
    );
    services.setFaults();
    await bus.recreate();
    const { exitCode, audit } = await auditSince(fromMs);
    expect(subscriber.arrivals.byId.has(lost)).toBe(false);
    expect(audit).toMatchObject({ counts: { met: 2, acknowledged: 2, removed: 0 }, events: [] });
    expect(exitCode).toBe(0);
  });
});
