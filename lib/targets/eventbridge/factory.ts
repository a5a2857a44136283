import type { IEventBus } from "aws-cdk-lib/aws-events";
import { readFlag } from "../../contract/settings/setting-reader.ts";
import { ARN_SHAPES } from "../../synth/arns.ts";
import { resourceByArn } from "../../synth/cdk-values.ts";
import { listOf, optionsOf } from "../shared/synth/read-options.ts";
import { readBusCheckEverySeconds, readBusMemorySeconds } from "./bus-checks.ts";
import { EventBridgeTarget, type EventBridgeTargetOptions } from "./construct.ts";

const readBus = resourceByArn<IEventBus>(
  { shape: ARN_SHAPES.bus, arn: "eventBusArn", name: "eventBusName" },
  [],
  "it must be a bus of the CDK's: an EventBus, or EventBus.fromEventBusName(this, id, name)",
);

const readEventBridgeOptions = optionsOf<EventBridgeTargetOptions>({
  alsoTo: listOf(readBus),
  unverified: readFlag,
  guardBus: readFlag,
  busMemorySeconds: readBusMemorySeconds,
  busCheckEverySeconds: readBusCheckEverySeconds,
});

/** Reads what `OutboxTarget.eventBridge` is given, and makes the target. */
export function eventBridgeTarget(bus: IEventBus, options: EventBridgeTargetOptions = {}): EventBridgeTarget {
  const path = "OutboxTarget.eventBridge";
  return new EventBridgeTarget(readBus(`${path}(bus)`, bus), readEventBridgeOptions(path, options));
}
