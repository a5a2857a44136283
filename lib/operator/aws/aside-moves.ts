import { type AttributeValue, type TransactWriteItem, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { itemKey } from "../../aws/tables/item-key.ts";
import { transact } from "../../aws/tables/transactions.ts";
import type { Item } from "../../contract/codec/item.ts";
import type { RowKey } from "../../contract/event.ts";
import { MARKS, PARKED_KEY, PARKED_KEY_SORT_KEY } from "../../contract/item-contract.ts";
import type { AsideEvent } from "../core/journal.ts";
import type { Claim, OperatorTable, RowAddress } from "../core/operator-ports.ts";
import { asideItem, asideKey } from "./aside-item.ts";
import { OperatorError } from "./operator-error.ts";
import type { OperatorTableOptions } from "./operator-table-options.ts";

const text = (value: string): AttributeValue => ({ S: value });
const number = (value: number): AttributeValue => ({ N: String(value) });

/** The condition that a row still holds the event of the address. */
export const existing = ({ id }: RowAddress) =>
  id === undefined ? "attribute_exists(pk)" : "attribute_exists(pk) AND id = :id";
export const idValue = ({ id }: RowAddress): Record<string, AttributeValue> =>
  id === undefined ? {} : { ":id": text(id) };

/** An expression takes 4 KB and 300 operators: more attributes than this are not compared. */
const MOST_COMPARED = 100;

/** The condition that a row is what it was when it was read. */
function unchanged(item: Item) {
  const attributes = (Object.entries(item) as [string, AttributeValue][]).slice(0, MOST_COMPARED);
  return {
    ConditionExpression: attributes.map((_each, index) => `#a${index} = :a${index}`).join(" AND "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map(([name], index) => [`#a${index}`, name])),
    ExpressionAttributeValues: Object.fromEntries(attributes.map(([, value], index) => [`:a${index}`, value])),
  };
}

/** The moves between outbox and journal: each one transaction, so that an event is in one of the two at every instant. */
export function asideMoves(
  { client, tableName, journalTableName, clock, random }: OperatorTableOptions,
  readItem: (key: RowKey) => Promise<Item | undefined>,
): Pick<OperatorTable, "setAside" | "putBack" | "discardAside"> {
  const rowOf = (key: RowKey) => ({ TableName: tableName, Key: itemKey(key) });
  const parkedKeyOf = (pk: string) => rowOf({ pk, sk: PARKED_KEY_SORT_KEY });

  /** Resolves with whether all conditions held. A transaction that conflicts for long is refused as if they had not. */
  async function inOneTransaction(items: TransactWriteItem[]): Promise<"done" | "condition-failed"> {
    const command = new TransactWriteItemsCommand({ TransactItems: items });
    const end = await transact(() => client.send(command), { clock, random });
    if (end.kind === "invalid") {
      throw new OperatorError(
        "failed",
        "DynamoDB does not take the event into the journal, because it is too large (400 KB with its record) or nested too deeply: it stays where it is",
      );
    }
    return end.kind === "done" ? "done" : "condition-failed";
  }

  /** The delete of a row that an act may take. */
  function takeOut(row: RowAddress, claim: Claim, item: Item): TransactWriteItem[] {
    const condition = existing(row);
    if (claim.kind === "unchanged") return [{ Delete: { ...rowOf(row), ...unchanged(item) } }];
    if (claim.kind === "hold") {
      const values = { ...idValue(row), ":act": text(claim.actId), ":until": number(claim.untilMs) };
      return [
        {
          Delete: {
            ...rowOf(row),
            ConditionExpression: `${condition} AND #heldBy = :act AND #notBefore = :until`,
            ExpressionAttributeNames: { "#heldBy": MARKS.heldBy, "#notBefore": MARKS.notBefore },
            ExpressionAttributeValues: values,
          },
        },
      ];
    }
    const values = idValue(row);
    return [
      {
        ConditionCheck: {
          ...parkedKeyOf(row.pk),
          ConditionExpression: "#owner = :owner",
          ExpressionAttributeNames: { "#owner": PARKED_KEY.owner },
          ExpressionAttributeValues: { ":owner": text(claim.owner) },
        },
      },
      {
        Delete: {
          ...rowOf(row),
          ConditionExpression: condition,
          ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
        },
      },
    ];
  }

  const keep = (aside: AsideEvent): TransactWriteItem => ({
    Put: {
      TableName: journalTableName,
      Item: asideItem(aside),
      ConditionExpression: "attribute_not_exists(pk)",
    },
  });

  const takeFromJournal = (aside: AsideEvent): TransactWriteItem => ({
    Delete: {
      TableName: journalTableName,
      Key: asideKey(aside),
      ConditionExpression: "attribute_exists(pk)",
    },
  });

  return {
    async setAside(row, claim, aside) {
      const end = await inOneTransaction([...takeOut(row, claim, aside.item), keep(aside)]);
      return end === "done" ? "moved" : "changed";
    },
    async putBack(aside, item) {
      const put = {
        Put: {
          TableName: tableName,
          Item: item as Record<string, AttributeValue>,
          ConditionExpression: "attribute_not_exists(pk)",
        },
      };
      if ((await inOneTransaction([takeFromJournal(aside), put])) === "done") return "put-back";
      return (await readItem(aside.key)) === undefined ? "not-there" : "occupied";
    },
    async discardAside(aside, discarded) {
      const end = await inOneTransaction([takeFromJournal(aside), keep(discarded)]);
      return end === "done" ? "discarded" : "not-there";
    },
  };
}
