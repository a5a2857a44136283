import type { IEventBus } from "aws-cdk-lib/aws-events";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { grantPublishTo } from "../grants.ts";
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
  readonly resourceArns: readonly string[];

  constructor(bus: IEventBus, { alsoTo = [] }: EventBridgeTargetOptions) {
    this.targetName = bus.eventBusName;
    this.environment = {
      kind: this.kind,
      busName: bus.eventBusName,
      ...(alsoTo.length === 0 ? {} : { alsoTo: alsoTo.map(({ eventBusName }) => eventBusName) }),
    };
    this.resourceArns = [bus, ...alsoTo].map(({ eventBusArn }) => eventBusArn);
  }

  grantPublish(grantee: IGrantable): void {
    grantPublishTo(grantee, this.kind, this.resourceArns);
  }
}
