import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { TARGET_TIMEOUTS, targetClientOptions } from "../../aws/aws-clients.ts";
import { type ErrorTable, refusedCall } from "../../aws/aws-failure.ts";
import { lean } from "../../aws/lean-client.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { FailureScope } from "../../contract/failure.ts";
import { readFields, readMatch, readOneOf } from "../../contract/settings/setting-reader.ts";
import { ACKNOWLEDGED, type PublishResult } from "../../core/ports.ts";
import { FUNCTION_ARN } from "../shared/arn-shapes.ts";
import { functionsOf } from "../shared/directory.ts";
import { callOptions } from "../shared/run/call-deadline.ts";
import { readDestinations, toDestinations } from "../shared/run/destinations.ts";
import { NO_RESULT } from "../shared/run/entry-results.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { readAnswer, type Verdict } from "./answer.ts";
import { payloadOf } from "./payload.ts";
import { LAMBDA_CALL_NAMES, readLambdaCall } from "./settings.ts";

/** Lambda's "6 MB" and "1 MB": https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
const PAYLOAD_BYTES = { sync: 6_000_000, async: 1_000_000 };

/**
 * Errors of the call itself, before or beside any run of the function.
 *
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
 */
const ERRORS: ErrorTable = {
  TooManyRequestsException: "throttled",
  EC2ThrottledException: "throttled",
  // The function is starting or being updated, or lacks something that may appear by itself.
  CodeArtifactUserPendingException: "transient",
  EC2UnexpectedException: "transient",
  EFSIOException: "transient",
  EFSMountConnectivityException: "transient",
  EFSMountTimeoutException: "transient",
  ENILimitReachedException: "transient",
  ENINotReadyException: "transient",
  ResourceConflictException: "transient",
  ResourceNotReadyException: "transient",
  S3FilesMountConnectivityException: "transient",
  S3FilesMountTimeoutException: "transient",
  ServiceException: "transient",
  SnapStartNotReadyException: "transient",
  SnapStartRegenerationFailureException: "transient",
  SnapStartTimeoutException: "transient",
  SubnetIPAddressLimitReachedException: "transient",
  // Somebody has to repair the function, its permissions or the relay's. Many have the status of a passing fault.
  AccessDeniedException: "permanent",
  CodeArtifactUserDeletedException: "permanent",
  CodeArtifactUserFailedException: "permanent",
  EC2AccessDeniedException: "permanent",
  EFSMountFailureException: "permanent",
  // The relay's configuration is not valid; an invalid payload has an error of its own.
  InvalidParameterValueException: "permanent",
  InvalidRuntimeException: "permanent",
  InvalidSecurityGroupIDException: "permanent",
  InvalidSubnetIDException: "permanent",
  InvalidZipFileException: "permanent",
  KMSAccessDeniedException: "permanent",
  KMSDisabledException: "permanent",
  KMSInvalidStateException: "permanent",
  KMSNotFoundException: "permanent",
  ModeNotSupportedException: "permanent",
  NoPublishedVersionException: "permanent",
  RecursiveInvocationException: "permanent",
  ResourceNotFoundException: "permanent",
  S3FilesMountFailureException: "permanent",
  SnapStartException: "permanent",
  // Too large, or not readable as JSON.
  InvalidRequestContentException: "content",
  RequestTooLargeException: "content",
  SerializedRequestEntityTooLargeException: "content",
};

/**
 * Invokes a Lambda function with a JSON array of CloudEvents or with a single one, and waits for it or leaves the call
 * in Lambda's queue. An event's `destination` names another function, by its ARN, or by its `name` or `name:alias` if
 * no other function of the target has it.
 */
export const createPublisher: CreatePublisher = ({ config, path, concurrency, clock }) => {
  const settings = readConfig(path, config);
  const { functionArn, alsoTo, invocation, mode } = settings;
  const timeoutMs = settings.timeoutSeconds * 1_000;
  const timeouts = { connectMs: TARGET_TIMEOUTS.connectMs, requestMs: timeoutMs };
  const client = lean(new LambdaClient(targetClientOptions(concurrency, timeouts)));
  const functions = [functionArn, ...alsoTo];

  return toDestinations(functionsOf(functions), {
    // An array of n entries has n + 1 more characters; each entry counts for one.
    limits: { maxEntries: settings.batchSize, maxBytes: PAYLOAD_BYTES[invocation] - 1 },
    atomicBatches: settings.atomic,
    bytesOf: ({ json }) => Buffer.byteLength(json) + 1,
    async publish(destination, events, untilMs) {
      try {
        const command = new InvokeCommand({
          FunctionName: destination,
          InvocationType: invocation === "sync" ? "RequestResponse" : "Event",
          Payload: Buffer.from(payloadOf(events, mode)),
        });
        const answer = await client.send(command, callOptions(untilMs, clock, timeoutMs));
        if (invocation === "async") return events.map(() => (answer.StatusCode === 202 ? ACKNOWLEDGED : NOT_QUEUED));
        const verdict = readAnswer(answer, new Set(events.map(({ id }) => id)));
        return resultsOf(verdict, events, settings.atomic);
      } catch (error) {
        const result = refusedCall(error, ERRORS);
        return events.map(() => result);
      }
    },
    // Invoking a function that does not exist fails, so an acknowledgement is proof.
  });
};

function readConfig(path: string, config: unknown) {
  const { kind, functionArn, alsoTo, ...call } = readFields(path, config, [
    "kind",
    "functionArn",
    "alsoTo",
    ...LAMBDA_CALL_NAMES,
  ]);
  readOneOf(`${path}.kind`, kind, ["lambda"]);
  const arn = (at: string, value: unknown): string =>
    readMatch(at, value, FUNCTION_ARN, "it must be the ARN of a function, with or without an alias");
  return {
    functionArn: arn(`${path}.functionArn`, functionArn),
    alsoTo: readDestinations(`${path}.alsoTo`, alsoTo).map((other, index) => arn(`${path}.alsoTo[${index}]`, other)),
    ...readLambdaCall(path, call),
  };
}

const NOT_QUEUED: PublishResult = {
  kind: "failed",
  failure: {
    class: "ambiguous",
    scope: "target",
    code: NO_RESULT,
    message: "Lambda did not say that it queued the call",
  },
};

/** Blame for a call that failed whole is not decided here: core tries its events alone. */
function resultsOf(verdict: Verdict, events: readonly OutboxEvent[], atomic: boolean): readonly PublishResult[] {
  switch (verdict.kind) {
    case "broken":
    case "failed":
      return events.map(() => ({ kind: "failed", failure: { ...verdict.failure, scope: "target" } }));
    case "taken": {
      const { failed } = verdict;
      // No event may overtake an earlier one that was not taken, so all of them count as not taken.
      if (atomic && failed.size > 0) return resultsOf(TAKEN_IN_PART, events, atomic);
      const scope = events.some(({ id }) => !failed.has(id)) ? "event" : "target";
      return events.map(({ id }) => (failed.has(id) ? notTaken(failed.get(id), scope) : ACKNOWLEDGED));
    }
  }
}

const TAKEN_IN_PART: Verdict = {
  kind: "failed",
  failure: {
    class: "transient",
    code: "TakenInPart",
    message: "The function named events that it did not take, where it is set to take a batch whole or to throw",
  },
};
const LONGEST_REASON = 200;

const notTaken = (reason: string | undefined, scope: FailureScope): PublishResult => ({
  kind: "failed",
  failure: {
    class: "transient",
    scope,
    code: "BatchItemFailure",
    message: reason?.slice(0, LONGEST_REASON) ?? "The function named this event among its batchItemFailures",
  },
});
