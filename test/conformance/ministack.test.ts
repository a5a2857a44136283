import { afterAll } from "vitest";
import { connect } from "../../lib/local/clients.ts";
import { localStack } from "../e2e/harness/local-stack.ts";
import { describeDeadLetterQueue } from "./dead-letter-queue-contract.ts";
import { dynamoTable } from "./engines/dynamodb.ts";
import { dynamoOperator } from "./engines/operator.ts";
import { sqsQueue } from "./engines/sqs.ts";
import { describeForeignMarks } from "./foreign-marks-contract.ts";
import { describeForeignRows } from "./foreign-rows-contract.ts";
import { describeKeyTable } from "./key-table-contract.ts";
import { describeOperatorTable } from "./operator-table-contract.ts";
import { describeOutboxTable } from "./outbox-table-contract.ts";
import { describeReplayRows } from "./replay-rows-contract.ts";
import { describeSharedTable } from "./shared-table-contract.ts";

// The emulator of the end-to-end tests. Tables and queues are made beside those of the deployed app.
const clients = connect(localStack().endpoint);
afterAll(() => clients.destroy());

describeOutboxTable("DynamoDB in MiniStack", () => dynamoTable(clients.dynamodb));
describeKeyTable("DynamoDB in MiniStack", () => dynamoTable(clients.dynamodb));
describeSharedTable("DynamoDB in MiniStack", () => dynamoTable(clients.dynamodb), { refusesNumbers: true });
describeOperatorTable("DynamoDB in MiniStack", () => dynamoOperator(clients.dynamodb));
describeReplayRows("DynamoDB in MiniStack", () => dynamoOperator(clients.dynamodb));
describeForeignRows("DynamoDB in MiniStack", () => dynamoOperator(clients.dynamodb), {
  keepsNotations: true,
  confusesTypeNames: true,
});
describeForeignMarks("DynamoDB in MiniStack", () => dynamoOperator(clients.dynamodb), { limitsItems: false });

// AWS raised the limit to 1 MiB in August 2025. MiniStack still refuses messages over 256 KiB, and a setting above that.
const MINISTACK_MESSAGE_BYTES = 262_144;
describeDeadLetterQueue("SQS in MiniStack", () => sqsQueue(clients.sqs, MINISTACK_MESSAGE_BYTES));
