import { Aws, CfnOutput, CfnResource, Stack } from "aws-cdk-lib";
import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { OutboxRelay } from "../outbox-relay.ts";
import type { OutboxRelayProps } from "../outbox-relay-props.ts";
import { RELAY_SETTING_NAMES, type RelaySettingName } from "../relay-settings.ts";
import { addCodeParameters, parameter } from "./parameters.ts";
import type { ReleasedCode } from "./released-code.ts";
import { RELEASED_TARGETS, type ReleasedTarget, type TargetVariant } from "./released-targets.ts";

/** The longest name of a given table: with a target's address it fits into a version's description. */
const TABLE_NAME_CHARACTERS = 80;

/** What makes one released template differ from another. */
export interface ReleasedTemplate extends TargetVariant {
  /** The file's name, without `.template.json`. */
  readonly name: string;
  readonly target: ReleasedTarget;
  readonly hasAlarms: boolean;
  /** Keeps an archive in a bucket of its own, and audits it on a schedule. */
  readonly hasArchive: boolean;
}

/**
 * The settings of every template that need their values at synth: the relay's props that are plain values. The rest of
 * the props are the template's parameters, or make another template.
 */
export const RELEASED_SETTING_NAMES = RELAY_SETTING_NAMES.filter((name) => name !== "ordering");
export type ReleasedSettings = Pick<OutboxRelayProps, Exclude<RelaySettingName, "ordering">>;

export interface ReleasedStackProps {
  readonly template: ReleasedTemplate;
  readonly code: ReleasedCode;
  /** The release's version. */
  readonly version: string;
  readonly bundlesFolder: string;
  readonly settings: ReleasedSettings;
}

/**
 * The stack of a template that people deploy without the CDK: the construct, with parameters in place of what its user
 * would say in code.
 */
export class ReleasedStack extends Stack {
  /** Undefined while the CDK makes the stack, and checks the name that it gives it itself. */
  private readonly deployedName?: string = Aws.STACK_NAME;

  constructor(scope: Construct, { template, code, version, bundlesFolder, settings }: ReleasedStackProps) {
    super(scope, template.name, {
      description: `Delivers events from a DynamoDB outbox table: dynamodb-outbox-relay ${version}, ${template.name}`,
      synthesizer: code,
      analyticsReporting: false,
    });
    addCodeParameters(this);
    const relay = new OutboxRelay(this, "Relay", {
      ...settings,
      ...(template.isOrdered ? { ordering: "per-key", counterTable: true } : {}),
      ...(template.hasAlarms ? { alarmTopic: alarmTopicOf(this) } : { monitoring: "none" }),
      ...(template.hasArchive ? { archive: true, audit: true } : {}),
      ...(template.table === "own" ? {} : { table: givenTableOf(this) }),
      target: RELEASED_TARGETS[template.target](this, template),
      // The name of the deployed stack: unique in its account and region, as a relay's name must be.
      relayName: this.stackName,
      bundlesFolder,
    });
    relay.addOutputs();
    addPolicies(this, relay);
    for (const each of this.node.findAll()) {
      if (each instanceof CfnOutput) each.exportName = `${Aws.STACK_NAME}-${each.node.id}`;
      // What the CDK notes there is for its own command.
      if (CfnResource.isCfnResource(each)) each.cfnOptions.metadata = undefined;
    }
  }

  /** Whoever deploys the template names the stack. */
  override get stackName(): string {
    return this.deployedName ?? super.stackName;
  }
}

function alarmTopicOf(scope: Construct) {
  const topicArn = parameter(scope, "AlarmTopicArn", {
    description: "The standard SNS topic that hears of alarms, of the stack's region",
    allowedPattern: "arn:[\\w-]+:sns:[a-z0-9-]+:\\d{12}:[\\w-]+",
  });
  return Topic.fromTopicArn(scope, "AlarmTopic", topicArn);
}

function givenTableOf(scope: Construct) {
  const tableName = parameter(scope, "TableName", {
    description: "The outbox table, of the stack's account and region: pk (S), sk (N), new images, no time to live",
    allowedPattern: "[\\w.-]{3,}",
    maxLength: TABLE_NAME_CHARACTERS,
  });
  const tableStreamArn = parameter(scope, "TableStreamArn", {
    description: "The stream of that table",
    allowedPattern: "arn:[\\w-]+:dynamodb:[a-z0-9-]+:\\d{12}:table/[\\w.-]+/stream/[\\w.:-]+",
  });
  return TableV2.fromTableAttributes(scope, "Table", { tableName, tableStreamArn });
}

/** For the roles of services and people: `ManagedPolicyArns` takes the outputs. */
function addPolicies(stack: Stack, relay: OutboxRelay): void {
  const add = (name: string, description: string): ManagedPolicy => {
    const policy = new ManagedPolicy(stack, `${name}Policy`, { description: `${description} of ${stack.stackName}` });
    new CfnOutput(stack, `${name}PolicyArn`, { value: policy.managedPolicyArn, description });
    return policy;
  };
  relay.grantWrite(add("Writer", "Allows a service to write events into the outbox"));
  relay.grantInspect(add("Reader", "Allows a person to look, with the command outbox-relay, at the outbox"));
  relay.grantOperate(add("Operator", "Allows a person to look and act, with the command outbox-relay, at the outbox"));
}
