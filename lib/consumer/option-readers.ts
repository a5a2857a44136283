import { refuse } from "../contract/settings/setting-reader.ts";

/** @throws SettingError */
export function readFunction<Given>(path: string, value: Given): Given {
  return typeof value === "function" ? value : refuse(path, value, "it must be a function");
}

/**
 * Reads a client, known by the method that is used: it may come from another copy of the SDK, or be a fake.
 *
 * @throws SettingError
 */
export function readClient<Given>(path: string, value: Given, method: string, allowed: string): Given {
  const { [method]: used } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof used === "function" ? value : refuse(path, value, `it must be ${allowed}`);
}

/** @throws SettingError */
export const readDynamoDb = <Given>(path: string, value: Given): Given =>
  readClient(path, value, "send", "a DynamoDBClient or a DynamoDBDocumentClient");
