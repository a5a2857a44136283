import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { defaultConcurrency } from "../../lib/contract/settings/settings.ts";
import { publishOnlyRelay, relayContender, WARM_UP_ROUNDS } from "../contenders.ts";
import { awsEnvironment } from "../relay-environment.ts";
import { type Contender, comparison } from "../report/comparison.ts";
import { RECORDS } from "../rows.ts";
import { timedRow } from "../timing.ts";
import type { Bench, Workload } from "../workload.ts";

const RIVALS = join(import.meta.dirname, "..", "rivals");

const lambdaStream: Contender = {
  name: "aws-lambda-stream",
  program: "rivals/lambda-stream.mjs",
  events: RECORDS,
  publishesOnly: true,
  environment: awsEnvironment,
};

const PARALLEL = String(defaultConcurrency(1024));
const wideLambdaStream: Contender = {
  ...lambdaStream,
  name: "aws-lambda-stream, wide",
  environment: (endpoint) => ({ ...awsEnvironment(endpoint), PARALLEL }),
};

/**
 * Libraries that publish a DynamoDB stream's records to EventBridge: on npm, only aws-lambda-stream.
 * docs/performance.md names the others that were considered, and why they do not run here.
 */
export const relayVsLibraries: Workload = {
  name: "relay-vs-libraries",
  about: "The relay beside libraries that publish the same records to the same bus.",
  async run(bench) {
    await installRivals(bench);
    const relay = await relayContender(bench, "relay");
    const contenders = [relay, lambdaStream, publishOnlyRelay, wideLambdaStream];
    const standings = await comparison(bench, { contenders, rounds: bench.rounds, warmUpRounds: WARM_UP_ROUNDS });
    const goal = { atLeast: 1 };
    return [
      timedRow(standings, {
        name: "relay-vs-libraries, as it comes",
        ours: relay.name,
        theirs: lambdaStream.name,
        against: "aws-lambda-stream 1.0.0",
        goal,
        note: "It makes eight calls at once, and leaves the deletes to TTL; the relay deletes each row.",
      }),
      timedRow(standings, {
        name: "relay-vs-libraries, same work",
        ours: publishOnlyRelay.name,
        theirs: wideLambdaStream.name,
        against: `aws-lambda-stream 1.0.0, PARALLEL=${PARALLEL}`,
        goal,
        note: "Neither deletes, and both make as many calls at once. The relay alone asks whether the bus exists.",
      }),
    ];
  },
};

/** They have a separate package, since their peer dependencies clash with the project's. */
async function installRivals(bench: Bench): Promise<void> {
  if (existsSync(join(RIVALS, "node_modules"))) return;
  bench.progress("Installing the libraries (npm ci in bench/rivals)");
  const npm = spawn("npm", ["ci", "--silent"], { cwd: RIVALS, stdio: "ignore", signal: bench.signal });
  const [code] = await once(npm, "exit");
  if (code !== 0) throw new Error(`npm ci in ${RIVALS} ended with code ${code}: run it there to see why`);
}
