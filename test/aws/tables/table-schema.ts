import type { CreateTableCommandInput, StreamSpecification } from "@aws-sdk/client-dynamodb";

/** The keys of an outbox table, in the form of CreateTable and DescribeTable. */
export const tableSchema = (
  sortKey: "N" | "S" = "N",
): Required<Pick<CreateTableCommandInput, "KeySchema" | "AttributeDefinitions">> => ({
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: sortKey },
  ],
});

/** The stream that the relay needs. */
export const NEW_IMAGES: StreamSpecification = { StreamEnabled: true, StreamViewType: "NEW_IMAGE" };
