import { fieldsOf, isRecord, parsedJson } from "../../contract/foreign-value.ts";

/**
 * Whether a resource's own policy lets a service of AWS do something, as far as the policy alone tells. This module
 * knows only the part of IAM's language that such policies are written in. It answers `unclear` to anything else.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export type PolicyVerdict = "allowed" | "denied" | "unclear";

/** What a service asks for. */
export interface ServiceRequest {
  /** Such as `cloudwatch.amazonaws.com`. */
  readonly service: string;
  readonly action: string;
  readonly resourceArn: string;
  /** What IAM knows of the request besides who asks, by the condition keys in lower case. */
  readonly context: Readonly<Record<string, string>>;
}

interface Statement {
  readonly Effect?: string;
  readonly Principal?: string | Readonly<Record<string, OneOrMany>>;
  readonly NotPrincipal?: unknown;
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}
/** An account may be written as a number, and `true` without quotes. */
type Scalar = string | number | boolean;
type OneOrMany = Scalar | readonly Scalar[];

/** Whether a part of a statement matches a request. One `no` decides for the whole statement. */
type Match = "yes" | "no" | "unclear";

/** @param policy the document, as JSON. */
export function policyVerdict(policy: string, request: ServiceRequest): PolicyVerdict {
  const statements = statementsIn(policy);
  if (statements === undefined) return "unclear";
  const matches = statements.map((statement) => [statement.Effect, matchOf(statement, request)] as const);
  const has = (effect: string, match: Match) => matches.some(([is, found]) => is === effect && found === match);
  if (has("Deny", "yes")) return "denied";
  if (has("Deny", "unclear")) return "unclear";
  if (has("Allow", "yes")) return "allowed";
  return has("Allow", "unclear") ? "unclear" : "denied";
}

function statementsIn(policy: string): readonly Statement[] | undefined {
  const document = parsedJson(policy);
  const { Statement: given = [] } = fieldsOf(document);
  const statements: readonly unknown[] = Array.isArray(given) ? given : [given];
  // The policy comes from AWS. One that cannot be read proves nothing.
  return isRecord(document) && statements.every(isStatement) ? statements : undefined;
}

const isScalar = (value: unknown): boolean => /^(?:string|number|boolean)$/.test(typeof value);
const isOneOrMany = (value: unknown): boolean => isScalar(value) || (Array.isArray(value) && value.every(isScalar));
const isMapOf = (value: unknown, isEntry: (entry: unknown) => boolean): boolean =>
  isRecord(value) && Object.values(value).every(isEntry);

function isStatement(value: unknown): value is Statement {
  const { Principal = "*", Condition = {}, Action = "", NotAction = "", Resource = "" } = fieldsOf(value);
  return (
    isRecord(value) &&
    (typeof Principal === "string" || isMapOf(Principal, isOneOrMany)) &&
    isMapOf(Condition, (keys) => isMapOf(keys, isOneOrMany)) &&
    [Action, NotAction, Resource].every(isOneOrMany)
  );
}

function matchOf(statement: Statement, request: ServiceRequest): Match {
  const { Condition: conditions = {} } = statement;
  const context = { ...request.context, ...callerContext(request.service) };
  return all([
    principalMatch(statement, request.service),
    actionMatch(statement, request.action),
    resourceMatch(statement, request.resourceArn),
    ...Object.entries(conditions).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => conditionMatch(operator, key, many(values), context)),
    ),
  ]);
}

/**
 * What IAM knows of a service that calls by its own name. Such a service belongs to no account and no organization. AWS
 * does not document that each of those keys is absent, so a condition on one of them is unclear.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const callerContext = (service: string): ServiceRequest["context"] => ({
  "aws:principalisawsservice": "true",
  "aws:principalservicename": service,
});

const all = (matches: readonly Match[]): Match =>
  matches.includes("no") ? "no" : matches.includes("unclear") ? "unclear" : "yes";

const many = (given: OneOrMany): readonly string[] =>
  (Array.isArray(given) ? (given as readonly Scalar[]) : [given as Scalar]).map(String);
/** The value of a policy variable is not known here. */
const hasVariable = (values: readonly string[]): boolean => values.some((each) => each.includes("${"));
const yesIf = (is: boolean): Match => (is ? "yes" : "no");

/** A topic's default policy admits `{"AWS":"*"}`, and CloudWatch with it. */
function principalMatch({ Principal: principal, NotPrincipal: not }: Statement, service: string): Match {
  if (not !== undefined || principal === undefined) return "unclear";
  if (typeof principal === "string") return yesIf(principal === "*");
  const { AWS: accounts = [], Service: services = [] } = principal;
  return yesIf(many(accounts).includes("*") || many(services).some((each) => each === service || each === "*"));
}

function actionMatch({ Action: actions, NotAction: not }: Statement, action: string): Match {
  const isAmong = (given: OneOrMany) => many(given).some((each) => isLike(each.toLowerCase(), action.toLowerCase()));
  if (not !== undefined) return yesIf(!isAmong(not));
  return actions === undefined ? "unclear" : yesIf(isAmong(actions));
}

function resourceMatch({ Resource: resources, NotResource: not }: Statement, arn: string): Match {
  if (not !== undefined) return "unclear";
  if (resources === undefined) return "yes";
  const patterns = many(resources);
  if (patterns.some((each) => isLike(each, arn))) return "yes";
  return hasVariable(patterns) ? "unclear" : "no";
}

const OPERATOR = /^(String|Arn|Bool)(Not)?(?:Equals|Like)?(IgnoreCase)?(?:IfExists)?$/;

function conditionMatch(
  operator: string,
  key: string,
  values: readonly string[],
  context: Readonly<Record<string, string>>,
): Match {
  const [, type, not, ignoreCase] = OPERATOR.exec(operator) ?? [];
  const value = context[key.toLowerCase()];
  // `IfExists` also matches where the key is absent, and only IAM knows whether it is.
  if (type === undefined || value === undefined || hasVariable(values)) return "unclear";
  const folded = (text: string) => (ignoreCase !== undefined || type === "Bool" ? text.toLowerCase() : text);
  // An ARN's Equals is its Like; a string's Equals knows no wildcard.
  const isPattern = type === "Arn" || /Like/.test(operator);
  const fits = (each: string) => (isPattern ? isLike(folded(each), folded(value)) : folded(each) === folded(value));
  return yesIf(values.some(fits) === (not === undefined));
}

/** Whether a string matches a pattern of `*` and `?`. */
function isLike(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
