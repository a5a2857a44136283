import { RemovalPolicy } from "aws-cdk-lib";
import { Billing, TableEncryptionV2, type TablePropsV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";

/**
 * What every table of ours has in common: nothing to plan a capacity from, and rows that nobody could bring back.
 *
 * @param encryptionKey a customer-managed key; DynamoDB's own where there is none.
 */
export const keptTable = (encryptionKey: IKey | undefined) =>
  ({
    billing: Billing.onDemand(),
    encryption:
      encryptionKey === undefined
        ? TableEncryptionV2.dynamoOwnedKey()
        : TableEncryptionV2.customerManagedKey(encryptionKey),
    removalPolicy: RemovalPolicy.RETAIN,
    deletionProtection: true,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  }) satisfies Partial<TablePropsV2>;
