import { awsEnvironment, type RelayConfiguration, relayEnvironment } from "./relay-environment.ts";
import type { Contender } from "./report/comparison.ts";
import { RECORDS } from "./rows.ts";
import type { Bench } from "./workload.ts";

type Environment = Readonly<Record<string, string>>;

/** The relay's deployed bundle for EventBridge. Variants come as settings or environment variables. */
export async function relayContender(
  bench: Bench,
  name: string,
  configuration: RelayConfiguration = {},
  variables: Environment = {},
): Promise<Contender> {
  const { file } = await bench.bundle("relay", "eventbridge");
  return {
    name,
    program: "contenders/relay.ts",
    events: RECORDS,
    environment: (endpoint) => ({
      ...relayEnvironment(endpoint, configuration),
      ...variables,
      OUTBOX_BENCH_BUNDLE: file,
    }),
  };
}

/** The relay's own parts without the deletes: its rows stay. */
export const publishOnlyRelay: Contender = {
  name: "relay, publish only",
  program: "contenders/publish-only.ts",
  events: RECORDS,
  publishesOnly: true,
  environment: (endpoint) => relayEnvironment(endpoint),
};

/** The SDK needs about ten batches until it is compiled, as in a function under load. */
export const WARM_UP_ROUNDS = 10;

export const floorContender: Contender = {
  name: "floor",
  program: "contenders/floor.ts",
  events: RECORDS,
  environment: awsEnvironment,
};

export const publishOnlyFloor: Contender = {
  ...floorContender,
  name: "floor, publish only",
  publishesOnly: true,
  environment: (endpoint) => ({ ...awsEnvironment(endpoint), OUTBOX_BENCH_PUBLISH_ONLY: "true" }),
};
