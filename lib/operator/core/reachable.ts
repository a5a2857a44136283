import type { AwsTargetKind } from "../../contract/deployment/target-kind.ts";

/** A subnet's way out, by its route table. */
export interface SubnetRoutes {
  readonly subnetId: string;
  /** The subnet's own route table, or the VPC's main one. Undefined: it could not be found. */
  readonly routeTableId: string | undefined;
  /** Where traffic without a narrower route goes: a NAT gateway, an internet gateway, ... Undefined: nowhere. */
  readonly defaultRoute: string | undefined;
}

/** A VPC endpoint that is available. */
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
const TARGET_SERVICES: Readonly<Record<AwsTargetKind, string>> = {
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
  for (const [kind, service] of Object.entries(TARGET_SERVICES)) if (told["kind"] === kind) names.add(service);
  const settings = JSON.stringify(told);
  if (settings.includes('"secretArn"')) names.add("secretsmanager");
  if (settings.includes('"parameterName"')) names.add("ssm");
  return [...names];
}

/** A route of IPv4 addresses. */
export interface Route {
  /** Such as `0.0.0.0/0`. */
  readonly cidr: string;
  /** Undefined: what the route leads to is gone, so traffic that takes the route is lost. */
  readonly way: string | undefined;
}

/**
 * Where a route table leads traffic that has no narrower route. That is one default route, or several wide ones that
 * cover all addresses together, as `0.0.0.0/1` and `128.0.0.0/1` do. Of two wide routes the narrower one wins.
 * Undefined: some addresses lead nowhere. If some addresses lead to an internet gateway, that gateway is returned.
 */
export function defaultRouteOf(routes: readonly Route[]): string | undefined {
  const wide = routes.flatMap(({ cidr, way }) => {
    const [address = "", length = ""] = cidr.split("/");
    return Number(length) > WIDE_BITS ? [] : [{ first: Number(address.split(".")[0]), length: Number(length), way }];
  });
  const ways = Array.from({ length: 2 ** WIDE_BITS }, (_, block) => {
    const taken = wide.filter(({ first, length }) => ((first >> 1) ^ block) >> (WIDE_BITS - length) === 0);
    return taken.reduce<(typeof wide)[number] | undefined>(
      (best, each) => (best === undefined || each.length > best.length ? each : best),
      undefined,
    )?.way;
  });
  if (ways.includes(undefined)) return undefined;
  return ways.find((way) => way !== undefined && isInternetGateway(way)) ?? ways[0];
}

/** Private networks are narrower: `10.0.0.0/8` is the widest. */
const WIDE_BITS = 7;

const isInternetGateway = (way: string): boolean => way.startsWith("igw-");

/** The services that a subnet does not reach. Undefined: it could not be found out. */
export interface Unreached {
  readonly subnetId: string;
  readonly services: readonly string[] | undefined;
  /** A route that exists and leads a function nowhere. */
  readonly uselessRoute?: string;
}

/**
 * The subnets from which some of the services cannot be reached. A default route to anything but an internet gateway
 * counts as a way out: nothing behind it is checked. A function in a VPC has no public address, so an internet gateway
 * takes nothing from it.
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
    const isGateway = defaultRoute !== undefined && isInternetGateway(defaultRoute);
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
