import { RemovalPolicy } from "aws-cdk-lib";
import { Billing, TableEncryptionV2, type TablePropsV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { DEFAULT_REMOVAL_POLICY, type KeptPolicy } from "../../synth/table-settings.ts";

/** What the tables and the queue of a relay have in common. */
export interface KeptOptions {
  /** A customer-managed key. @default the service's own */
  readonly encryptionKey: IKey | undefined;
  /** @default kept, and protected from deletion */
  readonly removalPolicy?: KeptPolicy;
}

/** What every table of ours has in common: nothing to plan a capacity from, and rows that nobody could bring back. */
export const keptTable = ({ encryptionKey, removalPolicy = DEFAULT_REMOVAL_POLICY }: KeptOptions) =>
  ({
    billing: Billing.onDemand(),
    encryption:
      encryptionKey === undefined
        ? TableEncryptionV2.dynamoOwnedKey()
        : TableEncryptionV2.customerManagedKey(encryptionKey),
    removalPolicy,
    // CloudFormation could not delete a table that is protected.
    deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
    // Also of one that goes with its stack: DynamoDB keeps a last backup of it for 35 days, at no cost.
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  }) satisfies Partial<TablePropsV2>;
