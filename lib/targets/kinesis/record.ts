import { createHash } from "node:crypto";
import type { OutboxEvent } from "../../contract/event.ts";

/** The record of PutRecords: the CloudEvent is the data. */
export const recordOf = (event: OutboxEvent) => ({ PartitionKey: partitionKey(event), Data: Buffer.from(event.json) });

/** Kinesis counts the key as part of the record. */
export const bytesOf = (event: OutboxEvent): number =>
  Buffer.byteLength(partitionKey(event)) + Buffer.byteLength(event.json);

const MAX_KEY_CHARACTERS = 256;

/** Kinesis hashes the key to find the shard, so a hash of the key serves as well as the key itself. */
function partitionKey({ orderingKey, id }: OutboxEvent): string {
  const key = orderingKey ?? id;
  return key.length <= MAX_KEY_CHARACTERS ? key : createHash("sha256").update(key).digest("hex");
}
