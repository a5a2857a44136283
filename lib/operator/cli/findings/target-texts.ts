import type { AwsTargetKind } from "../../../contract/deployment/target-kind.ts";
import type { KindOutsideAws } from "../../aws/doctor/target-doctors.ts";
import type {
  BusKeyDoubt,
  BusKeyFault,
  BusKeyFound,
  DestinationTrouble,
  TargetFound,
} from "../../aws/doctor/target-findings.ts";
import { DEPLOY } from "../texts/fault-texts.ts";
import { type FindingText, type FindingTexts, PROOF } from "./finding-text.ts";

export const TARGET_TEXTS: FindingTexts<TargetFound | BusKeyFound> = {
  "target-kind-unknown": ({ kind }) => ({
    what: `the target ${kind} is not one that this command knows`,
    fix: "use the command of the version that is deployed",
  }),
  "destinations-right": ({ kind, addresses }) => ({ what: existText(kind, addresses).join() }),
  "destinations-wrong": ({ kind, troubles }) => {
    const texts = troubles.map((trouble) => troubleText(kind, trouble));
    const fixes = new Set(texts.map(({ fix }) => fix));
    return { what: texts.map(({ what }) => what).join("; "), fix: [...fixes].join("; ") };
  },
  "destinations-foreign": ({ kind, addresses, foreign }) => ({
    what: [...existText(kind, addresses), ...foreign.map(foreignText)].join("; "),
    fix: PROOF,
  }),
  "nobody-listens": ({ place, errorCode }) => ({
    what: `nobody listens at ${place} (${errorCode})`,
    fix: "start it, or correct its address and deploy again",
  }),
  "place-silent": ({ place, errorCode }) => ({
    what: `${place} does not answer this machine (${errorCode}); it may answer the relay`,
    fix: PROOF,
  }),
  "certificate-distrusted": ({ place, reason }) => ({
    what: `the certificate of ${place} is not to be trusted (${reason})`,
    fix: "renew it, or name its authority by ca",
  }),
  "target-in-vpc": ({ places, vpcId }) => ({
    what: `not checked from here: the relay reaches ${places.join(", ")} from inside the VPC ${vpcId}`,
    fix: PROOF,
  }),
  "places-answer": ({ places, kind, taker }) => ({
    what: `${places.join(", ")} ${places.length === 1 ? "answers" : "answer"}; ${TAKES[kind](taker)} only the relay finds out`,
    fix: PROOF,
  }),
  "target-without-bus": () => ({ what: "the target is not an event bus" }),
  "bus-keys-right": ({ buses }) => ({
    what:
      buses.length === 0
        ? "AWS's own"
        : buses.map((bus) => `the bus ${bus} may use its key, and has a dead-letter queue`).join("; "),
  }),
  "bus-keys-wrong": ({ faults }) => {
    const texts = faults.map(busKeyText);
    return {
      what: texts.map(({ what }) => what).join("; "),
      fix: [...new Set(texts.map(({ fix }) => fix))].join("; "),
    };
  },
  "bus-keys-unclear": ({ doubts }) => ({ what: doubts.map(busKeyDoubtText).join("; ") }),
};

const NOUNS: Readonly<Record<AwsTargetKind, string>> = {
  eventbridge: "bus",
  sqs: "queue",
  sns: "topic",
  kinesis: "stream",
  lambda: "function",
};

const nameOf = (kind: AwsTargetKind, address: string): string => `the ${NOUNS[kind]} ${address}`;

/** Nothing where none of them is there. */
const existText = (kind: AwsTargetKind, addresses: readonly string[]): readonly string[] =>
  addresses.length === 0
    ? []
    : [`${addresses.map((each) => nameOf(kind, each)).join(", ")} ${addresses.length === 1 ? "exists" : "exist"}`];

const REMAKE = `create it again, or ${DEPLOY}`;

function troubleText(kind: AwsTargetKind, trouble: DestinationTrouble): Required<FindingText> {
  const { address } = trouble;
  switch (trouble.kind) {
    case "missing":
      return { what: `${address} does not exist`, fix: REMAKE };
    case "state":
      return { what: `${nameOf(kind, address)} takes nothing: it is ${trouble.awsState}`, fix: REMAKE };
    case "never-run":
      return {
        what: `${nameOf(kind, address)} takes nothing: its reserved concurrency is 0, so Lambda never runs it`,
        fix: `aws lambda delete-function-concurrency --function-name ${trouble.functionName}`,
      };
  }
}

/** What is true of a destination that another account shows nobody. */
const foreignText = ({
  address,
  isUnverified,
}: {
  readonly address: string;
  readonly isUnverified: boolean;
}): string =>
  isUnverified
    ? `whether ${address} of another account exists nobody can ask: its acknowledgement alone is taken`
    : `whether ${address} of another account takes events only the relay finds out`;

/** What of a target that answers is not proven by that. */
const TAKES: Readonly<Record<KindOutsideAws, (taker: string) => string>> = {
  http: () => "whether it takes events",
  nakadi: (eventType) => `whether the event type ${eventType} takes events`,
  rabbitmq: (exchangeOrQueue) => `whether ${exchangeOrQueue} takes messages`,
  nats: (subject) => `whether a stream takes ${subject}`,
  kafka: (topic) => `whether the topic ${topic} takes records`,
};

function busKeyText(fault: BusKeyFault): Required<FindingText> {
  const { bus, keyId } = fault;
  switch (fault.kind) {
    case "unprotected":
      return {
        what: `the bus ${bus} has the key ${keyId} and no dead-letter queue: once the key cannot be used it loses what it acknowledges`,
        fix: `\`aws events update-event-bus --name ${bus} --kms-key-identifier ${keyId} --dead-letter-config Arn=<an SQS queue's ARN>\`, and let events.amazonaws.com send to that queue`,
      };
    case "missing":
      return {
        what: `the key ${keyId} of the bus ${bus} does not exist: the bus acknowledges events and delivers none`,
        fix: "give the bus another key",
      };
    case "out-of-use":
      return {
        what: `the key ${keyId} of the bus ${bus} is ${fault.keyState}: the bus acknowledges events and delivers none`,
        fix: `\`aws kms enable-key --key-id ${keyId}\`, after \`aws kms cancel-key-deletion\` where it is pending`,
      };
    case "denied":
      return {
        what: `the policy of the key ${keyId} does not let events.amazonaws.com do ${fault.actions.join(", ")}, which the bus ${bus} needs`,
        fix: "allow it in the key's policy",
      };
  }
}

const busKeyDoubtText = (doubt: BusKeyDoubt): string =>
  doubt.kind === "unclear"
    ? `the policy of the key ${doubt.keyId} says more than is read here about ${doubt.actions.join(", ")} by the bus ${doubt.bus}`
    : `whether the bus ${doubt.bus} may use its key ${doubt.keyId}: ${doubt.message}`;
