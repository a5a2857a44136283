import { AspectPriority, Aspects, Stack } from "aws-cdk-lib";
import { AttributeType, type CfnGlobalTable, type ITableV2, StreamViewType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import type { OutboxViewType } from "../../contract/deployment/table-shape.ts";
import { PARTITION_KEY, SORT_KEY } from "../../contract/item-contract.ts";
import { refuse } from "../../contract/settings/setting-reader.ts";
import type { WarmThroughputSetting } from "../../synth/table-settings.ts";
import type { StreamMappingSetting } from "../functions/stream-mapping-setting.ts";
import { type KeptOptions, keptTable } from "./kept-table.ts";
import { OutboxTableGuard } from "./outbox-table-guard.ts";

/**
 * The table's logical id. CloudFormation replaces a resource whose logical id changes, so this id does not depend on
 * the construct's place in the tree.
 */
export const DEFAULT_TABLE_LOGICAL_ID = "OutboxTable";

export interface OutboxTableOptions extends KeptOptions {
  /** @default {@link DEFAULT_TABLE_LOGICAL_ID} */
  readonly logicalId?: string;
  /** @default what DynamoDB gives every table on demand */
  readonly warmThroughput?: WarmThroughputSetting;
}

/**
 * Makes the outbox table. Its rows are the only copy of undelivered events, so nothing here may lose a row.
 *
 * @throws SettingError if the stack already has a table with that logical id.
 */
export function createOutboxTable(scope: Construct, id: string, options: OutboxTableOptions): TableV2 {
  const table = new TableV2(scope, id, {
    partitionKey: { name: PARTITION_KEY, type: AttributeType.STRING },
    sortKey: { name: SORT_KEY, type: AttributeType.NUMBER },
    // The relay reads only new rows. Changing the view type would replace the stream and orphan its records.
    dynamoStream: StreamViewType.NEW_IMAGE,
    ...keptTable(options),
    ...(options.warmThroughput === undefined ? {} : { warmThroughput: { ...options.warmThroughput } }),
    // No time to live, and no prop for one: it deletes rows that nobody has delivered.
  });
  (table.node.defaultChild as CfnGlobalTable).overrideLogicalId(claimLogicalId(scope, options.logicalId));
  guardTable(table, [StreamViewType.NEW_IMAGE]);
  return table;
}

/** The relay that owns each logical id of a table, by stack. */
const owners = new WeakMap<Stack, Map<string, string>>();

/** CloudFormation has one resource per logical id; the CDK's own error would name neither relay. */
function claimLogicalId(relay: Construct, given: string | undefined): string {
  const logicalId = given ?? DEFAULT_TABLE_LOGICAL_ID;
  const stack = Stack.of(relay);
  const inStack = owners.get(stack) ?? new Map<string, string>();
  const owner = inStack.get(logicalId);
  if (owner !== undefined) {
    const another = `give this one another, such as ${JSON.stringify(`${relay.node.id}OutboxTable`)}, or the other's table as the prop table`;
    refuse(
      `${relay.node.path}.tableLogicalId`,
      given,
      `the table of ${owner} is ${logicalId} in this stack; ${another}`,
    );
  }
  owners.set(stack, inStack.set(logicalId, relay.node.path));
  return logicalId;
}

/**
 * The ARN of a table's stream.
 *
 * @param path names the construct, for the message.
 * @throws SettingError if the CDK does not know it.
 */
function requireStreamArn(path: string, { tableName, tableStreamArn }: ITableV2): string {
  if (tableStreamArn === undefined) {
    refuse(
      `${path}.table`,
      tableName,
      "its stream is not known; make the table with dynamoStream: StreamViewType.NEW_IMAGE, or import it by " +
        "TableV2.fromTableAttributes with both tableArn and tableStreamArn",
    );
  }
  return tableStreamArn;
}

/**
 * The ARN of the stream that the relay reads: from the setting, or else the table's as the CDK knows it.
 *
 * @throws SettingError if neither is known.
 */
export function streamArnOf(path: string, table: ITableV2, mapping: StreamMappingSetting | undefined): string {
  return mapping?.streamLabel === undefined
    ? requireStreamArn(path, table)
    : `${table.tableArn}/stream/${mapping.streamLabel}`;
}

/** Checks the table at synth, after all other aspects. */
export function guardTable(table: ITableV2, viewTypes: readonly OutboxViewType[]): void {
  // Runs after all other aspects, so that it sees their changes.
  Aspects.of(table).add(new OutboxTableGuard(viewTypes), { priority: AspectPriority.READONLY });
}
