import { DescribeTableCommand, DescribeTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import { SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { GetFunctionConfigurationCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { ENVIRONMENT } from "../environment.ts";
import { findMapping, findSchedule } from "./aws-switches.ts";
import type { Caller } from "./caller.ts";
import type { OperatorClients } from "./clients.ts";
import { type Deployment, targetOf } from "./deployment.ts";
import { explained } from "./operator-error.ts";

/** What one look at the deployment came to. */
export interface Finding {
  readonly check: string;
  readonly state: "fine" | "wrong" | "unknown";
  readonly what: string;
  readonly fix?: string;
}

export interface Checked {
  readonly clients: OperatorClients;
  readonly deployment: Deployment;
  readonly caller: Caller;
}

const fine = (what: string): Omit<Finding, "check"> => ({ state: "fine", what });
const wrong = (what: string, fix: string): Omit<Finding, "check"> => ({ state: "wrong", what, fix });
const unknown = (what: string, fix?: string): Omit<Finding, "check"> => ({
  state: "unknown",
  what,
  ...(fix === undefined ? {} : { fix }),
});

type Check = (checked: Checked) => Promise<Omit<Finding, "check">>;

const DEPLOY = "deploy the stack again: cdk deploy";

/** Every check there is. One that is not allowed, or that AWS refuses, is told as unknown and stops no other. */
export async function checkDeployment(checked: Checked): Promise<readonly Finding[]> {
  return Promise.all(
    CHECKS.map(async ([check, look]): Promise<Finding> => {
      try {
        return { check, ...(await look(checked)) };
      } catch (error) {
        const explanation = explained(error);
        if (explanation === undefined) throw error;
        return { check, ...unknown(explanation.message) };
      }
    }),
  );
}

const CLOCK_TOLERANCE_MS = 10_000;

const checkClock: Check = async ({ caller: { clockOffsetMs } }) =>
  Math.abs(clockOffsetMs) <= CLOCK_TOLERANCE_MS
    ? fine("this machine's clock agrees with AWS")
    : unknown(
        `this machine's clock is off by ${Math.round(Math.abs(clockOffsetMs) / 1_000)} s; the command works by AWS's time`,
        "set the clock: AWS refuses requests that are 5 minutes off",
      );

const checkStream: Check = async ({ clients, deployment }) => {
  const { Table: table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: deployment.tableName }));
  const view = table?.StreamSpecification?.StreamViewType;
  if (table?.StreamSpecification?.StreamEnabled !== true) {
    return wrong(`the table ${deployment.tableName} has no stream, so the relay hears of nothing`, DEPLOY);
  }
  if (view !== "NEW_IMAGE" && view !== "NEW_AND_OLD_IMAGES") {
    return wrong(
      `the stream's view type is ${view}, so the relay sees no events`,
      "set NEW_IMAGE, which makes a new stream, and deploy again",
    );
  }
  const mapping = await findMapping(clients, deployment);
  return mapping.EventSourceArn === table.LatestStreamArn
    ? fine(`view type ${view}, and the mapping reads it`)
    : wrong("the event source mapping reads a stream that is not the table's latest", DEPLOY);
};

const checkTimeToLive: Check = async ({ clients, deployment: { tableName } }) => {
  const { TimeToLiveDescription: description } = await clients.dynamodb.send(
    new DescribeTimeToLiveCommand({ TableName: tableName }),
  );
  const state = description?.TimeToLiveStatus ?? "DISABLED";
  return state === "DISABLED" || state === "DISABLING"
    ? fine("off")
    : wrong(
        `it is ${state}: it deletes undelivered events`,
        `aws dynamodb update-time-to-live --table-name ${tableName} --time-to-live-specification Enabled=false,AttributeName=${description?.AttributeName}`,
      );
};

const checkMapping: Check = async ({ clients, deployment }) => {
  const mapping = await findMapping(clients, deployment);
  if (mapping.State !== "Enabled") {
    return wrong(`it is ${mapping.State}: new events wait for the sweep`, "outbox-relay resume relay --yes");
  }
  const result = mapping.LastProcessingResult;
  return result?.startsWith("PROBLEM") === true
    ? wrong(
        `it is on, and its last result was ${result}`,
        "repair what it names: the role's permissions, or the stream",
      )
    : fine(`it is on${result === undefined ? "" : `, last result ${result}`}`);
};

const checkMappingSettings: Check = async ({ clients, deployment }) => {
  const {
    FunctionResponseTypes: types = [],
    FilterCriteria: filter,
    DestinationConfig: destination,
  } = await findMapping(clients, deployment);
  const changed = [
    types.includes("ReportBatchItemFailures")
      ? []
      : ["partial batch responses are off, so a batch cut short counts as done"],
    (filter?.Filters ?? []).some(({ Pattern: pattern }) => pattern?.includes("INSERT") === true)
      ? []
      : ["its filter does not pick INSERT, so the relay's own writes invoke it"],
    destination?.OnFailure?.Destination === undefined ? ["it has no destination for what it gives up"] : [],
  ].flat();
  return changed.length === 0 ? fine("as deployed") : wrong(changed.join("; "), DEPLOY);
};

const checkSchedule: Check = async ({ clients, deployment }) => {
  const { State: state, ScheduleExpression: expression, Target: target } = await findSchedule(clients, deployment);
  if (state !== "ENABLED") {
    return wrong(`it is ${state}: nothing parked is tried again`, "outbox-relay resume requeuer --yes");
  }
  return target?.Arn?.includes(deployment.requeuerFunctionName) === true
    ? fine(`it is on, ${expression}`)
    : wrong(`it invokes ${target?.Arn}, which is not the requeuer`, DEPLOY);
};

const checkDrift: Check = async ({ clients, deployment }) => {
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
const checkRelayStarts: Check = async ({ clients, deployment: { relayFunctionName } }) => {
  const { FunctionError: failed, Payload: payload } = await clients.lambda.send(
    new InvokeCommand({ FunctionName: relayFunctionName, Payload: Buffer.from('{"Records":[]}') }),
  );
  if (failed === undefined) return fine("it starts and answers");
  const { errorMessage } = JSON.parse(Buffer.from(payload ?? []).toString("utf8") || "{}") as { errorMessage?: string };
  return wrong(`it fails: ${errorMessage ?? failed}`, DEPLOY);
};

const checkQueue: Check = async ({ clients, deployment: { deadLetterQueueUrl } }) => {
  const { Attributes: attributes = {} } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ["All"] }),
  );
  if (attributes["RedrivePolicy"] !== undefined) {
    return wrong("it moves messages to another queue, out of the requeuer's sight", DEPLOY);
  }
  return attributes["Policy"]?.includes("aws:SecureTransport") === true
    ? fine("it is there, and its policy asks for TLS")
    : wrong("its policy does not refuse requests without TLS", DEPLOY);
};

