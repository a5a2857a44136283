import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Annotations, App, Stack, type StackProps } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { AttributeType } from "aws-cdk-lib/aws-dynamodb";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import { expect, inject } from "vitest";
import {
  AUDIT_BUNDLE,
  BUNDLE_FILE,
  bundleFolder,
  FILES_BESIDE,
  PACKAGE_FILE,
  PACKAGE_ROOT,
} from "../../lib/cdk/functions/bundles.ts";
import { NO_ALARM_TOPIC } from "../../lib/cdk/monitoring/alarm-topics.ts";
import { OutboxRelay } from "../../lib/cdk/outbox-relay.ts";
import type { OutboxRelayProps } from "../../lib/cdk/outbox-relay-props.ts";
import { OutboxRelayStack } from "../../lib/cdk/outbox-relay-stack.ts";
import { readAppSettings } from "../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../lib/cdk/targets/outbox-target.ts";
import { FUNCTION_ROLES } from "../../lib/contract/deployment/function-role.ts";
import { TARGET_KINDS } from "../../lib/contract/deployment/target-kind.ts";

export const createFolder = (prefix: string): string => mkdtempSync(join(inject("workFolder"), prefix));

/** Stand-ins for the functions' code, so that these tests need no build. */
export const bundlesFolder = createBundles();

export function createBundles(): string {
  const folder = createFolder("bundles-");
  for (const name of FUNCTION_ROLES) {
    for (const target of TARGET_KINDS) {
      mkdirSync(bundleFolder(folder, name, target));
      writeFileSync(join(bundleFolder(folder, name, target), BUNDLE_FILE), `exports.handler = "${name} ${target}";`);
      writeFileSync(join(bundleFolder(folder, name, target), PACKAGE_FILE), '{"type":"commonjs"}');
      for (const file of Object.values(FILES_BESIDE)) {
        writeFileSync(join(bundleFolder(folder, name, target), file), `export const is = "${file}";`);
      }
    }
  }
  mkdirSync(join(folder, AUDIT_BUNDLE));
  writeFileSync(join(folder, AUDIT_BUNDLE, BUNDLE_FILE), 'exports.handler = "audit";');
  writeFileSync(join(folder, AUDIT_BUNDLE, PACKAGE_FILE), '{"type":"commonjs"}');
  return folder;
}

/** An app with the feature flags of this project, so that tests see the template that is deployed. */
export function createApp(): App {
  const { context } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "cdk.json"), "utf8"));
  return new App({ context, outdir: createFolder("cdk.out-") });
}

/** Relays here may have no topic for their alarms: else each synth would print the warning. */
function silenced<S extends Stack>(stack: S): S {
  Annotations.of(stack).acknowledgeWarning(NO_ALARM_TOPIC);
  return stack;
}

/** The deployed stack, with these settings in the CDK context. */
export function createStack(context: unknown = {}): OutboxRelayStack {
  return silenced(
    new OutboxRelayStack(createApp(), "OutboxRelay", { settings: readAppSettings(context), bundlesFolder }),
  );
}

export function synthesize(context: unknown = {}): Template {
  return Template.fromStack(createStack(context));
}

/** A user's stack that uses the construct. */
export function createOwnStack(props: StackProps = {}): Stack {
  return silenced(new Stack(createApp(), "Orders", props));
}

/** The contract's keys, in the form of the CDK's tables. */
export const OUTBOX_KEYS = {
  partitionKey: { name: "pk", type: AttributeType.STRING },
  sortKey: { name: "sk", type: AttributeType.NUMBER },
};

/** A target outside AWS, as the settings have it. */
export const BROKER = {
  kind: "nats",
  servers: ["tls://nats.example.com"],
  subject: "orders",
  secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:broker-a1B2c3",
};

/** The settings of every kind of target in AWS, and of one outside AWS. */
export const TARGETS: readonly (readonly [name: string, context: unknown])[] = [
  ["the default", {}],
  ["an existing bus", { target: { kind: "eventbridge", busName: "orders" } }],
  ["a queue", { target: { kind: "sqs" } }],
  ["a FIFO queue", { target: { kind: "sqs", fifo: true } }],
  ["a topic", { target: { kind: "sns" } }],
  ["a FIFO topic", { target: { kind: "sns", fifo: true } }],
  ["a stream", { target: { kind: "kinesis" } }],
  ["a function", { target: { kind: "lambda", functionArn: "arn:aws:lambda:us-east-1:123456789012:function:orders" } }],
  ["a broker with credentials", { target: BROKER }],
];

