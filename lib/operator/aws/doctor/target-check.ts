import type { AwsTargetKind } from "../../../contract/deployment/target-kind.ts";
import { type Deployment, targetOf } from "../deployment.ts";
import { isMissing } from "../deployment-fault.ts";
import { AWS_TARGETS, foreignArn, isAwsTarget } from "./aws-target.ts";
import type { Check, Checked, Found } from "./finding.ts";
import { type Address, type Reached, reach } from "./reach.ts";
import type { DestinationTrouble, KindOutsideAws } from "./target-findings.ts";

/** What the functions were told of the target. */
type DeployedTarget = Readonly<Record<string, unknown>>;

/** Where a target outside AWS listens, and what of it takes the events, which nobody but the relay can prove. */
interface ReachedTarget {
  readonly addresses: (deployed: DeployedTarget) => readonly Address[];
  readonly taker: (deployed: DeployedTarget) => unknown;
}

const REACHED_TARGETS: Readonly<Record<KindOutsideAws, ReachedTarget>> = {
  http: {
    addresses: ({ url, alsoTo = [] }) =>
      [url, ...(alsoTo as readonly string[])].map((each) => addressOf(each, "https:", 443)),
    taker: ({ url }) => url,
  },
  nakadi: {
    addresses: ({ url }) => [addressOf(url, "https:", 443)],
    taker: ({ eventType }) => eventType,
  },
  rabbitmq: {
    addresses: ({ url }) => [addressOf(url, "amqps:", 5671)],
    taker: ({ exchange, queue }) => exchange ?? queue,
  },
  nats: {
    // Its TLS begins after the server's first words, so no certificate is seen.
    addresses: ({ servers }) =>
      (servers as readonly string[]).map((server) => ({ ...addressOf(server, "", 4222), tls: false })),
    taker: ({ subject }) => subject,
  },
  kafka: {
    addresses: ({ brokers, tls }) =>
      String(brokers)
        .split(",")
        .map((broker) => ({ ...addressOf(`kafka://${broker}`, "", 9092), tls: tls !== false })),
    taker: ({ topic }) => topic,
  },
};

const PLAIN_PORTS: Readonly<Record<string, number>> = { "http:": 80, "amqp:": 5672 };

function addressOf(url: unknown, tlsScheme: string, port: number): Address {
  const { hostname, port: given, protocol } = new URL(String(url));
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: Number(given) || (PLAIN_PORTS[protocol] ?? port), tls: protocol === tlsScheme };
}

/** Whether the target is there. No event is sent. */
export const checkTarget: Check = async (checked) => {
  const deployed = targetOf(checked.deployment);
  const { kind } = deployed;
  if (isAwsTarget(kind)) return checkAwsTarget(kind, deployed, checked);
  const target = REACHED_TARGETS[kind as KindOutsideAws] as ReachedTarget | undefined;
  return target === undefined
    ? { state: "unknown", code: "target-kind-unknown", kind: String(kind) }
    : checkReach(kind as KindOutsideAws, target, checked);
};

async function checkAwsTarget(
  kind: AwsTargetKind,
  deployed: DeployedTarget,
  { clients, deployment }: Checked,
): Promise<Found> {
  const { destinations, describe } = AWS_TARGETS[kind];
  const { unverified = [] } = deployed as { readonly unverified?: readonly string[] };
  const addresses: string[] = [];
  const troubles: DestinationTrouble[] = [];
  const foreign: { readonly address: string; readonly isUnverified: boolean }[] = [];
  for (const { address } of destinations(deployed)) {
    try {
      const { trouble } = await describe(clients, address);
      if (trouble === undefined) addresses.push(address);
      else troubles.push({ address, ...trouble });
    } catch (error) {
      // Another account need not let anybody describe its resources, and may then answer as if there were none.
      if (foreignArn(kind, address, deployment.relay?.FunctionArn) !== undefined) {
        foreign.push({ address, isUnverified: unverified.includes(address) });
      } else if (isMissing(error)) {
        troubles.push({ address, kind: "missing" });
      } else throw error;
    }
  }
  if (troubles.length > 0) return { state: "wrong", code: "destinations-wrong", kind, troubles };
  return foreign.length === 0
    ? { state: "fine", code: "destinations-right", kind, addresses }
    : { state: "out of sight", code: "destinations-foreign", kind, addresses, foreign };
}

async function checkReach(kind: KindOutsideAws, target: ReachedTarget, { deployment }: Checked): Promise<Found> {
  const deployed = targetOf(deployment);
  const addresses = target.addresses(deployed);
  const places = addresses.map(({ host, port }) => `${host}:${port}`);
  const vpcId = vpcOf(deployment);
  if (vpcId !== undefined) return { state: "out of sight", code: "target-in-vpc", places, vpcId };
  const reached = await Promise.all(addresses.map(reach));
  const [trouble] = reached.flatMap((each, index) =>
    troubleIn(each, String(places[index]), deployed["ca"] !== undefined),
  );
  return (
    trouble ?? { state: "out of sight", code: "places-answer", places, kind, taker: String(target.taker(deployed)) }
  );
}

function troubleIn(reached: Reached, place: string, ownAuthority: boolean): readonly Found[] {
  switch (reached.kind) {
    case "nobody":
      return [{ state: "wrong", code: "nobody-listens", place, errorCode: reached.code }];
    case "silence":
      return [{ state: "unknown", code: "place-silent", place, errorCode: reached.code }];
    case "answers":
      // With an authority of its own, which is a secret, only the relay can tell.
      return reached.distrusted === undefined || ownAuthority
        ? []
        : [{ state: "wrong", code: "certificate-distrusted", place, reason: reached.distrusted }];
  }
}

const vpcOf = ({ relay, requeuer }: Deployment): string | undefined => {
  const id = (relay ?? requeuer)?.VpcConfig?.VpcId;
  return id === undefined || id === "" ? undefined : id;
};
