/** A CloudFormation template, as the CDK synthesizes it. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** The values that CloudFormation would put in place of references. */
export interface References {
  /** The physical id of a resource, by its logical id; undefined for one that was not deployed. */
  physicalId(logicalId: string): string | undefined;
  readonly region: string;
  readonly account: string;
  /** @default "aws" */
  readonly partition?: string;
}

interface Context extends References {
  readonly conditions: Readonly<Record<string, unknown>>;
}

/**
 * Replaces the template's references by values, as far as dashboards and alarms use them.
 *
 * @throws for an unknown function or attribute.
 */
function resolve(value: unknown, references: Context): unknown {
  if (Array.isArray(value)) return value.map((each) => resolve(each, references));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[name, argument] = []] = entries;
  if (entries.length === 1 && name === "Ref") return reference(String(argument), references);
  if (entries.length === 1 && name === "Fn::GetAtt") {
    const [logicalId = "", attribute = ""] = argument as readonly string[];
    return attributeOf(logicalId, attribute, references);
  }
  if (entries.length === 1 && name === "Fn::Join") {
    const [separator, parts] = argument as readonly [string, readonly unknown[]];
    return parts.map((part) => String(resolve(part, references))).join(separator);
  }
  if (entries.length === 1 && name === "Fn::If") {
    const [condition = "", met, unmet] = argument as readonly [string, unknown, unknown];
    return resolve(resolve(references.conditions[condition], references) === true ? met : unmet, references);
  }
  if (entries.length === 1 && name === "Fn::Equals") {
    const [one, other] = argument as readonly unknown[];
    return resolve(one, references) === resolve(other, references);
  }
  if (entries.length === 1 && name?.startsWith("Fn::")) throw new Error(`The function ${name} is not known here yet.`);
  return Object.fromEntries(entries.map(([key, each]) => [key, resolve(each, references)]));
}

function reference(logicalId: string, references: References): string {
  switch (logicalId) {
    case "AWS::Region":
      return references.region;
    case "AWS::AccountId":
      return references.account;
    case "AWS::Partition":
      return references.partition ?? "aws";
    default:
      return references.physicalId(logicalId) ?? logicalId;
  }
}

function attributeOf(logicalId: string, attribute: string, references: References): string {
  const physicalId = references.physicalId(logicalId) ?? logicalId;
  switch (attribute) {
    case "Arn":
      // Alarms are identified by their logical ids here, since an emulator cannot deploy all of them.
      return alarmArn(logicalId, references);
    case "QueueName":
      // The physical id of a queue is its URL.
      return physicalId.slice(physicalId.lastIndexOf("/") + 1);
    default:
      throw new Error(`The attribute ${attribute} of ${logicalId} is not known here yet.`);
  }
}

const ALARM_IN_ARN = ":alarm:";

const alarmArn = (logicalId: string, { region, account }: References): string =>
  `arn:aws:cloudwatch:${region}:${account}${ALARM_IN_ARN}${logicalId}`;

/** The logical id in an alarm's ARN as {@link resolve} writes it. */
export const alarmIdOf = (arn: string): string => arn.slice(arn.lastIndexOf(ALARM_IN_ARN) + ALARM_IN_ARN.length);

/** The resources of a type, resolved, by their logical ids. */
export function resourcesOf(
  { Resources, Conditions = {} }: Template,
  type: string,
  references: References,
): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties = {} }]) => [
      id,
      resolve(Properties, { ...references, conditions: Conditions }) as Readonly<Record<string, unknown>>,
    ]);
}
