import { AttributeType, type ITableV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { type KeptOptions, keptTable } from "./kept-table.ts";

/** The ordering key: equal to `COUNTER_KEY` of lib/client, which constructs do not import. */
const COUNTER_PARTITION_KEY = "pk";

/**
 * Makes the table of counters behind the writer's `ordered(key)`. It is a separate table, since counters stay for ever,
 * while the size of the outbox table is the backlog.
 */
export function createCounterTable(scope: Construct, id: string, kept: KeptOptions): ITableV2 {
  return new TableV2(scope, id, {
    partitionKey: { name: COUNTER_PARTITION_KEY, type: AttributeType.STRING },
    // A counter that begins anew would give out sequences that consumers have seen: they would ignore the events.
    ...keptTable(kept),
  });
}
