import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { UpdateTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { outboxRow } from "../../../dev/demo/orders.ts";
import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import { emfSamples } from "../../../lib/cloudwatch/emf.ts";
import { archiveKey } from "../../../lib/contract/archive/archive-key.ts";
import { encodeLine } from "../../../lib/contract/archive/archive-line.ts";
import { NONCONFORMITIES } from "../../../lib/contract/codec/conformance.ts";
import { ENVIRONMENT } from "../../../lib/contract/deployment/environment.ts";
import type { MetricName } from "../../../lib/contract/telemetry/metrics.ts";
import type { RunResult } from "../../../lib/core/requeue/requeuer.ts";
import { STACK } from "../../../lib/local/deploy.ts";
import { FaultProxy } from "../../../lib/local/faults/fault-proxy.ts";
import { changeVariables, type Variables } from "../../../lib/local/functions.ts";
import { eventually } from "../../setup/eventually.ts";
import { invokeInProcess } from "./function-process.ts";
import type { Harness } from "./harness.ts";
import { localStack } from "./local-stack.ts";
import { forgetMissingHours } from "./missing-hours.ts";
import type { Row } from "./outbox.ts";
import { streamBatch } from "./stream.ts";
import { OWN_TYPES, type VirtualMonitoring } from "./virtual-monitoring.ts";

const HALF_A_DAY_SECONDS = 13 * 3_600;
/** Enough for the relay to deliver, six seconds before the end, and to try its deletes until one second before it. */
const RUN_MS = 10_000;
const START_SECONDS = 60;
/** The monitoring audits each hour, and allows two hours more. */
const UNAUDITED_HOURS = 4;
/** Before the moments that an audit cuts off. */
const MET_AGO_MS = 600_000;
const AUDIT_MS = 60_000;
const WEEK_MS = 7 * 86_400_000;
/** More than EventBridge takes in a call. Zeros compress into a row that DynamoDB takes. */
const TOO_LARGE_BYTES = 1_100_000;
/** Breaks CloudEvents in every way in which an event is published as it is, and is counted. */
const NONCONFORMING: Row = {
  time: { S: "2026-02-30T12:00:00Z" },
  recordedtime: { S: "yesterday" },
  source: { S: "the shop" },
  dataschema: { S: "order.json" },
  traceparent: { S: "none" },
  subject: { S: "order\t42" },
};

/** A run in which everything happens that the dashboard shows and the alarms report, minute by minute on a clock of its own. */
export class MonitoredRun {
  readonly #harness: Harness;
  readonly #monitoring: VirtualMonitoring;

  constructor(harness: Harness, monitoring: VirtualMonitoring) {
    this.#harness = harness;
    this.#monitoring = monitoring;
  }

  /**
   * Runs the requeuer until a run has this result, for a scheduled run may hold the lease. Then it runs once more, because the
   * emulator may deliver an invocation's last lines with the next invocation of the same process.
   */
  async #run(result: RunResult): Promise<void> {
    await eventually(
      `a run of the requeuer is ${result}`,
      async () => (await this.#harness.requeue()).result === result,
      () => "Another one seems to hold the lease for too long.",
    );
    await this.#harness.requeue();
  }

  readonly #requeue = (): Promise<void> => this.#run("completed");

  async traffic(): Promise<void> {
    await this.#monitoring.minutes(6, async () => {
      await this.#harness.untilDelivered(await this.#harness.outbox.write(20));
      await this.#harness.requeue();
    });
  }

  /**
   * Single entries fail in every way there is, while the rest of each call passes. Of this many entries some certainly fail,
   * for 0.6 ** 60 is 5e-14. Then answers are lost.
   */
  async stumbling(): Promise<void> {
    const { proxy, outbox } = this.#harness;
    const faults = [
      { kind: "throttle-entries", probability: 0.4 },
      { kind: "fail-entries", probability: 0.4, code: "InternalFailure" },
      { kind: "fail-entries", probability: 0.4 },
      { kind: "drop-answer", publishes: 3 },
    ] as const;
    for (const fault of faults) {
      await proxy.setFault(fault);
      await this.#monitoring.minute(async () => this.#harness.untilRecovered(await outbox.write(60)));
    }
    await proxy.setFault({ kind: "pass" });
    await this.#monitoring.minute(this.#requeue);
  }

  /** The target is away, and events wait that are half a day old. Afterwards the target is back. */
  async outage(): Promise<void> {
    const { proxy, outbox } = this.#harness;
    await proxy.setFault({ kind: "unavailable" });
    const ids = await outbox.write(60, { ageSeconds: HALF_A_DAY_SECONDS });
    await this.#harness.untilParked(ids);
    await this.#monitoring.minutes(17, this.#requeue);
    // The bus counts as unknown only once the last proof is seconds old, and a minute here takes less than that.
    await this.#untilFiring("TargetUnverified");
    await proxy.setFault({ kind: "pass" });
    await this.#monitoring.minute(() => this.#harness.untilRecovered(ids));
    await this.#monitoring.minutes(16, this.#requeue);
  }

  /** Lets minutes pass, each with a run, until an alarm is on. It must be on after an hour of the monitoring's clock. */
  async #untilFiring(alarm: string): Promise<void> {
    for (let minutes = 0; minutes < 60 && !this.#monitoring.firing.includes(alarm); minutes += 1) {
      await this.#monitoring.minute(this.#requeue);
    }
  }

  /** The bus is gone, before events are published and after: a permanent failure of the target's own, and possible duplicates. */
  async missingBus(): Promise<void> {
    const { bus, outbox, proxy } = this.#harness;
    let ids: readonly string[] = [];
    await this.#harness.withoutRequeuer(async () => {
      await bus.delete();
      await this.#monitoring.minute(async () => {
        ids = await outbox.write(10);
        await this.#harness.untilParked(ids);
      });
      await bus.recreate();
    });
    await proxy.setFault({ kind: "lose-bus" });
    const taken = await outbox.write(20);
    // Either of the two functions may be the first to publish.
    const told = async () => {
      await this.#told("DuplicatesPossible", "unconfirmed");
      await this.#told("FailuresByCode", "DestinationMissing");
    };
    await this.#monitoring.minute(() => this.#harness.requeueWhile(told()));
    await proxy.setFault({ kind: "pass" });
    await this.#monitoring.minute(() => this.#harness.untilRecovered([...ids, ...taken]));
  }

  /** Somebody gives the bus a customer key and no dead-letter queue, and takes the key away again. */
  async unprotectedBus(): Promise<void> {
    const { bus } = this.#harness;
    await bus.encrypt("arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000001");
    await this.#restartRequeuer();
    await this.#monitoring.minutes(2, this.#requeue);
    await bus.decrypt();
    await this.#monitoring.minutes(3, this.#requeue);
  }

  /** A new process knows nothing of the bus from earlier checks. */
  async #restartRequeuer(): Promise<void> {
    const { clients, deployment } = this.#harness;
    await changeVariables(clients.lambda, deployment.requeuerFunctionName, (variables) => variables);
  }

  /** A malformed row, and a row that no call can hold, have waited for more than a week. Then their dead letters are left alone. */
  async undeliverable(): Promise<void> {
    const { outbox } = this.#harness;
    const [malformed, large] = [randomUUID(), randomUUID()];
    const recordedtime = { S: new Date(Date.now() - WEEK_MS - HALF_A_DAY_SECONDS * 1_000).toISOString() };
    const { source: _missing, ...withoutSource } = outboxRow(malformed, new Date(), {});
    const data = { B: gzipSync(JSON.stringify({ filler: "0".repeat(TOO_LARGE_BYTES) })) };
    await outbox.put({ ...withoutSource, recordedtime });
    await outbox.put({ ...outboxRow(large, new Date(), {}), recordedtime, data });
    await outbox.put({ ...outboxRow(randomUUID(), new Date(), {}), ...NONCONFORMING });
    await this.#harness.untilParked([malformed, large]);
    // This comes before a change of variables ends the relay's process, for its last lines would be lost with it.
    await this.#told("MalformedRecords");
    for (const reason of NONCONFORMITIES) await this.#told("NonconformingEvents", reason);
    await this.#harness.requeueUntil("the rows are tried again", async () => {
      const rows = await Promise.all([malformed, large].map((id) => outbox.get(id)));
      return rows.every((row) => Number(row?.["_attempts"]?.N) >= 2);
    });
    await this.#monitoring.minutes(6, this.#requeue);
    await this.#harness.withoutRequeuer(async () => {
      // The dead letters rest for a few seconds, and are due then.
      await eventually(
        "a dead letter is due",
        () => this.#deadLetterIsDue(),
        () => "None is.",
      );
      await this.#monitoring.minutes(16, () => Promise.resolve());
    });
    await outbox.repair(malformed, { source: { S: "repaired" } });
    await outbox.remove(large);
    await this.#monitoring.minute(() => this.#harness.untilRecovered([malformed]));
    await this.#monitoring.minutes(16, this.#requeue);
  }

  async #deadLetterIsDue(): Promise<boolean> {
    const deadLetters = await this.#harness.visibleDeadLetters();
    return deadLetters > 0;
  }

  /** Another requeuer holds the lease and does nothing with it. */
  async silence(): Promise<void> {
    await this.#harness.withoutRequeuer(() => this.#monitoring.minutes(6, () => this.#harness.requeue()));
    await this.#monitoring.minutes(7, this.#requeue);
  }

  /** The queue refuses its part of every run for a quarter of an hour, and then works again. */
  async incompleteRuns(): Promise<void> {
    await this.#whileQueueRefuses(() => this.#monitoring.minutes(17, () => this.#run("incomplete")));
    await this.#monitoring.minutes(3, this.#requeue);
  }

  /** A row of a type that no relay has, until somebody takes it away. */
  async foreignRow(): Promise<void> {
    const { outbox } = this.#harness;
    const id = randomUUID();
    await this.#withVariables(withOwnTypes, async () => {
      const recordedtime = { S: new Date(Date.now() - HALF_A_DAY_SECONDS * 1_000).toISOString() };
      await outbox.put({ ...outboxRow(id, new Date(), {}), type: { S: "parcel.sent" }, recordedtime });
      await this.#monitoring.minutes(3, this.#requeue);
      await outbox.remove(id);
      await this.#monitoring.minutes(3, this.#requeue);
    });
  }

  /** The relay gets records that waited in the stream for half a day. */
  async lateStream(): Promise<void> {
    const { mapping, outbox } = this.#harness;
    await mapping.switch(false);
    const late = async (ageSeconds: number) => {
      const row = outboxRow(randomUUID(), new Date(), {});
      await outbox.put(row);
      await this.#harness.invokeRelay(streamBatch([row], ageSeconds));
      await this.#harness.invokeRelay({ Records: [] });
    };
    await this.#monitoring.minutes(6, () => late(HALF_A_DAY_SECONDS));
    await this.#monitoring.minutes(8, () => late(0));
    await mapping.switch(true);
    await this.#harness.untilEmpty();
  }

  /** The relay cannot start until the mapping gives up its records. The sweep delivers the rows. */
  async crashing(): Promise<void> {
    const { mapping, outbox } = this.#harness;
    const ids = await this.#harness.whileLacking("relay", ENVIRONMENT.tableName, () =>
      this.#harness.withoutRequeuer(() =>
        mapping.whileDiscardingAfter(1, async () => {
          const old = await outbox.write(10, { ageSeconds: HALF_A_DAY_SECONDS });
          await this.#monitoring.minutes(6, () => this.#harness.invokeRelay({ Records: [] }));
          await eventually(
            "the mapping has given the records up",
            async () => (await this.#harness.peekDeadLetters()).length > 0,
            () => "It has not.",
          );
          return old;
        }),
      ),
    );
    await this.#monitoring.settle();
    await this.#monitoring.minute(() => this.#harness.untilRecovered(ids));
    await this.#monitoring.minutes(6, async () => {
      await this.#harness.invokeRelay({ Records: [] });
      await this.#harness.requeue();
    });
  }

  /** Somebody gives the table a time to live, and removes it again. A requeuer finds out when it starts. */
  async misconfigured(): Promise<void> {
    const { clients, deployment } = this.#harness;
    const setTimeToLive = (Enabled: boolean) =>
      clients.dynamodb.send(
        new UpdateTimeToLiveCommand({
          TableName: deployment.tableName,
          TimeToLiveSpecification: { Enabled, AttributeName: "expiresAt" },
        }),
      );
    const restarted = async () => {
      await this.#restartRequeuer();
      await this.#requeue();
    };
    await setTimeToLive(true);
    await this.#monitoring.minutes(6, restarted);
    await setTimeToLive(false);
    await this.#monitoring.minutes(6, restarted);
  }

  /** First the table refuses deletes, then the queue refuses dead letters. */
  async refusingServices(): Promise<void> {
    const { outbox, proxy } = this.#harness;
    const ids: string[] = await this.#withoutDeletes();
    await proxy.setFault({ kind: "unavailable" });
    await this.#whileQueueRefuses(async () => {
      ids.push(...(await outbox.write(5, { ageSeconds: HALF_A_DAY_SECONDS })));
      await this.#told("ParkFailures");
    });
    await proxy.setFault({ kind: "pass" });
    await this.#monitoring.minute(() => this.#harness.untilRecovered(ids));
  }

  /** A run of the relay that delivers events and cannot delete their rows. The stream brings its records again. */
  async #withoutDeletes(): Promise<string[]> {
    const { mapping, outbox } = this.#harness;
    const rows = fiveRows();
    await mapping.switch(false);
    for (const row of rows) await outbox.put(row);
    await this.#withRefusingProxy(async (port) => {
      const variables = await this.#harness.variablesThrough(port, "relay");
      await this.#relayed(rows, variables, () => this.#isTold("DuplicatesPossible", "delete-failed"));
    });
    await mapping.switch(true);
    return rows.map(({ id }) => id?.S ?? "");
  }

  /** The archive's bucket is gone: it is noted that lines are missing, and events are delivered all the same. */
  async lostArchive(): Promise<void> {
    const { mapping, outbox, deployment } = this.#harness;
    const rows = fiveRows();
    await mapping.switch(false);
    for (const row of rows) await outbox.put(row);
    const variables = await this.#harness.variablesThrough(Number(new URL(localStack().endpoint).port), "relay");
    const archive = { bucket: "gone", payload: false, journal: deployment.journalTableName };
    const archived = { ...variables, [ENVIRONMENT.archive]: JSON.stringify(archive) };
    await this.#monitoring.minute(() => this.#relayed(rows, archived, () => this.#isTold("ReceiptsMissing")));
    await mapping.switch(true);
    await this.#harness.untilEmpty();
  }

  /**
   * For hours nobody audits. Then an audit finds an event that was met and has neither receipt nor row, and the next one finds
   * nothing, in another archive.
   */
  async audits(): Promise<void> {
    await this.#monitoring.hours(UNAUDITED_HOURS, this.#requeue);
    await this.#monitoring.minute(async () => {
      const [bucket, atMs] = [`archive-${randomUUID()}`, Date.now() - MET_AGO_MS];
      const line = { line: "met", atMs, id: "gone", pk: "gone", sk: "1", type: "order.placed" } as const;
      const name = { relayName: STACK, writtenAtMs: atMs, process: "p", number: 1 };
      await this.#audited(bucket, { Key: archiveKey(name), Body: gzipSync(`${encodeLine(line, "p-1")}\n`) });
    });
    await this.#monitoring.minutes(6, this.#requeue);
    // The lost archive has left a note of this hour.
    const { clients, deployment } = this.#harness;
    await forgetMissingHours(clients, deployment.journalTableName);
    await this.#monitoring.minute(() => this.#audited(`archive-${randomUUID()}`));
    await this.#monitoring.minutes(6, this.#requeue);
  }

  /** An audit of a bucket that holds this object alone, in a process of its own. */
  async #audited(bucket: string, object?: Pick<PutObjectCommandInput, "Key" | "Body">): Promise<void> {
    const { endpoint } = localStack();
    const { collector, nowMs } = this.#monitoring;
    const s3 = new S3Client({ endpoint, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    if (object !== undefined) await s3.send(new PutObjectCommand({ Bucket: bucket, ...object, Key: object.Key }));
    s3.destroy();
    const own = await this.#harness.variablesThrough(Number(new URL(endpoint).port), "relay");
    const archive = { bucket, payload: false, journal: this.#harness.deployment.journalTableName };
    const variables = {
      ...own,
      [ENVIRONMENT.archive]: JSON.stringify(archive),
      [ENVIRONMENT.audit]: JSON.stringify({ windowHours: 2 }),
    };
    const { lines, error } = await invokeInProcess({ role: "audit", variables, event: {}, remainingMs: AUDIT_MS });
    if (error !== undefined) throw new Error(`The audit failed: ${error}`);
    collector.store.add(lines.flatMap((line) => emfSamples(line, nowMs)));
  }

  /** Has the relay meet rows, in a process of its own, until it has told what is waited for. */
  async #relayed(rows: readonly Row[], variables: Variables, isTold: () => boolean): Promise<void> {
    const { collector, nowMs } = this.#monitoring;
    await eventually(
      "a run of the relay in a process of its own tells what it is to tell",
      async () => {
        // Fresh records, however long the process takes to start. Rows of older records would be read first.
        const event = streamBatch(rows, -START_SECONDS);
        const { lines } = await invokeInProcess({ role: "relay", variables, event, remainingMs: RUN_MS });
        collector.store.add(lines.flatMap((line) => emfSamples(line, nowMs)));
        return isTold();
      },
      () => "It had no time to publish.",
    );
  }

  /** Order per key: a key is parked, touched and freed. */
  async parkedKey(): Promise<void> {
    const { outbox, proxy } = this.#harness;
    const key = `order-${randomUUID()}`;
    const put = async (sequence: number) => {
      const event = outboxRow(`${key}/${sequence}`, new Date(), { sequence });
      const row: Row = { ...event, pk: { S: key }, sk: { N: String(sequence) } };
      await outbox.put(row);
    };
    const ids = [1, 2].map((sequence) => `${key}/${sequence}`);
    await this.#withVariables(perKey, async () => {
      await this.#harness.withoutRequeuer(async () => {
        await proxy.setFault({ kind: "fail-entries", code: "MalformedDetail" });
        await put(1);
        await this.#told("KeysParked");
        await proxy.setFault({ kind: "pass" });
        await put(2);
        await this.#told("GateTouches");
      });
      await this.#monitoring.minute(() => this.#harness.untilRecovered(ids));
      await this.#told("KeysFreed");
    });
  }

  /**
   * Waits until a metric was told. It counts as told in the next minute. The emulator may deliver an invocation's last lines
   * with the next one, so there is always a next one.
   */
  async #told(name: MetricName, value?: string): Promise<void> {
    const { collector } = this.#monitoring;
    await eventually(
      `${name} ${value ?? ""} is told`,
      async () => {
        await this.#harness.invokeRelay({ Records: [] });
        await collector.collect(this.#monitoring.nowMs);
        return this.#isTold(name, value);
      },
      () => "",
    );
  }

  /** @param value - in one of its dimensions. @default any */
  #isTold(name: MetricName, value?: string): boolean {
    return this.#monitoring.collector.store.metrics.some(
      (metric) => metric.name === name && (value === undefined || Object.values(metric.dimensions).includes(value)),
    );
  }

  /** Gives the functions a dead-letter queue that answers 503 while the work goes on. */
  async #whileQueueRefuses(work: () => Promise<void>): Promise<void> {
    await this.#withRefusingProxy((port) => {
      const url = `http://${localStack().hostForFunctions}:${port}`;
      // The SDK calls a queue at its URL, whichever endpoint is set for SQS.
      const refusing = (variables: Variables) => {
        const { pathname } = new URL(variables[ENVIRONMENT.deadLetterQueueUrl] ?? "");
        return { ...variables, [ENVIRONMENT.deadLetterQueueUrl]: `${url}${pathname}` };
      };
      return this.#withVariables(refusing, work);
    });
  }

  async #withRefusingProxy(work: (port: number) => Promise<void>): Promise<void> {
    const { endpoint } = localStack();
    const refusing = await FaultProxy.start({ upstream: endpoint, random: seededRandom(1) });
    try {
      await refusing.setFault({ kind: "unavailable" });
      await work(refusing.port);
    } finally {
      await refusing.close();
    }
  }

  /** Changes both functions' environment while the work goes on. */
  async #withVariables(change: (variables: Variables) => Variables, work: () => Promise<void>): Promise<void> {
    const { clients, deployment } = this.#harness;
    const before = new Map<string, Variables>();
    const names = [deployment.relayFunctionName, deployment.requeuerFunctionName];
    for (const name of names) {
      await changeVariables(clients.lambda, name, (variables) => {
        before.set(name, variables);
        return change(variables);
      });
    }
    try {
      await work();
    } finally {
      for (const name of names) await changeVariables(clients.lambda, name, () => before.get(name) ?? {});
    }
  }

  /** A message that is not ours, which the requeuer logs and hides. */
  async strangeMessage(): Promise<void> {
    const { clients, deployment } = this.#harness;
    await clients.sqs.send(
      new SendMessageCommand({ QueueUrl: deployment.deadLetterQueueUrl, MessageBody: '{"hello":"world"}' }),
    );
    await this.#monitoring.minute(this.#requeue);
    await this.#harness.purgeDeadLetters();
  }
}

const fiveRows = (): readonly Row[] =>
  Array.from({ length: 5 }, (_unused, number) => outboxRow(randomUUID(), new Date(), { number }));

const perKey = (variables: Variables): Variables => withSettings(variables, { ordering: "per-key" });
const withOwnTypes = (variables: Variables): Variables => withSettings(variables, { eventTypes: OWN_TYPES });

function withSettings(variables: Variables, changed: object): Variables {
  const settings = JSON.parse(variables[ENVIRONMENT.settings] ?? "{}") as object;
  return { ...variables, [ENVIRONMENT.settings]: JSON.stringify({ ...settings, ...changed }) };
}
