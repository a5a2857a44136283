import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { countMessages, countWaiting, type PeekedMessage, peek, peekParkedIds } from "../../../dev/demo/backlog.ts";
import { type Duplicates, explainDuplicates } from "../../../dev/demo/ledger.ts";
import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import { type Subscriber, subscribe } from "../../../dev/demo/subscriber.ts";
import type { FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import type { RunResult } from "../../../lib/core/requeue/requeuer.ts";
import { type Clients, connect } from "../../../lib/local/clients.ts";
import type { Deployment } from "../../../lib/local/deploy.ts";
import { awsVariables, isolateProcess } from "../../../lib/local/environment.ts";
import { FaultProxy } from "../../../lib/local/faults/fault-proxy.ts";
import { changeVariables, type Invocation, invoke, pointFunctionsAt } from "../../../lib/local/functions.ts";
import { eventually } from "../../setup/eventually.ts";
import { Bus } from "./bus.ts";
import { withoutRequeuer } from "./lease.ts";
import { type LocalStack, localStack } from "./local-stack.ts";
import { Mapping } from "./mapping.ts";
import { Outbox } from "./outbox.ts";
import { whileWriting } from "./writing.ts";

/**
 * The deployed app under test, with a fault proxy before its target and a subscriber behind it. One per test file,
 * opened in `beforeAll` and closed in `afterAll`; every test begins with {@link Harness.reset}.
 */
export class Harness {
  readonly clients: Clients;
  readonly deployment: Deployment;
  readonly proxy: FaultProxy;
  readonly subscriber: Subscriber;
  readonly outbox: Outbox;
  readonly mapping: Mapping;
  readonly bus: Bus;
  readonly #stack: LocalStack;
  /** The results of the requeuer's runs since the last reset. */
  readonly #runs: RunResult[] = [];

  private constructor(stack: LocalStack, clients: Clients, proxy: FaultProxy, subscriber: Subscriber) {
    this.#stack = stack;
    this.clients = clients;
    this.deployment = stack.deployment;
    this.proxy = proxy;
    this.subscriber = subscriber;
    this.outbox = new Outbox(clients.dynamodb, stack.deployment.tableName);
    this.bus = new Bus(clients.eventbridge, stack.deployment.targetName, subscriber);
    this.mapping = new Mapping(clients.lambda, stack.deployment.relayFunctionName);
  }

  /** @param name - names the subscriber's queue and rule, one per test file. */
  static async open(name: string, seed = 1): Promise<Harness> {
    const stack = localStack();
    isolateProcess(process.env, stack.endpoint);
    const clients = connect(stack.endpoint);
    const proxy = await FaultProxy.start({ upstream: stack.endpoint, random: seededRandom(seed) });
    const subscriber = await subscribe({ clients, busName: stack.deployment.targetName, name });
    const harness = new Harness(stack, clients, proxy, subscriber);
    await harness.reset();
    return harness;
  }

  async close(): Promise<void> {
    await this.#pointFunctionsAt(undefined);
    await this.subscriber.stop();
    await this.subscriber.remove();
    await this.proxy.close();
    this.clients.destroy();
  }

  /** Restores the initial state: no fault, fresh processes, an empty table and queue, and no earlier stream record. */
  async reset(): Promise<void> {
    this.#runs.length = 0;
    await this.proxy.setFault({ kind: "pass" });
    await this.mapping.switch(false);
    // A process that went through an outage has its breaker open for a while. The next test must not inherit that.
    await this.#pointFunctionsAt(`http://${this.#stack.hostForFunctions}:${this.proxy.port}`);
    await this.outbox.clear();
    await this.purgeDeadLetters();
    await this.mapping.remake("LATEST");
  }

  /** How many copies of each of these events arrived, in the order of the ids. */
  copiesOf(ids: readonly string[]): readonly number[] {
    return ids.map((id) => this.subscriber.arrivals.byId.get(id)?.copies ?? 0);
  }

  /** Why any of these events came more than once, in copies beyond the first. */
  duplicates(ids: readonly string[]): Duplicates {
    const { byId } = this.subscriber.arrivals;
    const arrived = ids.flatMap((id) => {
      const arrival = byId.get(id);
      return arrival === undefined ? [] : [[id, arrival] as const];
    });
    return explainDuplicates(new Map(arrived), this.proxy.counts);
  }

  /** Writes events while the work goes on, and gives it the ids so far. Resolves with all ids. */
  whileWriting(work: (written: readonly string[]) => Promise<void>): Promise<readonly string[]> {
    return whileWriting(this.outbox, work);
  }

  /** Keeps the requeuer from running while the work goes on, the scheduled runs included. */
  withoutRequeuer<Result>(work: () => Promise<Result>): Promise<Result> {
    return withoutRequeuer(this.clients.dynamodb, this.deployment.tableName, work);
  }

  async untilDelivered(ids: readonly string[]): Promise<void> {
    const missing = () => this.copiesOf(ids).filter((copies) => copies === 0).length;
    await eventually(
      `all ${ids.length} events arrive`,
      () => missing() === 0,
      async () => `${missing()} are missing; ${await this.#state()}`,
    );
  }

  /** Waits until each of these events has a message in the dead-letter queue. */
  async untilParked(ids: readonly string[]): Promise<void> {
    const missing = async () => {
      const parked = new Set(await this.parkedIds());
      return ids.filter((id) => !parked.has(id)).length;
    };
    await eventually(
      `all ${ids.length} events are parked`,
      async () => (await missing()) === 0,
      async () => `${await missing()} are not; ${await this.#state()}`,
    );
  }

  /** Requeues until these events have arrived, and neither a row nor a dead-letter message is left. */
  async untilRecovered(ids: readonly string[]): Promise<void> {
    await this.requeueWhile(Promise.all([this.untilDelivered(ids), this.untilEmpty()]));
  }

  /** Waits until no row and no dead-letter message is left. */
  async untilEmpty(): Promise<void> {
    const left = async () => (await this.countRows()) + (await this.countDeadLetters());
    await eventually(
      "table and dead-letter queue are empty",
      async () => (await left()) === 0,
      () => this.#state(),
    );
  }

  countRows(): Promise<number> {
    return countWaiting(this.clients.dynamodb, this.deployment.tableName);
  }

  countDeadLetters(): Promise<number> {
    return countMessages(this.clients.sqs, this.deployment.deadLetterQueueUrl);
  }

  /** Messages in the dead-letter queue that can be received now. */
  async visibleDeadLetters(): Promise<number> {
    const { Attributes: attributes } = await this.clients.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.deployment.deadLetterQueueUrl,
        AttributeNames: ["ApproximateNumberOfMessages"],
      }),
    );
    return Number(attributes?.["ApproximateNumberOfMessages"] ?? 0);
  }

  /** The ids of the events that have a dead-letter message. */
  parkedIds(): Promise<readonly string[]> {
    return peekParkedIds(this.clients.endpoint, this.deployment.deadLetterQueueUrl);
  }

  /** The dead-letter messages, read without receiving them. */
  peekDeadLetters(): Promise<readonly PeekedMessage[]> {
    return peek(this.clients.endpoint, this.deployment.deadLetterQueueUrl);
  }

  async purgeDeadLetters(): Promise<void> {
    await this.clients.sqs.send(new PurgeQueueCommand({ QueueUrl: this.deployment.deadLetterQueueUrl }));
  }

  invokeRelay(event: unknown): Promise<Invocation> {
    return invoke(this.clients.lambda, this.deployment.relayFunctionName, event);
  }

  /** Removes an environment variable of a function while the work goes on, so that it does not start. */
  async whileLacking<Result>(role: FunctionRole, variable: string, work: () => Promise<Result>): Promise<Result> {
    const { lambda } = this.clients;
    const name = this.#functionName(role);
    let value = "";
    await changeVariables(lambda, name, ({ [variable]: removed = "", ...others }) => {
      value = removed;
      return others;
    });
    try {
      return await work();
    } finally {
      await changeVariables(lambda, name, (others) => ({ ...others, [variable]: value }));
    }
  }

  /** The whole environment of a function, for a process that calls the table and the queue through a proxy on this machine. */
  async variablesThrough(port: number, role: FunctionRole): Promise<Record<string, string>> {
    const { Environment: environment } = await this.clients.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: this.#functionName(role) }),
    );
    const endpoint = `http://127.0.0.1:${port}`;
    return {
      ...awsVariables(this.clients.endpoint),
      ...environment?.Variables,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
      AWS_ENDPOINT_URL_EVENTBRIDGE: `http://127.0.0.1:${this.proxy.port}`,
      DEAD_LETTER_QUEUE_URL: atEndpoint(this.deployment.deadLetterQueueUrl, endpoint),
    };
  }

  #functionName(role: FunctionRole): string {
    return role === "relay" ? this.deployment.relayFunctionName : this.deployment.requeuerFunctionName;
  }

  /**
   * Runs the requeuer once and waits for it. Its schedule runs it too, once a minute.
   *
   * @throws when it failed.
   */
  async requeue(): Promise<{ readonly result: RunResult }> {
    const invocation = await invoke(this.clients.lambda, this.deployment.requeuerFunctionName);
    if (invocation.kind === "failed") {
      throw new Error(`The requeuer failed: ${invocation.error}. ${await this.#state()}`);
    }
    const run = invocation.result as { readonly result: RunResult };
    this.#runs.push(run.result);
    return run;
  }

  /** The results of the requeuer's runs since the last reset, without those of its schedule and those that met one of these. */
  runResults(): ReadonlySet<RunResult> {
    return new Set(this.#runs.filter((result) => result !== "lease-held"));
  }

  /** Has both functions call the table and the queue through a proxy on this machine while the work goes on. */
  async whileFunctionsCall<Result>(port: number, work: () => Promise<Result>): Promise<Result> {
    const endpoint = `http://${this.#stack.hostForFunctions}:${port}`;
    const queueUrl = this.deployment.deadLetterQueueUrl;
    const DEAD_LETTER_QUEUE_URL = atEndpoint(queueUrl, endpoint);
    await this.#changeVariables((own) => ({ ...own, AWS_ENDPOINT_URL_DYNAMODB: endpoint, DEAD_LETTER_QUEUE_URL }));
    try {
      return await work();
    } finally {
      await this.#changeVariables(({ AWS_ENDPOINT_URL_DYNAMODB: _proxy, ...own }) => ({
        ...own,
        DEAD_LETTER_QUEUE_URL: queueUrl,
      }));
    }
  }

  async #changeVariables(change: Parameters<typeof changeVariables>[2]): Promise<void> {
    const { relayFunctionName, requeuerFunctionName } = this.deployment;
    for (const name of [relayFunctionName, requeuerFunctionName]) {
      await changeVariables(this.clients.lambda, name, change);
    }
  }

  /** Runs the requeuer again and again until the work is done. */
  async requeueWhile<Result>(work: Promise<Result>, pauseMs = 1_000): Promise<Result> {
    let working = true;
    const done = work.finally(() => {
      working = false;
    });
    const requeuing = async () => {
      while (working) {
        await this.requeue();
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    };
    const [result] = await Promise.all([done, requeuing()]);
    return result;
  }

  /** Runs the requeuer again and again until a check holds. */
  requeueUntil(what: string, check: () => Promise<boolean>): Promise<void> {
    return this.requeueWhile(eventually(what, check, () => this.#state()));
  }

  #pointFunctionsAt(endpoint: string | undefined): Promise<void> {
    const { relayFunctionName, requeuerFunctionName } = this.deployment;
    return pointFunctionsAt(this.clients.lambda, [relayFunctionName, requeuerFunctionName], endpoint);
  }

  async #state(): Promise<string> {
    const [rows, deadLetters] = await Promise.all([this.countRows(), this.countDeadLetters()]);
    const did = JSON.stringify(this.proxy.counts.requests);
    return `Rows: ${rows}, dead-letter messages: ${deadLetters}, the proxy did ${did}. The logs are in ${this.#stack.logs}`;
  }
}

/** The SDK's client for SQS goes to the host that the queue's URL names. */
const atEndpoint = (queueUrl: string, endpoint: string): string => queueUrl.replace(/^https?:\/\/[^/]+/, endpoint);
