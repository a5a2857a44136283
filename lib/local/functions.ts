import {
  CreateAliasCommand,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type LambdaClient,
  ListAliasesCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { LIVE_ALIAS } from "../contract/deployment/live-alias.ts";

/** The endpoint for a function's calls to EventBridge; undefined sends them to the emulator again. */
export type EventBridgeEndpoint = string | undefined;

const ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_EVENTBRIDGE";
const NODE_WARNING_VARIABLE = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";
const UPDATED_WITHIN_SECONDS = 30;
const LATEST = "$LATEST";

/**
 * Redirects the functions' EventBridge client, by a variable that every AWS SDK reads. The rest of their environment
 * stays. Only the local run does this, not the deployed app.
 */
export async function pointFunctionsAt(
  lambda: LambdaClient,
  functionNames: readonly string[],
  endpoint: EventBridgeEndpoint,
): Promise<void> {
  await Promise.all(functionNames.map((functionName) => pointAt(lambda, functionName, endpoint)));
}

async function pointAt(lambda: LambdaClient, functionName: string, endpoint: EventBridgeEndpoint): Promise<void> {
  await changeVariables(lambda, functionName, ({ [ENDPOINT_VARIABLE]: _replaced, ...kept }) => {
    const variables = { ...kept, [NODE_WARNING_VARIABLE]: "true" };
    return endpoint === undefined ? variables : { ...variables, [ENDPOINT_VARIABLE]: endpoint };
  });
}

export type Variables = Readonly<Record<string, string>>;

/**
 * Changes a function's environment variables and waits until the function and its aliases have them. The warm process
 * ends, so the next invocation starts a new one, even if nothing was changed.
 *
 * Aliases are moved to `$LATEST`: publishing a version per change would leave one process of the emulator behind for
 * each.
 */
export async function changeVariables(
  lambda: LambdaClient,
  functionName: string,
  change: (variables: Variables) => Variables,
): Promise<void> {
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
  await lambda.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: functionName,
      Environment: { Variables: { ...change(Environment?.Variables ?? {}) } },
    }),
  );
  await waitUntilFunctionUpdatedV2(
    { client: lambda, maxWaitTime: UPDATED_WITHIN_SECONDS, minDelay: 1, maxDelay: 1 },
    { FunctionName: functionName },
  );
  const { Aliases: aliases = [] } = await lambda.send(new ListAliasesCommand({ FunctionName: functionName }));
  for (const { Name } of aliases) {
    await lambda.send(new UpdateAliasCommand({ FunctionName: functionName, Name, FunctionVersion: LATEST }));
  }
}

/**
 * Restores a function's alias after a second deployment. MiniStack changes a function by making a new one without
 * aliases, and its CloudFormation does not touch an alias whose properties are unchanged.
 */
export async function restoreAlias(lambda: LambdaClient, functionName: string): Promise<void> {
  const alias = { FunctionName: functionName, Name: LIVE_ALIAS };
  try {
    await lambda.send(new GetAliasCommand(alias));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ResourceNotFoundException") throw error;
    await lambda.send(new CreateAliasCommand({ ...alias, FunctionVersion: LATEST }));
  }
}

export type Invocation =
  | { readonly kind: "returned"; readonly result: unknown }
  /** The function threw, timed out or died. */
  | { readonly kind: "failed"; readonly error: string };

/** Invokes a relay or requeuer through its alias, as stream and schedule do, and waits for its result. */
export async function invoke(lambda: LambdaClient, functionName: string, event: unknown = {}): Promise<Invocation> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({
      ...{ FunctionName: functionName, Qualifier: LIVE_ALIAS },
      Payload: Buffer.from(JSON.stringify(event)),
    }),
  );
  const text = Payload === undefined ? "null" : Buffer.from(Payload).toString("utf8");
  return FunctionError === undefined
    ? { kind: "returned", result: JSON.parse(text === "" ? "null" : text) }
    : { kind: "failed", error: text };
}
