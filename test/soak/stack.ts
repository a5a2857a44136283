import { createOrdersTable } from "../../dev/demo/orders.ts";
import { ENVIRONMENT } from "../../lib/contract/deployment/environment.ts";
import { type Clients, connect } from "../../lib/local/clients.ts";
import { type Deployment, deploy, LOCAL_SETTINGS } from "../../lib/local/deploy.ts";
import { isolateProcess } from "../../lib/local/environment.ts";
import { changeVariables } from "../../lib/local/functions.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { Mapping } from "../e2e/harness/mapping.ts";
import { Outbox } from "../e2e/harness/outbox.ts";
import { startOwnEmulator } from "../e2e/harness/own-emulator.ts";
import { ServiceProxy } from "../e2e/harness/service-proxy.ts";
import { Consumer } from "./consumer.ts";
import type { Actor, Journal } from "./journal.ts";

export const ORDERS = "SoakOrders";
const SETTINGS = { ...LOCAL_SETTINGS, ordering: "per-key" };

/** The deployed app, with a proxy for each function in front of all that it calls. */
export interface SoakStack {
  readonly clients: Clients;
  readonly deployment: Deployment;
  readonly outbox: Outbox;
  readonly mapping: Mapping;
  readonly consumer: Consumer;
  readonly proxies: Readonly<Record<Actor, ServiceProxy>>;
  readonly functionNames: Readonly<Record<Actor, string>>;
  /** The emulator's log, with the functions' output. */
  readonly logFile: string;
  readonly logs: string;
  /** Kills the processes of a function. Resolves with how many there were. */
  killFunction(actor: Actor): Promise<number>;
  close(): Promise<void>;
}

export interface SoakStackOptions {
  readonly journal: Journal;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export async function openSoakStack({ journal, random, signal, say }: SoakStackOptions): Promise<SoakStack> {
  const lifetime = new Lifetime();
  const close = async () => {
    const problems = await lifetime.end();
    if (problems.length > 0) throw new Error(problems.join("\n"));
  };
  try {
    const own = await startOwnEmulator({ lifetime, signal, say, tellsTimeLeft: true });
    const { emulator, runFolder, inherited } = own;
    if (emulator.logFile === undefined) throw new Error("An emulator of one's own has a log");
    isolateProcess(process.env, emulator.endpoint);
    const clients = connect(emulator.endpoint);
    lifetime.defer("The clients", async () => clients.destroy());
    const deployment = await deploy({ emulator, runFolder, inherited, signal, settings: SETTINGS });
    const functionNames = { relay: deployment.relayFunctionName, requeuer: deployment.requeuerFunctionName };
    const begin = async (actor: Actor) => {
      const proxy = await ServiceProxy.start({ upstream: emulator.endpoint, random, watch: journal.watch(actor) });
      lifetime.defer(`The proxy of the ${actor}`, () => proxy.close());
      const endpoint = `http://${emulator.hostForFunctions}:${proxy.port}`;
      await changeVariables(clients.lambda, functionNames[actor], (variables) => ({
        ...variables,
        AWS_ENDPOINT_URL_DYNAMODB: endpoint,
        AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint,
        [ENVIRONMENT.deadLetterQueueUrl]: deployment.deadLetterQueueUrl.replace(/^https?:\/\/[^/]+/, endpoint),
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      }));
      return proxy;
    };
    const proxies = { relay: await begin("relay"), requeuer: await begin("requeuer") };
    await createOrdersTable(clients.dynamodb, ORDERS);
    const consumer = await Consumer.start(clients, deployment.targetName);
    lifetime.defer("The consumer", () => consumer.stop());
    return {
      ...{ clients, deployment, consumer, proxies, functionNames, close },
      outbox: new Outbox(clients.dynamodb, deployment.tableName),
      mapping: new Mapping(clients.lambda, deployment.relayFunctionName),
      logFile: emulator.logFile,
      logs: runFolder.logs,
      killFunction: (actor) => own.killFunctions([functionNames[actor]]),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
