import { createHash } from "node:crypto";
import {
  CfnParameter,
  CfnResource,
  DefaultTokenResolver,
  Fn,
  type IPostProcessor,
  type IResolvable,
  type IResolveContext,
  Reference,
  Stack,
  StringConcat,
  Tokenization,
} from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * The properties of a resource that cannot be changed in place: CloudFormation then makes another resource, with
 * another name, under the same logical id. By type, for the resources that a relay may refer to; a test compares them
 * with CloudFormation's specification.
 */
export const REPLACING_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  "AWS::DynamoDB::GlobalTable": ["KeySchema", "LocalSecondaryIndexes", "TableName"],
  "AWS::Events::EventBus": ["EventSourceName", "Name"],
  "AWS::Kinesis::Stream": ["Name"],
  "AWS::Lambda::Alias": ["FunctionName", "Name"],
  "AWS::Lambda::Function": ["FunctionName", "PackageType", "TenancyConfig"],
  "AWS::S3::Bucket": ["BucketName", "BucketNamePrefix", "BucketNamespace", "ObjectLockEnabled"],
  "AWS::SNS::Topic": ["FifoTopic", "TopicName"],
  "AWS::SQS::Queue": ["FifoQueue", "QueueName"],
};

/**
 * A digest that changes when CloudFormation is going to replace a resource to which a value refers.
 *
 * The template does not show that, since the logical id stays the same. The CDK would then publish no new version of a
 * function although its environment changes, and the invoked version would keep the address of a queue or bus that is
 * gone.
 *
 * @param value with tokens in it, before it is made JSON.
 */
export function digestOfReferences(scope: IConstruct, value: unknown): string {
  const seen = new Set<CfnResource>();
  const described: string[] = [];
  const follow = (owner: IConstruct, referring: unknown): void => {
    for (const resource of referencesIn(owner, referring)) {
      if (!CfnResource.isCfnResource(resource) || seen.has(resource)) continue;
      seen.add(resource);
      described.push(JSON.stringify([resource.cfnResourceType, identityOf(resource)]));
      // An alias is replaced with its function, whose name is in its ARN.
      if (resource.cfnResourceType === ALIAS) follow(resource, rendering(resource));
    }
  };
  follow(scope, value);
  return createHash("sha256").update(described.join("\n")).digest("hex").slice(0, DIGEST_DIGITS);
}

const DIGEST_DIGITS = 8;

/**
 * The values of the template's parameters to which a value refers, as one string for a version's description: changing
 * that makes another version. A deployment may give a parameter another value with the template unchanged; the invoked
 * version would then keep the former value. Undefined if it refers to no parameter.
 *
 * CloudFormation refuses a description of more than 256 characters. That is better than a version that was not made:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
 *
 * @param value with tokens in it.
 */
export function parameterValuesIn(scope: IConstruct, value: unknown): string | undefined {
  const parameters = [...referencesIn(scope, value)].filter((each) => each instanceof CfnParameter);
  if (parameters.length === 0) return undefined;
  // Lambda publishes no version for another description alone, so that must not change with the order of the references.
  return parameters
    .toSorted((one, other) => (one.node.path < other.node.path ? -1 : 1))
    .map((parameter) => (/List/.test(parameter.type) ? Fn.join(",", parameter.valueAsList) : parameter.valueAsString))
    .join(" ");
}

const ALIAS = "AWS::Lambda::Alias";

/** For an unknown type, all properties: an extra version does no harm. */
function identityOf(resource: CfnResource): Readonly<Record<string, unknown>> {
  const { logicalId, cfnResourceType: type } = resource;
  const rendered = Stack.of(resource).resolve(rendering(resource)) as Rendered;
  const properties = rendered.Resources?.[Stack.of(resource).resolve(logicalId) as string]?.Properties ?? {};
  const names = REPLACING_PROPERTIES[type] ?? Object.keys(properties);
  return Object.fromEntries(names.map((name) => [name, properties[name]]));
}

/** As in the CDK's own hash of a function: with overrides by escape hatches. */
const rendering = (resource: CfnResource): object =>
  (resource as unknown as { _toCloudFormation(): object })._toCloudFormation();

interface Rendered {
  readonly Resources?: Readonly<Record<string, { readonly Properties?: Readonly<Record<string, unknown>> }>>;
}

/** The resources and parameters to which a value refers. */
function referencesIn(scope: IConstruct, value: unknown): ReadonlySet<IConstruct> {
  const resolver = new ReferenceCollector();
  Tokenization.resolve(value, { scope, resolver, preparing: false });
  return resolver.found;
}

class ReferenceCollector extends DefaultTokenResolver {
  readonly found = new Set<IConstruct>();

  constructor() {
    super(new StringConcat());
  }

  override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (Reference.isReference(token)) this.found.add(token.target);
    return super.resolveToken(token, context, postProcessor);
  }
}
