import { CfnResource, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/**
 * How long a template's string may become when it is deployed, in bytes of JSON. A part that only the deployment knows
 * counts as the longest that its service allows.
 *
 * @param scope a construct in the stack of the template.
 * @param value the resolved value: a string, or a function of CloudFormation.
 */
export function longestJsonBytes(scope: Construct, value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(JSON.stringify(value)) - 2;
  if (typeof value !== "object" || value === null) return String(value).length;
  const [[name = "", argument] = []] = Object.entries(value) as [string, unknown][];
  switch (name) {
    case "Ref":
      return PSEUDO_PARAMETERS[String(argument)] ?? longestOf(scope, String(argument), "Ref");
    case "Fn::GetAtt": {
      const [logicalId = "", attribute = ""] = Array.isArray(argument)
        ? argument.map(String)
        : String(argument).split(".");
      return longestOf(scope, logicalId, attribute);
    }
    case "Fn::Join": {
      const [separator, parts] = argument as [string, unknown];
      if (!Array.isArray(parts)) return UNKNOWN;
      const between = longestJsonBytes(scope, separator) * Math.max(0, parts.length - 1);
      return parts.reduce<number>((sum, part) => sum + longestJsonBytes(scope, part), between);
    }
    case "Fn::Select":
    case "Fn::Split":
      // Parts of a string are not longer than the string.
      return longestJsonBytes(scope, (argument as readonly unknown[])[1]);
    default:
      return UNKNOWN;
  }
}

/** The longest ARN except a secret's: a topic's name has up to 256 characters. */
const ARN = 340;
/** A value from another stack, a parameter, or a type that is not listed below. */
const UNKNOWN = 512;

const REGION = 20;
const SUFFIX = 20;
const PSEUDO_PARAMETERS: Readonly<Record<string, number>> = {
  "AWS::AccountId": 12,
  "AWS::Region": REGION,
  "AWS::Partition": 10,
  "AWS::URLSuffix": SUFFIX,
  "AWS::StackName": 128,
  "AWS::StackId": 250,
};

const QUEUE_NAME = 80;
/** `https://sqs.<region>.<suffix>/<account>/<name>` */
const QUEUE_URL = 12 + REGION + 1 + SUFFIX + 1 + 12 + 1 + QUEUE_NAME;

/** The longest names by type, from the services' limits that each type's page in the template reference links to. */
const NAMES: Readonly<Record<string, number>> = {
  "AWS::DynamoDB::GlobalTable": 255,
  "AWS::DynamoDB::Table": 255,
  "AWS::Events::EventBus": 256,
  "AWS::Kinesis::Stream": 128,
  "AWS::Lambda::Function": 140,
  "AWS::S3::Bucket": 63,
  "AWS::SNS::Topic": ARN,
  "AWS::SQS::Queue": QUEUE_URL,
};

/** The types whose Ref is a name that the template may set. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  "AWS::DynamoDB::GlobalTable": "TableName",
  "AWS::DynamoDB::Table": "TableName",
  "AWS::Events::EventBus": "Name",
  "AWS::Kinesis::Stream": "Name",
  "AWS::S3::Bucket": "BucketName",
};

function longestOf(scope: Construct, logicalId: string, attribute: string): number {
  const stack = Stack.of(scope);
  const resources = stack.node.findAll().filter((node): node is CfnResource => CfnResource.isCfnResource(node));
  const found = resources.find((resource) => stack.resolve(resource.logicalId) === logicalId);
  const type = found?.cfnResourceType ?? "";
  const name = NAMES[type];
  if (found === undefined || name === undefined) return UNKNOWN;
  if (type === "AWS::SQS::Queue" && attribute === "QueueName") return QUEUE_NAME;
  if (attribute.endsWith("Arn")) return ARN;
  return attribute === "Ref" ? (givenNameBytes(stack, found) ?? name) : name;
}

/** The length of a name that the template sets. */
function givenNameBytes(stack: Stack, resource: CfnResource): number | undefined {
  const { Resources: resources } = stack.resolve(resource._toCloudFormation()) as {
    readonly Resources: Readonly<Record<string, { readonly Properties?: Readonly<Record<string, unknown>> }>>;
  };
  const given = Object.values(resources)[0]?.Properties?.[NAME_PROPERTIES[resource.cfnResourceType] ?? ""];
  return typeof given === "string" ? Buffer.byteLength(given) : undefined;
}
