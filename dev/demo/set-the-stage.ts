import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { connect } from "../../lib/local/clients.ts";
import { deploy } from "../../lib/local/deploy.ts";
import type { Emulator } from "../../lib/local/emulator/emulator.ts";
import { FaultProxy } from "../../lib/local/faults/fault-proxy.ts";
import { pointFunctionsAt } from "../../lib/local/functions.ts";
import type { Arrival } from "./arrivals.ts";
import { createOrdersTable, ORDERS_TABLE } from "./orders.ts";
import { duration } from "./progress.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Run, Stage } from "./stage.ts";
import { subscribe } from "./subscriber.ts";
import { warmUp } from "./warm-up.ts";

const FAULT_SEED = 1;
const SUBSCRIBER_NAME = "OutboxRelayDemoSubscriber";

/** Deploys the app, sets up everything else that the show needs, and delivers a first event. */
export async function setTheStage(run: Run, emulator: Emulator, onArrival: (arrival: Arrival) => void): Promise<Stage> {
  const { inherited, runFolder, lifetime, signal, screen } = run;
  const deployingMs = performance.now();
  screen.say("  deploying the app with the CDK, which takes about 10 s");
  const deployment = await deploy({ emulator, runFolder, inherited, signal });
  screen.say(`  deployed in ${duration(performance.now() - deployingMs)}`);

  const clients = connect(emulator.endpoint);
  lifetime.defer("The clients", async () => clients.destroy());
  const proxy = await FaultProxy.start({ upstream: emulator.endpoint, random: seededRandom(FAULT_SEED) });
  lifetime.defer("The fault proxy", () => proxy.close());
  const functionNames = [deployment.relayFunctionName, deployment.requeuerFunctionName];
  await pointFunctionsAt(clients.lambda, functionNames, `http://${emulator.hostForFunctions}:${proxy.port}`);
  const subscriber = await subscribe({ clients, busName: deployment.targetName, name: SUBSCRIBER_NAME, onArrival });
  await createOrdersTable(clients.dynamodb);
  lifetime.defer("The subscriber", async () => {
    await subscriber.stop();
    if (!emulator.owned) {
      // Somebody else's emulator keeps running, so it is left with only the deployed app.
      await subscriber.remove();
      await pointFunctionsAt(clients.lambda, functionNames, undefined);
      await clients.dynamodb.send(new DeleteTableCommand({ TableName: ORDERS_TABLE }));
    }
  });

  const stage: Stage = { clients, deployment, proxy, subscriber, screen, signal };
  screen.say(`  a first event arrived after ${duration(await warmUp(stage))}, cold starts included`);
  return stage;
}