const checkTarget: Check = async ({ clients, deployment }) => {
  const { kind, busName, queueUrl } = targetOf(deployment);
  try {
    if (kind === "eventbridge") {
      await clients.eventbridge.send(new DescribeEventBusCommand({ Name: String(busName) }));
      return fine(`the bus ${busName} exists`);
    }
    if (kind === "sqs") {
      await clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: String(queueUrl), AttributeNames: ["QueueArn"] }),
      );
      return fine(`the queue ${queueUrl} exists`);
    }
  } catch (error) {
    if (!(error instanceof Error) || !/ResourceNotFound|QueueDoesNotExist|NonExistentQueue/.test(error.name))
      throw error;
    return wrong(`${busName ?? queueUrl} does not exist`, `create it again, or ${DEPLOY}`);
  }
  return unknown(`the target ${kind} is not looked at from here; outbox-relay put shows whether it takes events`);
};

/** Asks IAM whether the functions' roles may do what they do. */
const checkPermissions: Check = async ({ clients, deployment }) => {
  const { relay, tableName } = deployment;
  const { Table: table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
  if (relay.Role === undefined || table?.TableArn === undefined) return unknown("the relay's role is not known");
  const { EvaluationResults: results = [] } = await clients.iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: relay.Role,
      ActionNames: RELAY_TABLE_ACTIONS,
      ResourceArns: [table.TableArn],
    }),
  );
  const denied = results.flatMap(({ EvalDecision: decision, EvalActionName: action }) =>
    decision === "allowed" ? [] : [action],
  );
  return denied.length === 0
    ? fine("IAM says that the relay's role may use the table")
    : wrong(`the relay's role may not ${denied.join(", ")} on the table`, DEPLOY);
};

const RELAY_TABLE_ACTIONS = [
  "dynamodb:BatchGetItem",
  "dynamodb:GetItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:DeleteItem",
  "dynamodb:UpdateItem",
];

const CHECKS: readonly (readonly [string, Check])[] = [
  ["clock", checkClock],
  ["stream", checkStream],
  ["time to live", checkTimeToLive],
  ["event source mapping", checkMapping],
  ["mapping's settings", checkMappingSettings],
  ["requeuer's schedule", checkSchedule],
  ["settings", checkDrift],
  ["relay", checkRelayStarts],
  ["dead-letter queue", checkQueue],
  ["target", checkTarget],
  ["permissions", checkPermissions],
];
