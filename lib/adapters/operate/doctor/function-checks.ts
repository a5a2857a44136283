import { GetFunctionConfigurationCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { SQS_MESSAGE_BYTES } from "../../../core/targets/sizes.ts";
import { ENVIRONMENT } from "../../environment.ts";
import { findSchedule } from "../aws-switches.ts";
import { type Check, DEPLOY, fine, wrong } from "./finding.ts";

export const checkSchedule: Check = async ({ clients, deployment }) => {
  const { State: state, ScheduleExpression: expression, Target: target } = await findSchedule(clients, deployment);
  if (state !== "ENABLED") {
    return wrong(`it is ${state}: nothing parked is tried again`, "outbox-relay resume requeuer --yes");
  }
  return target?.Arn?.includes(deployment.requeuerFunctionName) === true
    ? fine(`it is on, ${expression}`)
    : wrong(`it invokes ${target?.Arn}, which is not the requeuer`, DEPLOY);
};

export const checkDrift: Check = async ({ clients, deployment }) => {
  const requeuer = await clients.lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: deployment.requeuerFunctionName }),
  );
  const theirs = requeuer.Environment?.Variables ?? {};
  const ours = deployment.relay.Environment?.Variables ?? {};
  const differing = Object.values(ENVIRONMENT).filter((name) => theirs[name] !== ours[name]);
  if (differing.length > 0) return wrong(`relay and requeuer differ in ${differing.join(", ")}`, DEPLOY);
  if (ours[ENVIRONMENT.tableName] !== deployment.tableName) {
    return wrong(
      `the functions use the table ${ours[ENVIRONMENT.tableName]}, the stack has ${deployment.tableName}`,
      DEPLOY,
    );
  }
  return fine("relay and requeuer run with the same settings");
};

/** Starts the relay with a batch of nothing: it proves its code, its environment and its role, and delivers nothing. */
export const checkRelayStarts: Check = async ({ clients, deployment: { relayFunctionName } }) => {
  const { FunctionError: failed, Payload: payload } = await clients.lambda.send(
    new InvokeCommand({ FunctionName: relayFunctionName, Payload: Buffer.from('{"Records":[]}') }),
  );
  if (failed === undefined) return fine("it starts and answers");
  const { errorMessage } = JSON.parse(Buffer.from(payload ?? []).toString("utf8") || "{}") as { errorMessage?: string };
  return wrong(`it fails: ${errorMessage ?? failed}`, DEPLOY);
};

export const checkQueue: Check = async ({ clients, deployment: { deadLetterQueueUrl } }) => {
  const { Attributes: attributes = {} } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ["All"] }),
  );
  if (attributes["RedrivePolicy"] !== undefined) {
    return wrong("it moves messages to another queue, out of the requeuer's sight", DEPLOY);
  }
  const bytes = Number(attributes["MaximumMessageSize"]);
  if (bytes < SQS_MESSAGE_BYTES) {
    return wrong(`it takes messages up to ${bytes} bytes, so a larger event's letter is refused`, DEPLOY);
  }
  return attributes["Policy"]?.includes("aws:SecureTransport") === true
    ? fine("it is there, and its policy asks for TLS")
    : wrong("its policy does not refuse requests without TLS", DEPLOY);
};
