import { EventBus } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";
import { readFields, readMatch } from "../../core/setting-reader.ts";
import { OutboxTarget } from "./outbox-target.ts";

export interface EventBridgeSettings {
  readonly kind: "eventbridge";
  /** @default the stack makes a bus */
  readonly busName?: string;
}

const BUS_NAME = /^[/.\-_A-Za-z0-9]{1,256}$/;

export function readEventBridgeSettings(path: string, value: unknown): EventBridgeSettings {
  const { busName } = readFields(path, value, ["kind", "busName"]);
  if (busName === undefined) return { kind: "eventbridge" };
  const allowed = "it must be the name, not the ARN, of a bus in the stack's account and region";
  return { kind: "eventbridge", busName: readMatch(`${path}.busName`, busName, BUS_NAME, allowed) };
}

export function eventBridgeFromSettings(scope: Construct, { busName }: EventBridgeSettings): OutboxTarget {
  return OutboxTarget.eventBridge(
    busName === undefined
      ? new EventBus(scope, "Bus", { description: "Events from the outbox" })
      : EventBus.fromEventBusName(scope, "Bus", busName),
  );
}
