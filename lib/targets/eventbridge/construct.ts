import { Stack, Token } from "aws-cdk-lib";
import { type CfnEventBus, type IEventBus, Rule } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";
import { refuse } from "../../contract/settings/setting-reader.ts";
import { acknowledgeBusGuardFindings } from "../../synth/acknowledgements.ts";
import { isResource } from "../../synth/cfn-resource.ts";
import { grantPublishTo, grantPutEventsUnverified } from "../../synth/grants.ts";
import { isHere, type PlacedDestination, placedIn } from "../shared/synth/aws-destinations.ts";
import type { DeployedTarget, TargetEnvironment } from "../shared/synth/outbox-target.ts";
import { type BusChecks, isUnprotected, readBusChecks } from "./bus-checks.ts";

export interface EventBridgeTargetOptions extends BusChecks {
  /**
   * Further buses that rows may name as their `destination`.
   *
   * @default none: a row that names another bus is parked
   */
  readonly alsoTo?: readonly IEventBus[];
  /**
   * Accepts buses of other accounts, whose existence cannot be checked. EventBridge acknowledges an event even if its
   * bus does not exist: once such a bus is deleted, its events are lost. Buses of the relay's own account are still
   * checked.
   *
   * @default false: a bus of another account is refused
   */
  readonly unverified?: boolean;
  /**
   * Puts a disabled rule on each of the buses: the API and CloudFormation refuse to delete a bus with rules. It also
   * blocks its owner's `cdk destroy` and renaming, and uses one of the bus's 300 rules (100 in some Regions).
   *
   * @default false; a bus that the stack makes by its settings has one
   */
  readonly guardBus?: boolean;
}

export class EventBridgeTarget {
  readonly kind = "eventbridge";
  readonly #buses: readonly IEventBus[];
  readonly #unverified: boolean;
  readonly #isGuarded: boolean;
  readonly #checks: BusChecks;

  constructor(bus: IEventBus, options: EventBridgeTargetOptions) {
    const { alsoTo = [], unverified = false, guardBus = false } = options;
    this.#buses = [bus, ...alsoTo];
    this.#unverified = unverified;
    this.#isGuarded = guardBus;
    this.#checks = readBusChecks("target", options);
  }

  /** @throws SettingError for a bus of another region, and for a bus of another account without `unverified: true`. */
  deployedIn(scope: Construct): DeployedTarget {
    const buses = placedIn(
      scope,
      this.#buses.map((resource) => {
        const { eventBusArn: arn, eventBusName: name } = resource;
        return { resource, arn, name, address: arn };
      }),
    );
    this.#refuseWhatNobodyVerifies(scope, buses);
    if (this.#isGuarded) {
      for (const [index, bus] of this.#buses.entries()) guard(scope, buses[index] as PlacedDestination, bus, index);
    }
    for (const bus of this.#buses) refuseUnprotected(scope, bus);
    const [busName = "", ...alsoTo] = buses.map(spelled);
    const foreign = this.#unverified ? buses.filter((bus) => !isHere(bus)) : [];
    const environment: TargetEnvironment = {
      kind: this.kind,
      busName,
      ...(alsoTo.length === 0 ? {} : { alsoTo }),
      ...(foreign.length === 0 ? {} : { unverified: foreign.map(spelled) }),
      ...this.#checks,
      // So that the functions recognise a bus of their own account by its ARN.
      home: homeOf(scope),
    };
    const verified = buses.filter((bus) => !foreign.includes(bus) || bus.account === "unknown").map(({ arn }) => arn);
    const unverified = foreign.filter(({ account }) => account === "other").map(({ arn }) => arn);
    return {
      targetName: busName,
      environment,
      resourceArns: verified,
      keyArns: this.#buses.flatMap(keyArnOf),
      hasExistenceChecks: verified.length > 0,
      grantPublish: (grantee) => {
        if (verified.length > 0) grantPublishTo(grantee, this.kind, verified);
        if (unverified.length > 0) grantPutEventsUnverified(grantee, unverified);
      },
    };
  }

  #refuseWhatNobodyVerifies(scope: Construct, buses: readonly PlacedDestination[]): void {
    for (const { path, arn, account, place } of buses) {
      if (account !== "other" || this.#unverified) continue;
      const fix =
        "EventBridge acknowledges events for a bus that does not exist, and nobody can ask whether one of another account does: " +
        "say unverified: true to accept its acknowledgement alone, or publish to a bus of the stack's account, whose rule sends events on";
      refuse(path, arn, `it is in the account ${place.account}, and the relay in ${Stack.of(scope).account}; ${fix}`);
    }
    if (this.#unverified && buses.every(isHere)) {
      refuse("target.unverified", true, "every bus is of the stack's account, where it is looked at: leave it out");
    }
  }
}

