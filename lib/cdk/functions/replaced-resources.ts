import { createHash } from "node:crypto";
import {
  CfnResource,
  DefaultTokenResolver,
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
 * What cannot be changed of a resource in place: CloudFormation makes another one, of another name, under the same logical id.
 * By type, for what a relay can be told of; by its specification, which a test compares.
 */
export const REPLACING_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  "AWS::DynamoDB::GlobalTable": ["KeySchema", "LocalSecondaryIndexes", "TableName"],
  "AWS::Events::EventBus": ["EventSourceName", "Name"],
  "AWS::Kinesis::Stream": ["Name"],
  "AWS::Lambda::Alias": ["FunctionName", "Name"],
  "AWS::Lambda::Function": ["FunctionName", "PackageType", "TenancyConfig"],
  "AWS::SNS::Topic": ["FifoTopic", "TopicName"],
  "AWS::SQS::Queue": ["FifoQueue", "QueueName"],
};

/**
 * A digest that is another one when CloudFormation will make something anew to which a value refers.
 *
 * The template's text says nothing of that: it goes on referring to the same logical id. So the CDK would see no reason for another
 * version of a function, whose environment is then another one, and the version that is invoked would keep what it was told: the
 * address of a queue or bus that is gone, or that nobody reads any more.
 *
 * @param value with tokens in it, not yet made JSON.
 */
export function digestOfReferences(scope: IConstruct, value: unknown): string {
  const seen = new Set<CfnResource>();
  const described: string[] = [];
  const follow = (owner: IConstruct, referring: unknown): void => {
    for (const resource of referencesIn(owner, referring)) {
      if (seen.has(resource)) continue;
      seen.add(resource);
      described.push(JSON.stringify([resource.cfnResourceType, identityOf(resource)]));
      // An alias is made anew with its function, whose name it has in its ARN.
      if (resource.cfnResourceType === ALIAS) follow(resource, rendering(resource));
    }
  };
  follow(scope, value);
  return createHash("sha256").update(described.join("\n")).digest("hex").slice(0, DIGEST_DIGITS);
}

const DIGEST_DIGITS = 8;
const ALIAS = "AWS::Lambda::Alias";

/** Of a type that is not known here, all properties: a version too many does no harm. */
function identityOf(resource: CfnResource): Readonly<Record<string, unknown>> {
  const { logicalId, cfnResourceType: type } = resource;
  const rendered = Stack.of(resource).resolve(rendering(resource)) as Rendered;
  const properties = rendered.Resources?.[Stack.of(resource).resolve(logicalId) as string]?.Properties ?? {};
  const names = REPLACING_PROPERTIES[type] ?? Object.keys(properties);
  return Object.fromEntries(names.map((name) => [name, properties[name]]));
}

/** As the CDK's own hash of a function has it: with what was overridden by escape hatches. */
const rendering = (resource: CfnResource): object =>
  (resource as unknown as { _toCloudFormation(): object })._toCloudFormation();

interface Rendered {
  readonly Resources?: Readonly<Record<string, { readonly Properties?: Readonly<Record<string, unknown>> }>>;
}

function referencesIn(scope: IConstruct, value: unknown): ReadonlySet<CfnResource> {
  const resolver = new ReferenceCollector();
  Tokenization.resolve(value, { scope, resolver, preparing: false });
  return resolver.found;
}

class ReferenceCollector extends DefaultTokenResolver {
  readonly found = new Set<CfnResource>();

  constructor() {
    super(new StringConcat());
  }

  override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (Reference.isReference(token) && CfnResource.isCfnResource(token.target)) this.found.add(token.target);
    return super.resolveToken(token, context, postProcessor);
  }
}
