import { EventBus } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";
import { readFields, readFlag, readMatch, refuse } from "../../contract/settings/setting-reader.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { BUS_CHECK_NAMES, type BusChecks, readBusChecks } from "./bus-checks.ts";
import { eventBridgeTarget } from "./factory.ts";

export interface EventBridgeSettings extends BusChecks {
  readonly kind: "eventbridge";
  /** @default the stack makes a bus */
  readonly busName?: string;
  /**
   * Puts a rule on the bus of `busName`, so that it cannot be deleted.
   *
   * @default false; a bus that the stack makes always has one
   */
  readonly guardBus?: boolean;
}

const BUS_NAME = /^[/.\-_A-Za-z0-9]{1,256}$/;

export function readEventBridgeSettings(path: string, value: unknown): EventBridgeSettings {
  const given = readFields(path, value, ["kind", "busName", "guardBus", ...BUS_CHECK_NAMES]);
  const { busName, guardBus } = given;
  const checks = readBusChecks(path, given);
  if (busName === undefined) {
    if (guardBus !== undefined)
      refuse(`${path}.guardBus`, guardBus, "a bus that the stack makes is always guarded: leave it out");
    return { kind: "eventbridge", ...checks };
  }
  const allowed = "it must be the name, not the ARN, of a bus in the stack's account and region";
  return {
    kind: "eventbridge",
    busName: readMatch(`${path}.busName`, busName, BUS_NAME, allowed),
    ...(guardBus !== undefined && { guardBus: readFlag(`${path}.guardBus`, guardBus) }),
    ...checks,
  };
}

export function eventBridgeFromSettings(scope: Construct, settings: EventBridgeSettings): OutboxTarget {
  const { kind: _kind, busName, guardBus = busName === undefined, ...checks } = settings;
  return eventBridgeTarget(
    busName === undefined
      ? new EventBus(scope, "Bus", { description: "Events from the outbox" })
      : EventBus.fromEventBusName(scope, "Bus", busName),
    { guardBus, ...checks },
  );
}
