import type { IEventBus } from "aws-cdk-lib/aws-events";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { TargetEnvironment } from "./outbox-target.ts";

export interface EventBridgeTargetOptions {
  /**
   * Further buses that rows may name as their `destination`.
   *
   * @default none: a row that names another bus is parked
   */
  readonly alsoTo?: readonly IEventBus[];
}

export class EventBridgeTarget {
  readonly kind = "eventbridge";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly #busArns: string[];

  constructor(bus: IEventBus, { alsoTo = [] }: EventBridgeTargetOptions) {
    this.targetName = bus.eventBusName;
    this.environment = {
      kind: this.kind,
      busName: bus.eventBusName,
      ...(alsoTo.length === 0 ? {} : { alsoTo: alsoTo.map(({ eventBusName }) => eventBusName) }),
    };
    this.#busArns = [bus, ...alsoTo].map(({ eventBusArn }) => eventBusArn);
  }

  grantPublish(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      // PutEvents answers success for a bus that does not exist, so the relay looks the bus up as well.
      actions: ["events:PutEvents", "events:DescribeEventBus"],
      resourceArns: this.#busArns,
    });
  }
}
