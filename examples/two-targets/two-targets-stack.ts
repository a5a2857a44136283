import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { OutboxRelay, type OutboxRelayProps, OutboxTarget } from "dynamodb-outbox-relay";

/** The props that both relays share: here, settings for a local run. */
export type SharedProps = Pick<OutboxRelayProps, "minAgeSeconds" | "relayTimeoutSeconds">;

/**
 * One outbox, two targets: parcels go to the warehouse's queue, everything else to a bus. Each row belongs to exactly
 * one relay. The second one says `except`, so that events of unforeseen types have a relay too.
 */
export class TwoTargetsStack extends Stack {
  constructor(scope: Construct, id: string, { shared = {}, ...props }: StackProps & { readonly shared?: SharedProps }) {
    super(scope, id, props);
    const warehouse = new Queue(this, "Warehouse", { enforceSSL: true });
    const bus = new EventBus(this, "Bus");

    const parcels = new OutboxRelay(this, "Parcels", {
      ...shared,
      target: OutboxTarget.sqs(warehouse),
      eventTypes: { only: ["parcel.*"] },
      relayName: `${id}-parcels`,
    });
    const others = new OutboxRelay(this, "Others", {
      ...shared,
      target: OutboxTarget.eventBridge(bus),
      eventTypes: { except: ["parcel.*"] },
      table: parcels.table,
      relayName: `${id}-others`,
    });

    // The command `outbox-relay --relay Parcels` finds each relay by its name.
    parcels.addOutputs("Parcels");
    others.addOutputs("Others");
    new CfnOutput(this, "OutboxTableName", { value: parcels.table.tableName });
    new CfnOutput(this, "WarehouseQueueUrl", { value: warehouse.queueUrl });
    new CfnOutput(this, "BusName", { value: bus.eventBusName });
  }
}
