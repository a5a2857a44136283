import { AttributeType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { type KeptOptions, keptTable } from "./kept-table.ts";

/**
 * Makes the operators' journal: what was done by hand, and every event that was set aside, whole.
 *
 * It is a table, because an event must leave the outbox and enter the journal in one transaction: a log group could not
 * take part, and would not take an event of 400 KB. It costs nothing while nobody does anything by hand.
 */
export function createJournal(scope: Construct, id: string, kept: KeptOptions): TableV2 {
  return new TableV2(scope, id, {
    partitionKey: { name: "pk", type: AttributeType.STRING },
    // Times, so that what happened stands in its order.
    sortKey: { name: "sk", type: AttributeType.STRING },
    // It holds events that were not delivered, and the only record of who decided so.
    ...keptTable(kept),
  });
}
