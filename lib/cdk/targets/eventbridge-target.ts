import { Stack } from "aws-cdk-lib";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";
import { refuse } from "../../core/setting-reader.ts";
import { grantPublishTo, grantPutEventsUnverified } from "../grants.ts";
import { isHere, type PlacedDestination, placedIn } from "./aws-destinations.ts";
import type { DeployedTarget, TargetEnvironment } from "./outbox-target.ts";

export interface EventBridgeTargetOptions {
  /**
   * Further buses that rows may name as their `destination`.
   *
   * @default none: a row that names another bus is parked
   */
  readonly alsoTo?: readonly IEventBus[];
  /**
   * Accepts buses of other accounts, by their acknowledgement alone. EventBridge acknowledges an event for a bus that does not
   * exist, and nobody can ask whether one of another account does: an event for such a bus is lost once the bus is.
   * Buses of the relay's own account are looked at all the same.
   *
   * @default false: a bus of another account is refused
   */
  readonly unverified?: boolean;
}

export class EventBridgeTarget {
  readonly kind = "eventbridge";
  readonly #buses: readonly IEventBus[];
  readonly #unverified: boolean;

  constructor(bus: IEventBus, { alsoTo = [], unverified = false }: EventBridgeTargetOptions) {
    this.#buses = [bus, ...alsoTo];
    this.#unverified = unverified;
  }

  /** @throws SettingError for a bus of another region, and for one of another account unless that is accepted. */
  deployedIn(scope: Construct): DeployedTarget {
    const buses = placedIn(
      scope,
      this.#buses.map((resource) => {
        const { eventBusArn: arn, eventBusName: name } = resource;
        return { resource, arn, name, address: arn };
      }),
    );
    this.#refuseWhatNobodyVerifies(scope, buses);
    const [busName = "", ...alsoTo] = buses.map(spelled);
    const foreign = this.#unverified ? buses.filter((bus) => !isHere(bus)) : [];
    const environment: TargetEnvironment = {
      kind: this.kind,
      busName,
      ...(alsoTo.length === 0 ? {} : { alsoTo }),
      ...(foreign.length === 0 ? {} : { unverified: foreign.map(spelled) }),
      // By which the functions know a bus of their own account by its ARN, whoever names it so.
      home: homeOf(scope),
    };
    const verified = buses.filter((bus) => !foreign.includes(bus) || bus.account === "unknown").map(({ arn }) => arn);
    const unverified = foreign.filter(({ account }) => account === "other").map(({ arn }) => arn);
    return {
      targetName: busName,
      environment,
      resourceArns: verified,
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

const spelled = (bus: PlacedDestination): string => (isHere(bus) ? bus.name : bus.arn);

/** What the ARNs of the buses of the stack's account and region begin with. */
const homeOf = (scope: Construct): string =>
  Stack.of(scope).formatArn({ service: "events", resource: "event-bus", resourceName: "" });
