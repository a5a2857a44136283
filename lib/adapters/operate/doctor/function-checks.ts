import { InvokeCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { LIVE_ALIAS } from "../../../core/live-alias.ts";
import { PARTS } from "../../../core/operate/switches.ts";
import type { Part } from "../../../core/permissions.ts";
import { START_CHECK } from "../../../core/requeue/start-check.ts";
import { SQS_MESSAGE_BYTES } from "../../../core/targets/sizes.ts";
import { ENVIRONMENT } from "../../environment.ts";
import { findSchedule, isThrottled } from "../aws-switches.ts";
import type { OperatorClients } from "../clients.ts";
import { functionOf, liveFunction } from "../deployment.ts";
import { DEPLOY, existing } from "../deployment-fault.ts";
import { dynamoJournal } from "../journal.ts";
import { type Check, type Found, fine, unknown, wrong } from "./finding.ts";

export const checkSchedule: Check = async ({ clients, deployment }) => {
  const { State: state, ScheduleExpression: expression, Target: target } = await findSchedule(clients, deployment);
  if (state !== "ENABLED") {
    return wrong(`it is ${state}: nothing parked is tried again`, "outbox-relay resume requeuer --yes");
  }
  return target?.Arn?.endsWith(`:function:${deployment.requeuerFunctionName}:${LIVE_ALIAS}`) === true
    ? fine(`it is on, ${expression}`)
    : wrong(`it invokes ${target?.Arn}, which is not the requeuer's alias ${LIVE_ALIAS}`, DEPLOY);
};

export const checkDrift: Check = async ({ deployment }) => {
  const theirs = functionOf(deployment, "requeuer").Environment?.Variables ?? {};
  const ours = functionOf(deployment, "relay").Environment?.Variables ?? {};
  const differing = Object.values(ENVIRONMENT).filter((name) => theirs[name] !== ours[name]);
  if (differing.length > 0) return wrong(`relay and requeuer differ in ${differing.join(", ")}`, DEPLOY);
  if (ours[ENVIRONMENT.tableName] !== deployment.tableName) {
    return wrong(
      `the functions use the table ${ours[ENVIRONMENT.tableName]}, the stack has ${deployment.tableName}`,
      DEPLOY,
    );
  }
  if (deployment.unknownSettings.length > 0) {
    return unknown(
      `relay and requeuer have settings that this version does not know: ${deployment.unknownSettings.join(", ")}`,
      "use the version of this command that the relay was deployed with",
    );
  }
  return fine("relay and requeuer run with the same settings");
};

/** Whether somebody has had Lambda run relay or requeuer not at all. */
export const checkThrottle: Check = async ({ clients, deployment }) => {
  const names = { relay: deployment.relayFunctionName, requeuer: deployment.requeuerFunctionName };
  const throttled: Part[] = [];
  for (const part of PARTS) if (await isThrottled(clients, names[part])) throttled.push(part);
  const [only] = throttled;
  return only === undefined
    ? fine("neither function is throttled")
    : wrong(
        `the reserved concurrency of ${throttled.map((part) => `the ${part} ${names[part]}`).join(" and ")} is 0, so Lambda never runs it`,
        `outbox-relay resume ${throttled.length > 1 ? "both" : only} --yes`,
      );
};

/** Starts the relay with a batch of nothing: it proves its code, its environment and its role, and delivers nothing. */
export const checkRelayStarts: Check = ({ clients, deployment: { relayFunctionName } }) =>
  checkStart(clients, relayFunctionName, { Records: [] });

/** Starts the requeuer without a run: it proves its code, its environment and its role, and delivers nothing. */
export const checkRequeuerStarts: Check = ({ clients, deployment: { requeuerFunctionName } }) =>
  checkStart(clients, requeuerFunctionName, START_CHECK);

async function checkStart({ lambda }: OperatorClients, name: string, event: object): Promise<Found> {
  const { FunctionError: failed, Payload: payload } = await existing(
    liveFunction(name),
    lambda.send(
      new InvokeCommand({ FunctionName: name, Qualifier: LIVE_ALIAS, Payload: Buffer.from(JSON.stringify(event)) }),
    ),
  );
  if (failed === undefined) return fine("it starts and answers");
  const { errorMessage } = JSON.parse(Buffer.from(payload ?? []).toString("utf8") || "{}") as { errorMessage?: string };
  return wrong(`it fails: ${errorMessage ?? failed}`, DEPLOY);
}

/** Whether what operators do, and the events that they set aside, have a place. */
export const checkJournal: Check = async ({ clients, deployment: { journalTableName } }) => {
  await existing(`the journal ${journalTableName}`, dynamoJournal(clients.dynamodb, journalTableName).acts(1));
  return fine("it is there, and can be read");
};

export const checkQueue: Check = async ({ clients, deployment: { deadLetterQueueUrl } }) => {
  const { Attributes: attributes = {} } = await existing(
    `the dead-letter queue ${deadLetterQueueUrl}`,
    clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ["All"] })),
  );
  if (attributes["RedrivePolicy"] !== undefined) {
    return wrong("it moves messages to another queue, out of the requeuer's sight", DEPLOY);
  }
  const bytes = Number(attributes["MaximumMessageSize"]);
  if (bytes < SQS_MESSAGE_BYTES) {
    return wrong(`it takes messages up to ${bytes} bytes, so a larger event's dead letter is refused`, DEPLOY);
  }
  return attributes["Policy"]?.includes("aws:SecureTransport") === true
    ? fine("it is there, and its policy asks for TLS")
    : wrong("its policy does not refuse requests without TLS", DEPLOY);
};