export const synthesizeOwn = (stack: Stack): Template => Template.fromStack(stack);

export function createRelay(stack: Stack, props: Partial<OutboxRelayProps> = {}, id = "Relay"): OutboxRelay {
  const target = props.target ?? OutboxTarget.eventBridge(new EventBus(stack, `${id}Bus`));
  return new OutboxRelay(stack, id, { bundlesFolder, ...props, target });
}

/** The template of a user's stack with one relay of these props. */
export function synthesizeRelay(
  given: Partial<OutboxRelayProps> | ((stack: Stack) => Partial<OutboxRelayProps>) = {},
  stackProps: StackProps = {},
): Template {
  const stack = createOwnStack(stackProps);
  createRelay(stack, typeof given === "function" ? given(stack) : given);
  return synthesizeOwn(stack);
}

/** A relay in a user's stack, with a customer-managed key for everything that holds payloads. */
export function createEncryptedRelay(): { readonly stack: Stack; readonly relay: OutboxRelay } {
  const stack = createOwnStack({ env: { region: "us-east-1" } });
  return { stack, relay: createRelay(stack, { encryptionKey: new Key(stack, "Key") }) };
}

export interface Resource {
  // biome-ignore lint/suspicious/noExplicitAny: a template is untyped JSON, and tests look deep into it.
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** The resources of a type whose logical id begins with the given text. */
export function findResources(template: Template, type: string, logicalIdPrefix = ""): readonly Resource[] {
  return Object.entries(template.findResources(type))
    .filter(([logicalId]) => logicalId.startsWith(logicalIdPrefix))
    .map(([, resource]) => resource as Resource);
}

/** The one resource of a type whose logical id begins with the given text. */
export function onlyResource(template: Template, type: string, logicalIdPrefix = ""): Resource {
  const [resource, ...others] = findResources(template, type, logicalIdPrefix);
  if (resource === undefined || others.length > 0) {
    throw new Error(
      `expected one ${type} ${logicalIdPrefix}, found ${others.length + (resource === undefined ? 0 : 1)}`,
    );
  }
  return resource;
}

/** The functions' logical ids begin with these. The construct's path is OutboxRelay/Relay. */
export const RELAY_FUNCTION = "RelayFunction";
export const REQUEUER_FUNCTION = "RelayRequeuerFunction";

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** The statements of the policies of roles whose logical id begins with the given text. */
export function statementsOf(template: Template, rolePrefix: string): readonly Statement[] {
  return findResources(template, "AWS::IAM::Policy", rolePrefix).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement as Statement[],
  );
}

export const actionsOf = ({ Action }: Statement): readonly string[] => (typeof Action === "string" ? [Action] : Action);

/** The statements of the policies of both functions' roles. */
export const ROLES = ["RelayRoleDefaultPolicy", "RelayRequeuerRoleDefaultPolicy"];

/** The target's settings in the environment of a template's functions. */
export const targetsIn = (template: Template): unknown[] =>
  findResources(template, "AWS::Lambda::Function").flatMap(
    ({ Properties }) => Properties.Environment?.Variables?.OUTBOX_RELAY_TARGET ?? [],
  );

/**
 * The same settings, parsed. They must not hold a value that only CloudFormation knows, and must be the same for both
 * functions.
 */
export function targetIn(template: Template): unknown {
  const [relay, ...others] = targetsIn(template);
  expect(others).toEqual([relay]);
  return typeof relay === "string" ? JSON.parse(relay) : relay;
}

/** The resources on which a role may do an action, statement by statement. */
export const resourcesOf = (template: Template, role: string, action: string): unknown[] =>
  statementsOf(template, role)
    .filter((statement) => actionsOf(statement).includes(action))
    .map(({ Resource }) => Resource);

/** The filter of a relay that delivers every type: all new rows except its requeuer's lease. */
export const allRowsFilter = (relayName: string) => ({
  Filters: [
    `{"eventName":["INSERT"],"dynamodb":{"Keys":{"pk":{"S":[{"anything-but":["_requeuer#${relayName}"]}]}}}}`,
    '{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"N":[{"anything-but":["0"]}]}}}}',
  ].map((Pattern) => ({ Pattern })),
});
