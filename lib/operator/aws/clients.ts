import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import { AwsQueryProtocol } from "@aws-sdk/core/protocols";
import { shownValue } from "../../contract/shown-value.ts";
import { ec2By } from "./ec2.ts";
import { OperatorError } from "./operator-error.ts";

/** Where and as whom the command works: as the AWS CLI takes it. What is absent comes from environment and profile. */
export interface AwsChoice {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly endpointUrl?: string | undefined;
}

/** A person waits; so it is tried often enough to ride out a throttle, and not for ever. */
const MAX_ATTEMPTS = 5;
/** Milliseconds in which nothing comes of an object: a network that forgot the connection says nothing. */
const OBJECT_SILENCE_MS = 30_000;

/**
 * The services that the command speaks to.
 *
 * @throws OperatorError for an endpoint that is not a URL.
 */
export function operatorClients({ region, profile, endpointUrl }: AwsChoice) {
  if (endpointUrl !== undefined && !URL.canParse(endpointUrl)) {
    throw new OperatorError(
      "misuse",
      `--endpoint-url is ${shownValue("--endpoint-url", endpointUrl)}: give a URL such as http://127.0.0.1:4566.`,
    );
  }
  const options = {
    maxAttempts: MAX_ATTEMPTS,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  };
  const lambda = new LambdaClient(options);
  return {
    cloudformation: new CloudFormationClient(options),
    // CloudWatch's oldest protocol: emulators get the times of the newer ones wrong.
    cloudwatch: new CloudWatchClient({ ...options, protocol: AwsQueryProtocol }),
    dynamodb: new DynamoDBClient(options),
    ec2: ec2By(lambda, endpointUrl),
    eventbridge: new EventBridgeClient(options),
    iam: new IAMClient(options),
    kinesis: new KinesisClient(options),
    kms: new KMSClient(options),
    lambda,
    logs: new CloudWatchLogsClient(options),
    /** Loaded where it is asked for: of all commands only audit and replay speak to S3. */
    s3: async () => {
      const { S3Client } = await import("@aws-sdk/client-s3");
      const requestHandler = { socketTimeout: OBJECT_SILENCE_MS };
      // An emulator has no names of its own for buckets.
      return new S3Client({ ...options, forcePathStyle: endpointUrl !== undefined, requestHandler });
    },
    scheduler: new SchedulerClient(options),
    sns: new SNSClient(options),
    sqs: new SQSClient(options),
    streams: new DynamoDBStreamsClient(options),
    sts: new STSClient(options),
  };
}

export type OperatorClients = ReturnType<typeof operatorClients>;
