import { AttributeType, type ITableV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { type KeptOptions, keptTable } from "./kept-table.ts";

/** The ordering key: `COUNTER_KEY` of lib/client, which a construct does not import. */
const COUNTER_PARTITION_KEY = "pk";

/**
 * Makes the table of counters behind the writer's `ordered(key)`. It is one of its own, since a counter stays for ever, and
 * the size of the outbox table is the backlog.
 */
export function createCounterTable(scope: Construct, id: string, kept: KeptOptions): ITableV2 {
  return new TableV2(scope, id, {
    partitionKey: { name: COUNTER_PARTITION_KEY, type: AttributeType.STRING },
    // A counter that begins anew gives out sequences that consumers have seen, and they would ignore the events.
    ...keptTable(kept),
  });
}