/** A rule that only keeps the bus: neither the API nor CloudFormation deletes a bus with a rule. */
function guard(scope: Construct, { name, arn, ...place }: PlacedDestination, eventBus: IEventBus, index: number): void {
  if (name === "default") refuse("target.guardBus", true, "the default bus cannot be deleted: leave it out");
  if (!isHere({ name, arn, ...place })) {
    refuse(
      "target.guardBus",
      true,
      `only a bus of the stack's account can be guarded, and ${arn} is none: leave it out`,
    );
  }
  const rule = new Rule(scope, index === 0 ? "BusGuard" : `BusGuard${index + 1}`, {
    description: "Keeps the bus from being deleted while the outbox publishes to it; matches nothing",
    eventBus,
    eventPattern: { source: ["dynamodb-outbox-relay.guard"] },
    enabled: false,
  });
  acknowledgeBusGuardFindings(rule);
}

/**
 * Makes synth fail for a bus of this app that would lose acknowledged events once its key cannot be used. The requeuer
 * checks imported buses.
 */
function refuseUnprotected(scope: Construct, bus: IEventBus): void {
  const { defaultChild: made } = bus.node;
  if (!isResource<CfnEventBus>(made, "AWS::Events::EventBus")) return;
  scope.node.addValidation({
    // Checked at synth, since a bus may get its queue after the relay was made.
    validate: () => {
      const { kmsKeyIdentifier: KmsKeyIdentifier, deadLetterConfig } = made;
      const DeadLetterConfig = deadLetterConfig === undefined ? undefined : { Arn: "a queue of the template" };
      if (!isUnprotected({ KmsKeyIdentifier, DeadLetterConfig })) return [];
      return [
        `The event bus ${bus.node.path} has a customer-managed key and no dead-letter queue. EventBridge acknowledges an event before it ` +
          "encrypts it, so once the key cannot be used the event is lost. Give the bus a deadLetterQueue",
      ];
    },
  });
}

/** The key of a bus that this app makes. It may also be an id or an alias; only KMS knows the ARN behind an alias. */
function keyArnOf({ node }: IEventBus): readonly string[] {
  const { defaultChild: made } = node;
  if (!isResource<CfnEventBus>(made, "AWS::Events::EventBus")) return [];
  const { kmsKeyIdentifier: key } = made;
  // A key of the CDK is a reference to an ARN in the template.
  if (key === undefined || Token.isUnresolved(key) || /^arn:[^:]+:kms:.*:key\//.test(key))
    return key === undefined ? [] : [key];
  if (/alias\//.test(key)) return [];
  return [Stack.of(made).formatArn({ service: "kms", resource: "key", resourceName: key })];
}

const spelled = (bus: PlacedDestination): string => (isHere(bus) ? bus.name : bus.arn);

/** The common prefix of the ARNs of buses in the stack's account and region. */
const homeOf = (scope: Construct): string =>
  Stack.of(scope).formatArn({ service: "events", resource: "event-bus", resourceName: "" });
