import { RemovalPolicy } from "aws-cdk-lib";
import { Billing, TableEncryptionV2, type TablePropsV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { DEFAULT_REMOVAL_POLICY, type KeptPolicy } from "../../synth/table-settings.ts";

/** Props that the tables and the queue of a relay share. */
export interface KeptOptions {
  /** A customer-managed key. @default the service's own */
  readonly encryptionKey: IKey | undefined;
  /** @default kept, and protected from deletion */
  readonly removalPolicy?: KeptPolicy;
}

/**
 * Props of every table of a relay: on demand, since no capacity can be planned, and with backups, since its rows exist
 * nowhere else.
 */
export const keptTable = ({ encryptionKey, removalPolicy = DEFAULT_REMOVAL_POLICY }: KeptOptions) =>
  ({
    billing: Billing.onDemand(),
    encryption:
      encryptionKey === undefined
        ? TableEncryptionV2.dynamoOwnedKey()
        : TableEncryptionV2.customerManagedKey(encryptionKey),
    removalPolicy,
    // CloudFormation cannot delete a protected table.
    deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
    // Also for a table that is deleted with its stack: DynamoDB keeps a last backup for 35 days, at no cost.
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  }) satisfies Partial<TablePropsV2>;
