import type { TargetKind } from "../target-kind.ts";

/** A way out of a subnet, as its route table has it. */
export interface SubnetRoutes {
  readonly subnetId: string;
  /** The route table that it has, its own or the VPC's main one. Undefined: it could not be found. */
  readonly routeTableId: string | undefined;
  /** Where everything goes that has no route of its own: a NAT gateway, an internet gateway, ... Undefined: nowhere. */
  readonly defaultRoute: string | undefined;
}

/** A VPC endpoint that is there to be used. */
export interface VpcEndpoint {
  /** `com.amazonaws.<region>.<service>` */
  readonly serviceName: string;
  /** Of a gateway: the route tables that lead to it. Undefined: an interface, which its VPC reaches. */
  readonly routeTableIds?: readonly string[];
  /** Whether the service's own name leads to an interface. */
  readonly privateDns: boolean;
}

/** What the functions were told of the target. */
type Told = Readonly<Record<string, unknown>>;

/** By the last part of their endpoints' names: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html */
const TARGET_SERVICES: Partial<Readonly<Record<TargetKind, string>>> = {
  eventbridge: "events",
  sqs: "sqs",
  sns: "sns",
  kinesis: "kinesis-streams",
  lambda: "lambda",
};

/**
 * The services of AWS that a function calls itself. DynamoDB, SQS and Secrets Manager use keys by themselves, and Lambda writes
 * the logs and brings the role's credentials.
 */
export function servicesCalled(told: Told): readonly string[] {
  const names = new Set(["dynamodb", "sqs"]);
  const service = TARGET_SERVICES[told["kind"] as TargetKind];
  if (service !== undefined) names.add(service);
  const settings = JSON.stringify(told);
  if (settings.includes('"secretArn"')) names.add("secretsmanager");
  if (settings.includes('"parameterName"')) names.add("ssm");
  return [...names];
}

/** What a subnet does not reach, or undefined where nobody can tell. */
export interface Unreached {
  readonly subnetId: string;
  readonly services: readonly string[] | undefined;
  /** A route that is there and leads a function nowhere. */
  readonly uselessRoute?: string;
}

/**
 * The subnets from which some of the services cannot be reached. Another default route than to an internet gateway is taken to lead
 * out: what is behind it is not looked at. A function in a VPC has no public address, so an internet gateway takes nothing from it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
 */
export function unreachedFrom(
  subnets: readonly SubnetRoutes[],
  endpoints: readonly VpcEndpoint[],
  services: readonly string[],
): readonly Unreached[] {
  return subnets.flatMap(({ subnetId, routeTableId, defaultRoute }): readonly Unreached[] => {
    if (routeTableId === undefined) return [{ subnetId, services: undefined }];
    const isGateway = defaultRoute?.startsWith("igw-") === true;
    if (defaultRoute !== undefined && !isGateway) return [];
    const missing = services.filter(
      (service) =>
        !endpoints.some(
          ({ serviceName, routeTableIds, privateDns }) =>
            serviceName.endsWith(`.${service}`) &&
            (routeTableIds === undefined ? privateDns : routeTableIds.includes(routeTableId)),
        ),
    );
    if (missing.length === 0) return [];
    return [{ subnetId, services: missing, ...(isGateway && { uselessRoute: defaultRoute }) }];
  });
}
