import { Token } from "aws-cdk-lib";
import { type Readers, readAll, readList, readText, refuse } from "../../../contract/settings/setting-reader.ts";

/**
 * What the readers of the targets' options have in common. Programs without types call them too. Each takes the path
 * that names the option in messages. TypeScript asks for a reader of every option.
 */

export type Read<Value> = (path: string, value: unknown) => Value;

export const optionsOf =
  <Options extends object>(readers: Readers<Options>, required: readonly (keyof Options & string)[] = []) =>
  (path: string, value: unknown): Options =>
    readAll<Options>(path, value, readers, required);

export const listOf =
  <Entry>(read: Read<Entry>): Read<readonly Entry[]> =>
  (path, value) =>
    readList(path, value, read);

export function nonEmpty(read: Read<string>): Read<readonly string[]> {
  return (path, value) =>
    Array.isArray(value) && value.length > 0
      ? readList(path, value, read)
      : refuse(path, value, "it must be a list of one address at least");
}

/** A token has its value at deployment only, so nothing can be checked while the app is synthesized. */
export const orToken =
  (read: (path: string, value: unknown) => unknown): Read<string> =>
  (path, value) => {
    if (!(typeof value === "string" && Token.isUnresolved(value))) read(path, value);
    return value as string;
  };

export const readName = orToken((path, value) => readText(path, value));
