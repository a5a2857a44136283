import { awsVariables } from "../../lib/local/environment.ts";
import { ORDER_SOURCE } from "./orders.ts";

/** Commands to write an event of your own, ready to be pasted into another terminal. */
export function keepLines({
  endpoint,
  tableName,
}: {
  readonly endpoint: string;
  readonly tableName: string;
}): string[] {
  const exports = Object.entries(awsVariables(endpoint))
    .filter(([name]) => !name.startsWith("AWS_SDK_"))
    .map(([name, value]) => `${name}=${value}`);
  const item = [
    `"pk":{"S":"'$ID'"}`,
    `"sk":{"N":"1"}`,
    `"id":{"S":"'$ID'"}`,
    `"source":{"S":"${ORDER_SOURCE}"}`,
    `"type":{"S":"Greeting"}`,
    `"time":{"S":"'$NOW'"}`,
    `"recordedtime":{"S":"'$NOW'"}`,
    `"data":{"S":"{\\"hello\\":\\"world\\"}"}`,
  ].join(",");
  return [
    "",
    "  The stack stays up until Ctrl-C. Events are shown here as they arrive.",
    "",
    `  endpoint   ${endpoint}`,
    `  table      ${tableName}`,
    "",
    "  Write an event from another terminal, in this folder, and see what became of it:",
    "",
    `export ${exports.join(" ")}`,
    // Not every machine has uuidgen, but Node is there.
    "ID=$(node -p 'crypto.randomUUID()') NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)",
    `aws dynamodb put-item --table-name ${tableName} --condition-expression 'attribute_not_exists(pk)' --item '{${item}}'`,
    `npx outbox-relay --endpoint-url ${endpoint} status`,
    "",
  ];
}
