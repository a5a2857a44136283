import { Token } from "aws-cdk-lib";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { OUTBOX_VIEW_TYPES } from "../../contract/deployment/table-shape.ts";
import { refuse } from "../../contract/settings/setting-reader.ts";
import { ARN_SHAPES, readArn } from "../../synth/arns.ts";
import { requireSamePlace } from "../../synth/same-place.ts";
import { guardTable } from "./outbox-table.ts";

/**
 * Checks a given table as far as the CDK can see it. An imported table shows only its ARNs; the requeuer checks the
 * rest when it starts.
 *
 * @param scope the construct; its path names it in messages.
 * @param streamArn of the stream that the relay is to read.
 * @throws SettingError for a table that the relay cannot use.
 */
export function guardGivenTable(scope: Construct, table: ITableV2, streamArn: string): void {
  const path = `${scope.node.path}.table`;
  const stream = readArn(`${path}.tableStreamArn`, streamArn, ARN_SHAPES.tableStream);
  const place = stream ?? readArn(`${path}.tableArn`, table.tableArn, ARN_SHAPES.table) ?? table.env;
  requireSamePlace(scope, "TableIn", {
    path,
    name: table.tableName,
    place,
    fix: "deploy the relay there, with its target elsewhere if need be: it reads the table's stream, and finds rows by the table's name",
  });
  if (isKnown(streamArn) && !mayBeStreamOf(streamArn, table)) {
    const fix = "give the two ARNs that aws dynamodb describe-table names for one table";
    refuse(
      path,
      streamArn,
      `it is not a stream of the table ${table.tableName}, so the relay would read other rows; ${fix}`,
    );
  }
  guardTable(table, OUTBOX_VIEW_TYPES);
}

const isKnown = (text: string): boolean => !Token.isUnresolved(text);

const STREAM = /^(.+:table\/([^/]+))\/stream\/[^/]+$/;

function mayBeStreamOf(streamArn: string, { tableArn, tableName }: ITableV2): boolean {
  const [, arn, name] = STREAM.exec(streamArn) ?? [];
  if (isKnown(tableArn)) return arn === tableArn;
  return isKnown(tableName) ? name === tableName : name !== undefined;
}
