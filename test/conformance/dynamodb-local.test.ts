import { afterAll, inject } from "vitest";
import { connect } from "../../lib/local/clients.ts";
import { dynamoTable } from "./engines/dynamodb.ts";
import { dynamoOperator } from "./engines/operator.ts";
import { describeForeignMarks } from "./foreign-marks-contract.ts";
import { describeForeignRows } from "./foreign-rows-contract.ts";
import { describeKeyTable } from "./key-table-contract.ts";
import { describeOperatorTable } from "./operator-table-contract.ts";
import { describeOutboxTable } from "./outbox-table-contract.ts";
import { describeReplayRows } from "./replay-rows-contract.ts";
import { describeSharedTable } from "./shared-table-contract.ts";

const clients = connect(inject("dynamodbLocal"));
afterAll(() => clients.destroy());

describeOutboxTable("AWS's own DynamoDB Local", () => dynamoTable(clients.dynamodb));
describeKeyTable("AWS's own DynamoDB Local", () => dynamoTable(clients.dynamodb));
describeSharedTable("AWS's own DynamoDB Local", () => dynamoTable(clients.dynamodb));
describeOperatorTable("AWS's own DynamoDB Local", () => dynamoOperator(clients.dynamodb));
describeReplayRows("AWS's own DynamoDB Local", () => dynamoOperator(clients.dynamodb));
describeForeignRows("AWS's own DynamoDB Local", () => dynamoOperator(clients.dynamodb));
describeForeignMarks("AWS's own DynamoDB Local", () => dynamoOperator(clients.dynamodb));
