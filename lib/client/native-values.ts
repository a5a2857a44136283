import type { AttributeValue, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import {
  marshall,
  type marshallOptions,
  NumberValueImpl as NumberValue,
  unmarshall,
  type unmarshallOptions,
} from "@aws-sdk/util-dynamodb";
import { withOwnNumbers } from "./own-numbers.ts";

/** An item with native values, as lib-dynamodb has it. */
// biome-ignore lint/suspicious/noExplicitAny: lib-dynamodb's own type of a native value; `unknown` would refuse interfaces.
export type NativeItem = Record<string, any>;

/** A write of a transaction with native values: `TransactWriteCommand` of lib-dynamodb takes it, and the other way round. */
export interface DocumentTransactItem {
  ConditionCheck?: NativeAction<"ConditionCheck", "Key"> | undefined;
  Put?: NativeAction<"Put", "Item"> | undefined;
  Delete?: NativeAction<"Delete", "Key"> | undefined;
  Update?: NativeAction<"Update", "Key"> | undefined;
}

type NativeAction<Kind extends keyof TransactWriteItem, Address extends string> = Omit<
  NonNullable<TransactWriteItem[Kind]>,
  Address | "ExpressionAttributeValues"
> & { [Name in Address]: NativeItem | undefined } & { ExpressionAttributeValues?: NativeItem | undefined };

type PlainItem = Record<string, AttributeValue>;

/**
 * Translates between native values and DynamoDB's own, by the options of the user's document client: what it writes and reads is
 * what lib-dynamodb's own commands write and read. The options are looked up at each use, for the client itself does so, and
 * shares them with other document clients that were made from the same client.
 */
export interface Translation {
  readonly plainValues: (values: NativeItem) => PlainItem;
  readonly plainAction: (item: DocumentTransactItem) => TransactWriteItem;
  readonly nativeAction: (item: TransactWriteItem) => DocumentTransactItem;
  /** An item that is stored, whatever it holds: a number that no native value of the client's holds comes as a NumberValue. */
  readonly nativeItem: (item: PlainItem) => NativeItem;
}

interface TranslateConfig {
  readonly marshallOptions?: marshallOptions;
  readonly unmarshallOptions?: unmarshallOptions;
}

/** @param client a document client, or one that has no options of the kind: then lib-dynamodb's defaults hold. */
export function translationOf(client: object): Translation {
  const { config } = client as { readonly config?: { readonly translateConfig?: TranslateConfig } };
  const { marshallOptions: writing, unmarshallOptions: reading } = config?.translateConfig ?? {};
  const plain = (value: unknown): AttributeValue =>
    marshall(withOwnNumbers(value) as NativeItem, {
      ...writing,
      convertTopLevelContainer: writing?.convertTopLevelContainer ?? true,
    }) as unknown as AttributeValue;
  const native = (value: AttributeValue, options: unmarshallOptions | undefined) =>
    unmarshall(value as never, { ...options, convertWithoutMapWrapper: options?.convertWithoutMapWrapper ?? true });

  const plainValues = (values: NativeItem) => eachValue(values, plain);
  return {
    plainValues,
    plainAction: (item) => translated<TransactWriteItem>(item, plainValues),
    nativeAction: (item) =>
      translated<DocumentTransactItem>(item, (values) => eachValue(values, (value) => native(value, undefined))),
    nativeItem: (item) =>
      eachValue(item, (value: AttributeValue) => {
        try {
          return native(value, reading);
        } catch {
          // What is stored stands beside what the caller must hear of: it must never take the place of that.
          return native(value, { ...reading, wrapNumbers: readableNumber });
        }
      }),
  };
}

/** As lib-dynamodb reads numbers, but never fails: 12345678901234567890.5 is no BigInt, and rounding it would be wrong. */
function readableNumber(text: string): number | bigint | NumberValue {
  const value = Number(text);
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  return /^-?\d+$/.test(text) ? BigInt(text) : NumberValue.from(text);
}

/** Attribute by attribute, as lib-dynamodb does it: what is undefined, or a function, is left out. */
function eachValue<From, To>(values: Record<string, From>, translate: (value: From) => To): Record<string, To> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined && typeof value !== "function");
  return Object.fromEntries(entries.map(([name, value]) => [name, translate(value)]));
}

/** Where values stand in each of the four actions; names and expressions are texts either way. */
const PARTS_WITH_VALUES = new Map<string, readonly string[]>([
  ["ConditionCheck", ["Key", "ExpressionAttributeValues"]],
  ["Put", ["Item", "ExpressionAttributeValues"]],
  ["Delete", ["Key", "ExpressionAttributeValues"]],
  ["Update", ["Key", "ExpressionAttributeValues"]],
]);

function translated<Target>(item: object, translate: (values: NativeItem) => object): Target {
  const actions = Object.entries(item).map(([kind, action]: [string, object | undefined]) => {
    const names = PARTS_WITH_VALUES.get(kind);
    if (names === undefined || action === undefined) return [kind, action];
    const parts = Object.entries(action).map(([name, part]: [string, NativeItem | undefined]) => [
      name,
      part !== undefined && names.includes(name) ? translate(part) : part,
    ]);
    return [kind, Object.fromEntries(parts)];
  });
  return Object.fromEntries(actions) as Target;
}
