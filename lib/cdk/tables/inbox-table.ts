import type { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, type ITableV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { grantTableKey } from "../../synth/grants.ts";
import { keptTable } from "./kept-table.ts";
import { refuseShortVisibility } from "./visibility-timeout.ts";

/** Equal to `INBOX_KEY` and `INBOX_EXPIRY` of lib/consumer, which constructs do not import. */
const INBOX_PARTITION_KEY = "pk";
const INBOX_TIME_TO_LIVE = "expiresAt";

export interface InboxTableProps {
  /**
   * A customer-managed key. Rows hold ids, types and times of events, and no payload.
   *
   * @default DynamoDB's own key
   */
  readonly encryptionKey?: IKey;

  /**
   * What becomes of the table when its stack is removed.
   *
   * @default it is kept: without it, consumers handle repeated events again
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** The memory of idempotent consumers: one row per handled event, deleted by its time to live. */
export class InboxTable extends Construct {
  readonly table: ITableV2;

  constructor(scope: Construct, id: string, { encryptionKey, removalPolicy }: InboxTableProps = {}) {
    super(scope, id);
    this.table = new TableV2(this, "Table", {
      partitionKey: { name: INBOX_PARTITION_KEY, type: AttributeType.STRING },
      timeToLiveAttribute: INBOX_TIME_TO_LIVE,
      ...keptTable({ encryptionKey }),
      // Not protected if its owner chose a policy: events that it forgets are handled again, not lost.
      deletionProtection: false,
      ...(removalPolicy === undefined ? {} : { removalPolicy }),
    });
  }

  /**
   * Allows a consumer the use of `idempotent` and `withTransaction`, alone or inside a transaction.
   *
   * Synth fails where a function of this app consumes a queue of this app whose visibility timeout is shorter than the
   * function's timeout.
   */
  grantConsume(grantee: IGrantable): Grant {
    refuseShortVisibility(grantee);
    grantTableKey(grantee, this.table);
    return Grant.addToPrincipal({
      grantee,
      actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
      resourceArns: [this.table.tableArn],
    });
  }
}
