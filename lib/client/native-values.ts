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

/**
 * A write of a transaction with native values: `TransactWriteCommand` of lib-dynamodb takes it, and a write made for
 * that command fits here.
 */
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
 * Translates between native values and DynamoDB's own, with the options of the user's document client: the result
 * equals that of lib-dynamodb's own commands. The options are looked up at each use, as the client does: it shares them
 * with other document clients that were made from the same client.
 */
export interface Translation {
  readonly plainValues: (values: NativeItem) => PlainItem;
  readonly plainAction: (item: DocumentTransactItem) => TransactWriteItem;
  readonly nativeAction: (item: TransactWriteItem) => DocumentTransactItem;
  /**
   * Translates a stored item, whatever it holds: a number that none of the client's native values can hold becomes a
   * NumberValue.
   */
  readonly nativeItem: (item: PlainItem) => NativeItem;
}

interface TranslateConfig {
  readonly marshallOptions?: marshallOptions;
  readonly unmarshallOptions?: unmarshallOptions;
}

/** @param client a document client; for a client without such options lib-dynamodb's defaults apply. */
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
          // The stored item only accompanies an error: a failed translation must not hide the error.
          return native(value, { ...reading, wrapNumbers: readableNumber });
        }
      }),
  };
}

/**
 * Reads numbers as lib-dynamodb does, but never fails: 12345678901234567890.5 is not a BigInt, and rounding it would be
 * wrong.
 */
function readableNumber(text: string): number | bigint | NumberValue {
  const value = Number(text);
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  return /^-?\d+$/.test(text) ? BigInt(text) : NumberValue.from(text);
}

/** Translates attribute by attribute, as lib-dynamodb does: undefined values and functions are left out. */
function eachValue<From, To>(values: Record<string, From>, translate: (value: From) => To): Record<string, To> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined && typeof value !== "function");
  return Object.fromEntries(entries.map(([name, value]) => [name, translate(value)]));
}

/** The fields with values in each of the four actions; names and expressions are strings in both forms. */
const PARTS_WITH_VALUES = new Map<string, readonly string[]>([
  ["ConditionCheck", ["Key", "ExpressionAttributeValues"]],
  ["Put", ["Item", "ExpressionAttributeValues"]],
  ["Delete", ["Key", "ExpressionAttributeValues"]],
  ["Update", ["Key", "ExpressionAttributeValues"]],
]);

function translated<Target>(item: object, translate: (values: NativeItem) => object): Target {
  const actions = Object.entries(item).flatMap(([kind, action]: [string, object | undefined]) => {
    if (action === undefined) return [];
    const names = PARTS_WITH_VALUES.get(kind) ?? [];
    const parts = Object.entries(action).map(([name, part]: [string, NativeItem | undefined]) => [
      name,
      part !== undefined && names.includes(name) ? translate(part) : part,
    ]);
    return [[kind, Object.fromEntries(parts)]];
  });
  return Object.fromEntries(actions) as Target;
}
