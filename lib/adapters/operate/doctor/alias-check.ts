import { isDeepStrictEqual } from "node:util";
import { type FunctionConfiguration, GetAliasCommand, GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { LIVE_ALIAS } from "../../../core/live-alias.ts";
import { PARTS } from "../../../core/operate/switches.ts";
import type { OperatorClients } from "../clients.ts";
import { functionOf, liveFunction } from "../deployment.ts";
import { DEPLOY, existing } from "../deployment-fault.ts";
import { type Check, fine, notCheckable, wrong } from "./finding.ts";

/** The function as it is now, and not a version of it. */
const LATEST = "$LATEST";

/**
 * Whether the aliases still name one version each, the one that was deployed last: somebody may have moved one by hand, or have it
 * share its calls between versions. A deploy publishes a version of the function as it is then, so the two are alike since.
 */
export const checkAliases: Check = async ({ clients, deployment, caller }) => {
  const isLocal = caller.account === EMULATED_ACCOUNT || (await isHere(clients));
  const names = { relay: deployment.relayFunctionName, requeuer: deployment.requeuerFunctionName };
  const looks = await Promise.all(
    PARTS.map(async (part) => {
      const look = await lookAt(clients, names[part], functionOf(deployment, part), isLocal);
      return { ...look, name: names[part] };
    }),
  );
  const moved = looks.filter(({ trouble }) => trouble !== undefined);
  if (moved.length > 0) {
    const troubles = moved.map(
      ({ name, trouble }) => `the alias ${LIVE_ALIAS} of ${name} was changed by hand: ${trouble}`,
    );
    const commands = moved.map(
      ({ name }) =>
        `\`aws lambda update-alias --function-name ${name} --name ${LIVE_ALIAS} --function-version <version> --routing-config AdditionalVersionWeights={}\``,
    );
    return wrong(troubles.join("; "), `${DEPLOY}, or ${commands.join(" and ")}`);
  }
  const told = looks.map(({ name, version }) => `${LIVE_ALIAS} of ${name} names ${version}`).join("; ");
  return isLocal
    ? notCheckable(`${told}, on a local emulator, whose tools move it`, "a deployment to AWS has versions")
    : fine(told);
};

interface Look {
  readonly version: string;
  readonly trouble?: string;
}

async function lookAt(
  { lambda }: OperatorClients,
  name: string,
  live: FunctionConfiguration,
  isLocal: boolean,
): Promise<Look> {
  const [{ FunctionVersion: version = "", RoutingConfig: routing }, latest] = await Promise.all([
    existing(liveFunction(name), lambda.send(new GetAliasCommand({ FunctionName: name, Name: LIVE_ALIAS }))),
    existing(`the function ${name}`, lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))),
  ]);
  const shares = Object.entries(routing?.AdditionalVersionWeights ?? {});
  if (shares.length > 0) {
    const others = shares.map(([other, weight]) => `${weight * 100} % to ${other}`).join(", ");
    return { version, trouble: `it sends ${others} beside ${version}` };
  }
  if (isLocal) return { version };
  if (version === LATEST) {
    const trouble = `it names ${LATEST}, so code and settings change one after the other`;
    return { version, trouble };
  }
  const differing = COMPARED.filter((field) => !isDeepStrictEqual(live[field], latest[field]));
  if (differing.length === 0) return { version };
  return { version, trouble: `it names ${version}, whose ${differing.join(", ")} is not the function's` };
}

/** What a deploy changes of a function, and a version keeps. */
const COMPARED = ["CodeSha256", "Environment", "Timeout", "MemorySize", "Handler", "Runtime"] as const;

/** No account of AWS has this number; an emulator's endpoint may come from the environment too. */
const EMULATED_ACCOUNT = "000000000000";

/** The local run points the aliases at `$LATEST`, since each version would leave a process of the emulator behind. */
async function isHere({ lambda: { config } }: OperatorClients): Promise<boolean> {
  const { hostname } = (await config.endpoint?.()) ?? { hostname: "" };
  return LOOPBACK.includes(hostname);
}

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "::1", "[::1]"];
