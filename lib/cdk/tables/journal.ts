import { AttributeType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { type KeptOptions, keptTable } from "./kept-table.ts";

/**
 * Makes the operators' journal: what was done by hand, and every event that was set aside, complete.
 *
 * It is a table, because an event must leave the outbox and enter the journal in one transaction. A log group could not
 * take part, and would not take an event of 400 KB. The table costs nothing while it is not used.
 */
export function createJournal(scope: Construct, id: string, kept: KeptOptions): TableV2 {
  return new TableV2(scope, id, {
    partitionKey: { name: "pk", type: AttributeType.STRING },
    // Times, so that the entries stand in their order.
    sortKey: { name: "sk", type: AttributeType.STRING },
    // The journal holds undelivered events, and the only record of who set them aside.
    ...keptTable(kept),
  });
}
