import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { countMessages } from "../../../dev/demo/backlog.ts";
import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import { ENVIRONMENT } from "../../../lib/contract/deployment/environment.ts";
import { type Clients, connect } from "../../../lib/local/clients.ts";
import { type Deployment, deploy, LOCAL_SETTINGS } from "../../../lib/local/deploy.ts";
import { changeVariables } from "../../../lib/local/functions.ts";
import { Lifetime } from "../../../lib/local/lifetime.ts";
import { Outbox } from "./outbox.ts";
import { startOwnEmulator } from "./own-emulator.ts";
import { QueueProxy } from "./queue-proxy.ts";

/** The queue is made here and not by the stack, for the emulator gives a stack's FIFO queue a name that does not end in .fifo. */
const QUEUE_NAME = "OrderedTest.fifo";
const QUEUE_ARN = `arn:aws:sqs:us-east-1:000000000000:${QUEUE_NAME}`;
const SETTINGS = { ...LOCAL_SETTINGS, ordering: "per-key", target: { kind: "sqs", queueArn: QUEUE_ARN } };

/** The app deployed once more, with order per key to a FIFO queue, on an emulator of its own. */
export interface OrderedStack {
  readonly clients: Clients;
  readonly deployment: Deployment;
  /** The target, past the proxy. */
  readonly queueUrl: string;
  readonly proxy: QueueProxy;
  readonly outbox: Outbox;
  readonly logs: string;
  /** Kills the processes in which these functions run. Resolves with how many there were. */
  killFunctions(names: readonly string[]): Promise<number>;
  /** Messages in the dead-letter queue, hidden ones included. */
  countDeadLetters(): Promise<number>;
  close(): Promise<void>;
}

export async function openOrderedStack(seed: number): Promise<OrderedStack> {
  const lifetime = new Lifetime();
  const close = async () => {
    const problems = await lifetime.end();
    if (problems.length > 0) throw new Error(problems.join("\n"));
  };
  try {
    const { signal } = new AbortController();
    const { emulator, runFolder, inherited, killFunctions } = await startOwnEmulator({
      lifetime,
      signal,
      say: (line) => console.log(line),
    });
    const clients = connect(emulator.endpoint);
    lifetime.defer("The clients", async () => clients.destroy());
    const created = await clients.sqs.send(
      new CreateQueueCommand({ QueueName: QUEUE_NAME, Attributes: { FifoQueue: "true" } }),
    );
    const { QueueUrl: queueUrl = "" } = created;
    const deployment = await deploy({ emulator, runFolder, inherited, signal, settings: SETTINGS });
    const proxy = await QueueProxy.start({ queueUrl, random: seededRandom(seed) });
    lifetime.defer("The proxy", () => proxy.close());
    const proxiedUrl = proxy.urlAt(emulator.hostForFunctions);
    // Only the target's URL leads through the proxy: the dead-letter queue is in SQS too, and works.
    for (const name of [deployment.relayFunctionName, deployment.requeuerFunctionName]) {
      await changeVariables(clients.lambda, name, (variables) => ({
        ...variables,
        [ENVIRONMENT.target]: JSON.stringify({ kind: "sqs", queueUrl: proxiedUrl }),
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      }));
    }
    return {
      clients,
      deployment,
      queueUrl,
      proxy,
      outbox: new Outbox(clients.dynamodb, deployment.tableName),
      logs: runFolder.logs,
      killFunctions,
      countDeadLetters: () => countMessages(clients.sqs, deployment.deadLetterQueueUrl),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
