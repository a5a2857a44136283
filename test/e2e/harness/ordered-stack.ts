import { CreateQueueCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { ENVIRONMENT } from "../../../lib/adapters/environment.ts";
import { type Clients, connect } from "../../../lib/local/clients.ts";
import { type Deployment, deploy, LOCAL_SETTINGS } from "../../../lib/local/deploy.ts";
import { provideEmulator } from "../../../lib/local/emulator.ts";
import { changeVariables } from "../../../lib/local/functions.ts";
import { Lifetime } from "../../../lib/local/lifetime.ts";
import { makeRunFolder } from "../../../lib/local/run-folder.ts";
import { seededRandom } from "../../../lib/local/seeded-random.ts";
import { Outbox } from "./outbox.ts";
import { QueueProxy } from "./queue-proxy.ts";
import { childrenOf, killWorkers } from "./workers.ts";

/** Made here and not by the stack: the emulator gives a FIFO queue of a stack a name that does not end in .fifo. */
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
    // The stack's name is fixed, so it takes an emulator of its own, whichever one the other tests use.
    const { AWS_ENDPOINT_URL: _shared, ...inherited } = process.env;
    const { signal } = new AbortController();
    const runFolder = await makeRunFolder();
    lifetime.defer("The run folder", () => runFolder.remove({ keepLogs: true }));
    const before = (await childrenOf(process.pid)).map(({ pid }) => pid);
    const emulator = await provideEmulator({ inherited, runFolder, signal, say: (line) => console.log(line) });
    lifetime.defer("The emulator", () => emulator.end());
    const [emulatorProcess, ...others] = (await childrenOf(process.pid)).filter(({ pid }) => !before.includes(pid));
    if (emulatorProcess === undefined || others.length > 0) {
      throw new Error(`The emulator should be the one new child of this process, but there are ${1 + others.length}`);
    }
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
      killFunctions: (names) => killWorkers(emulatorProcess.pid, names),
      countDeadLetters: () => depthOf(clients, deployment.deadLetterQueueUrl),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function depthOf({ sqs }: Clients, queueUrl: string): Promise<number> {
  const { Attributes: depth = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
  );
  return (
    Number(depth["ApproximateNumberOfMessages"] ?? 0) +
    Number(depth["ApproximateNumberOfMessagesNotVisible"] ?? 0) +
    Number(depth["ApproximateNumberOfMessagesDelayed"] ?? 0)
  );
}
