import { isDeepStrictEqual } from "node:util";
import { type FunctionConfiguration, GetAliasCommand, GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { FUNCTION_ROLES } from "../../../contract/deployment/function-role.ts";
import { LIVE_ALIAS } from "../../../contract/deployment/live-alias.ts";
import { isLoopback } from "../../../contract/deployment/loopback.ts";
import type { OperatorClients } from "../clients.ts";
import { functionOf } from "../deployment.ts";
import { existing } from "../deployment-fault.ts";
import type { AliasTrouble, LiveAlias } from "./deployment-findings.ts";
import type { Check } from "./finding.ts";

/** The name of the function as it is now, which is not a version. */
const LATEST = "$LATEST";

/**
 * Whether each alias still names the version that was deployed last. Somebody may have moved an alias by hand, or have
 * it share its calls between versions. A deploy publishes a version of the function as it is then, so version and
 * function are alike since.
 */
export const checkAliases: Check = async ({ clients, deployment, caller }) => {
  const isLocal = caller.account === EMULATED_ACCOUNT || (await isHere(clients));
  const names = { relay: deployment.relayFunctionName, requeuer: deployment.requeuerFunctionName };
  const aliases = await Promise.all(
    FUNCTION_ROLES.map((part) => aliasOf(clients, names[part], functionOf(deployment, part), isLocal)),
  );
  const moved = aliases.flatMap(({ trouble, ...alias }) => (trouble === undefined ? [] : [{ ...alias, trouble }]));
  if (moved.length > 0) return { state: "wrong", code: "aliases-moved", aliases: moved };
  return isLocal
    ? { state: "out of sight", code: "aliases-local", aliases }
    : { state: "fine", code: "aliases-right", aliases };
};

async function aliasOf(
  { lambda }: OperatorClients,
  functionName: string,
  live: FunctionConfiguration,
  isLocal: boolean,
): Promise<LiveAlias & { readonly trouble?: AliasTrouble }> {
  const [{ FunctionVersion: version = "", RoutingConfig: routing }, latest] = await Promise.all([
    existing(
      "live-function",
      functionName,
      lambda.send(new GetAliasCommand({ FunctionName: functionName, Name: LIVE_ALIAS })),
    ),
    existing(
      "function",
      functionName,
      lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName })),
    ),
  ]);
  const alias = { functionName, version };
  const shares = Object.entries(routing?.AdditionalVersionWeights ?? {});
  if (shares.length > 0) {
    const others = shares.map(([other, weight]) => ({ version: other, weight }));
    return { ...alias, trouble: { kind: "shares", others } };
  }
  if (isLocal) return alias;
  if (version === LATEST) return { ...alias, trouble: { kind: "latest" } };
  const fields = COMPARED.filter((field) => !isDeepStrictEqual(live[field], latest[field]));
  return fields.length === 0 ? alias : { ...alias, trouble: { kind: "differs", fields } };
}

/** What a deploy changes of a function, and a version keeps. */
const COMPARED = ["CodeSha256", "Environment", "Timeout", "MemorySize", "Handler", "Runtime"] as const;

/** No account of AWS has this number; an emulator's endpoint may come from the environment too. */
const EMULATED_ACCOUNT = "000000000000";

/** The local run points the aliases at `$LATEST`, since each version would leave a process of the emulator behind. */
async function isHere({ lambda: { config } }: OperatorClients): Promise<boolean> {
  const { hostname } = (await config.endpoint?.()) ?? { hostname: "" };
  return isLoopback(hostname);
}
