import { exportLine, yourVariables } from "../../lib/local/environment.ts";
import { ORDER_SOURCE } from "./orders.ts";

/** What `npm start -- --keep` prints: lines to copy into another terminal, to write events and to see what became of them. */
export function keepLines({
  endpoint,
  tableName,
}: {
  readonly endpoint: string;
  readonly tableName: string;
}): string[] {
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
  const command = `npx outbox-relay --endpoint-url ${endpoint}`;
  return [
    "",
    "  The stack stays up until Ctrl-C. Events are shown here as they arrive.",
    "",
    `  endpoint   ${endpoint}`,
    `  table      ${tableName}`,
    "",
    "  Copy these lines into another terminal, in this folder. The operator's command, outbox-relay, writes an event",
    "  and follows it to the target, says whether all is well, and lists what waits:",
    "",
    exportLine(yourVariables(endpoint)),
    `${command} put`,
    `${command} status`,
    `${command} list`,
    "",
    "  An event of your own, with the AWS CLI:",
    "",
    // Not every machine has uuidgen, but Node is there.
    "ID=$(node -p 'crypto.randomUUID()') NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)",
    `aws dynamodb put-item --table-name ${tableName} --condition-expression 'attribute_not_exists(pk)' --item '{${item}}'`,
    `${command} show "$ID"`,
    "",
  ];
}
