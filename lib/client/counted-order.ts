import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { acrossCopies, CLASS } from "../contract/class-brand.ts";

/** The counter table's partition key (S): the ordering key. */
export const COUNTER_KEY = "pk";
/** The last sequence that was given out and committed (N). */
export const COUNTER_VALUE = "sequence";

/**
 * The next place of a key, from `outbox.ordered(key)`: valid for one event in one transaction. `claim` raises the
 * counter on condition that nobody else raised it. It must be in the same transaction as the event, or two events could
 * get the same place.
 */
export class CountedOrder {
  /** @internal */
  static readonly [CLASS]: string = "CountedOrder";
  /** @internal */
  static readonly [Symbol.hasInstance] = acrossCopies;
  readonly key: string;
  readonly sequence: number;
  /** The write that takes the place. `transact` and `entries` put it into the transaction by themselves. */
  readonly claim: TransactWriteItem;

  constructor(key: string, sequence: number, counterTableName: string) {
    this.key = key;
    this.sequence = sequence;
    const names = { "#sequence": COUNTER_VALUE };
    const next = { ":next": { N: String(sequence) } };
    this.claim = {
      Update: {
        TableName: counterTableName,
        Key: { [COUNTER_KEY]: { S: key } },
        UpdateExpression: "SET #sequence = :next",
        ...(sequence === 1
          ? { ConditionExpression: "attribute_not_exists(#sequence)", ExpressionAttributeValues: next }
          : {
              ConditionExpression: "#sequence = :last",
              ExpressionAttributeValues: { ...next, ":last": { N: String(sequence - 1) } },
            }),
        ExpressionAttributeNames: names,
      },
    };
  }
}
