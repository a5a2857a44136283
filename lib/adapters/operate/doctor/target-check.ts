import type { AwsTargetKind, TargetKind } from "../../../core/target-kind.ts";
import { type Deployment, targetOf } from "../deployment.ts";
import { DEPLOY, isMissing } from "../deployment-fault.ts";
import { AWS_TARGETS, foreignArn, isAwsTarget } from "./aws-target.ts";
import { type Check, type Checked, type Found, fine, notCheckable, unknown, wrong } from "./finding.ts";
import { type Address, type Reached, reach } from "./reach.ts";

/** What the functions were told of the target. */
type DeployedTarget = Readonly<Record<string, unknown>>;

/** Where a target outside AWS listens, and what of it nobody but the relay can find out. */
interface ReachedTarget {
  readonly addresses: (deployed: DeployedTarget) => readonly Address[];
  readonly uncheckable: (deployed: DeployedTarget) => string;
}

type KindOutsideAws = Exclude<TargetKind, AwsTargetKind>;

const REACHED_TARGETS: Readonly<Record<KindOutsideAws, ReachedTarget>> = {
  http: {
    addresses: ({ url, alsoTo = [] }) =>
      [url, ...(alsoTo as readonly string[])].map((each) => addressOf(each, "https:", 443)),
    uncheckable: () => "whether it takes events",
  },
  nakadi: {
    addresses: ({ url }) => [addressOf(url, "https:", 443)],
    uncheckable: ({ eventType }) => `whether the event type ${eventType} takes events`,
  },
  rabbitmq: {
    addresses: ({ url }) => [addressOf(url, "amqps:", 5671)],
    uncheckable: ({ exchange, queue }) => `whether ${exchange ?? queue} takes messages`,
  },
  nats: {
    // Its TLS begins after the server's first words, so no certificate is seen.
    addresses: ({ servers }) =>
      (servers as readonly string[]).map((server) => ({ ...addressOf(server, "", 4222), tls: false })),
    uncheckable: ({ subject }) => `whether a stream takes ${subject}`,
  },
  kafka: {
    addresses: ({ brokers, tls }) =>
      String(brokers)
        .split(",")
        .map((broker) => ({ ...addressOf(`kafka://${broker}`, "", 9092), tls: tls !== false })),
    uncheckable: ({ topic }) => `whether the topic ${topic} takes records`,
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
    ? unknown(
        `the target ${String(kind)} is not one that this command knows`,
        "use the command of the version that is deployed",
      )
    : checkReach(target, deployed, checked);
};

async function checkAwsTarget(
  kind: AwsTargetKind,
  deployed: DeployedTarget,
  { clients, deployment }: Checked,
): Promise<Found> {
  const { destinations, describe } = AWS_TARGETS[kind];
  const there: string[] = [];
  const troubles: string[] = [];
  const fixes = new Set<string>();
  const uncheckable: string[] = [];
  for (const { address } of destinations(deployed)) {
    try {
      const { name: named, trouble, fix = REMAKE } = await describe(clients, address);
      if (trouble === undefined) {
        there.push(named);
        continue;
      }
      troubles.push(`${named} takes nothing: ${trouble}`);
      fixes.add(fix);
    } catch (error) {
      // Another account need not let anybody look, and may then answer as if there were nothing.
      if (foreignArn(kind, address, deployment.relay?.FunctionArn) !== undefined) uncheckable.push(address);
      else if (isMissing(error)) {
        troubles.push(`${address} does not exist`);
        fixes.add(REMAKE);
      } else throw error;
    }
  }
  if (troubles.length > 0) return wrong(troubles.join("; "), [...fixes].join("; "));
  const seen = there.length === 0 ? [] : [`${there.join(", ")} ${there.length === 1 ? "exists" : "exist"}`];
  if (uncheckable.length === 0) return fine(seen.join());
  return notCheckable([...seen, ...uncheckable.map((each) => theirs(each, deployed))].join("; "), PROOF);
}

const REMAKE = `create it again, or ${DEPLOY}`;

/** What is true of a destination that another account shows nobody. */
function theirs(address: string, { unverified = [] }: DeployedTarget): string {
  return (unverified as readonly string[]).includes(address)
    ? `whether ${address} of another account exists nobody can ask: its acknowledgement alone is taken`
    : `whether ${address} of another account takes events only the relay finds out`;
}

const PROOF = "outbox-relay status tells what the relay met; outbox-relay put proves it by an event";

async function checkReach(target: ReachedTarget, deployed: DeployedTarget, { deployment }: Checked): Promise<Found> {
  const addresses = target.addresses(deployed);
  const places = addresses.map(({ host, port }) => `${host}:${port}`);
  const vpc = vpcOf(deployment);
  if (vpc !== undefined) {
    return notCheckable(
      `not checked from here: the relay reaches ${places.join(", ")} from inside the VPC ${vpc}`,
      PROOF,
    );
  }
  const reached = await Promise.all(addresses.map(reach));
  const [trouble] = reached.flatMap((each, index) =>
    troubleIn(each, String(places[index]), deployed["ca"] !== undefined),
  );
  if (trouble !== undefined) return trouble;
  return notCheckable(
    `${places.join(", ")} ${places.length === 1 ? "answers" : "answer"}; ${target.uncheckable(deployed)} only the relay finds out`,
    PROOF,
  );
}

function troubleIn(reached: Reached, place: string, ownAuthority: boolean): readonly Found[] {
  switch (reached.kind) {
    case "nobody":
      return [
        wrong(`nobody listens at ${place} (${reached.code})`, "start it, or correct its address and deploy again"),
      ];
    case "silence":
      return [unknown(`${place} does not answer this machine (${reached.code}); it may answer the relay`, PROOF)];
    case "answers":
      // With an authority of its own, which is a secret, only the relay can tell.
      return reached.distrusted === undefined || ownAuthority
        ? []
        : [
            wrong(
              `the certificate of ${place} is not to be trusted (${reached.distrusted})`,
              "renew it, or name its authority by ca",
            ),
          ];
  }
}

const vpcOf = ({ relay, requeuer }: Deployment): string | undefined => {
  const id = (relay ?? requeuer)?.VpcConfig?.VpcId;
  return id === undefined || id === "" ? undefined : id;
};
