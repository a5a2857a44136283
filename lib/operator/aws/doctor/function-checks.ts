import { InvokeCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { ENVIRONMENT } from "../../../contract/deployment/environment.ts";
import { FUNCTION_ROLES, type FunctionRole } from "../../../contract/deployment/function-role.ts";
import { LIVE_ALIAS } from "../../../contract/deployment/live-alias.ts";
import { START_CHECK } from "../../../contract/deployment/start-check.ts";
import { fieldsOf, parsedJson, textOf } from "../../../contract/foreign-value.ts";
import { SQS_MESSAGE_BYTES } from "../../../contract/settings/sizes.ts";
import { findSchedule, isThrottled } from "../aws-switches.ts";
import type { OperatorClients } from "../clients.ts";
import { functionOf } from "../deployment.ts";
import { existing } from "../deployment-fault.ts";
import { dynamoJournal } from "../journal.ts";
import type { Check, Found } from "./finding.ts";

export const checkSchedule: Check = async ({ clients, deployment }) => {
  const { State: awsState, ScheduleExpression: expression, Target: target } = await findSchedule(clients, deployment);
  if (awsState !== "ENABLED") return { state: "wrong", code: "schedule-off", awsState };
  return target?.Arn?.endsWith(`:function:${deployment.requeuerFunctionName}:${LIVE_ALIAS}`) === true
    ? { state: "fine", code: "schedule-on", expression }
    : { state: "wrong", code: "schedule-elsewhere", arn: target?.Arn };
};

export const checkDrift: Check = async ({ deployment }) => {
  const theirs = functionOf(deployment, "requeuer").Environment?.Variables ?? {};
  const ours = functionOf(deployment, "relay").Environment?.Variables ?? {};
  const variables = Object.values(ENVIRONMENT).filter((name) => theirs[name] !== ours[name]);
  if (variables.length > 0) return { state: "wrong", code: "functions-differ", variables };
  const used = ours[ENVIRONMENT.tableName];
  const { tableName: deployed, unknownSettings: names } = deployment;
  if (used !== deployed) return { state: "wrong", code: "other-table", used, deployed };
  return names.length > 0
    ? { state: "unknown", code: "settings-unknown", names }
    : { state: "fine", code: "functions-alike" };
};

/** Whether somebody has set the reserved concurrency of relay or requeuer to 0, so that Lambda never runs it. */
export const checkThrottle: Check = async ({ clients, deployment }) => {
  const names = { relay: deployment.relayFunctionName, requeuer: deployment.requeuerFunctionName };
  const functions: { readonly part: FunctionRole; readonly name: string }[] = [];
  for (const part of FUNCTION_ROLES) {
    if (await isThrottled(clients, names[part])) functions.push({ part, name: names[part] });
  }
  return functions.length === 0
    ? { state: "fine", code: "not-throttled" }
    : { state: "wrong", code: "throttled", functions };
};

/** Starts the relay with a batch of nothing: it proves its code, its environment and its role, and delivers nothing. */
export const checkRelayStarts: Check = ({ clients, deployment: { relayFunctionName } }) =>
  checkStart(clients, relayFunctionName, { Records: [] });

/** Starts the requeuer without a run: it proves its code, its environment and its role, and delivers nothing. */
export const checkRequeuerStarts: Check = ({ clients, deployment: { requeuerFunctionName } }) =>
  checkStart(clients, requeuerFunctionName, START_CHECK);

async function checkStart({ lambda }: OperatorClients, name: string, event: object): Promise<Found> {
  const { FunctionError: failed, Payload: payload } = await existing(
    "live-function",
    name,
    lambda.send(
      new InvokeCommand({ FunctionName: name, Qualifier: LIVE_ALIAS, Payload: Buffer.from(JSON.stringify(event)) }),
    ),
  );
  if (failed === undefined) return { state: "fine", code: "starts" };
  const { errorMessage } = fieldsOf(parsedJson(Buffer.from(payload ?? []).toString("utf8")));
  return { state: "wrong", code: "start-fails", reason: textOf(errorMessage) ?? failed };
}

/** Whether the journal is there, which keeps the commands of operators and the events that they set aside. */
export const checkJournal: Check = async ({ clients, deployment: { journalTableName } }) => {
  await existing("journal", journalTableName, dynamoJournal(clients.dynamodb, journalTableName).acts(1));
  return { state: "fine", code: "journal-read" };
};

export const checkQueue: Check = async ({ clients, deployment: { deadLetterQueueUrl } }) => {
  const { Attributes: attributes = {} } = await existing(
    "dead-letter-queue",
    deadLetterQueueUrl,
    clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ["All"] })),
  );
  if (attributes["RedrivePolicy"] !== undefined) return { state: "wrong", code: "queue-redrives" };
  const bytes = Number(attributes["MaximumMessageSize"]);
  if (bytes < SQS_MESSAGE_BYTES) return { state: "wrong", code: "queue-small", bytes };
  return attributes["Policy"]?.includes("aws:SecureTransport") === true
    ? { state: "fine", code: "queue-right" }
    : { state: "wrong", code: "queue-without-tls" };
};
