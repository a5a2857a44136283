import type { Command } from "./shell.ts";

/** Options of the AWS CLI that every operation takes. */
const GLOBAL = new Set(["query", "output", "region", "profile", "endpoint-url", "no-cli-pager", "cli-input-json"]);
/** Commands that are the CLI's own and no operation of a service, with the options that a page may show. */
const CUSTOM: Readonly<Record<string, readonly string[]>> = {
  "cloudformation deploy": [
    ...["template-file", "stack-name", "parameter-overrides", "capabilities", "s3-bucket", "s3-prefix", "tags"],
    "no-fail-on-empty-changeset",
  ],
  "cloudformation package": ["template-file", "s3-bucket", "s3-prefix", "output-template-file"],
  "s3 cp": ["recursive", "only-show-errors", "exclude", "include", "content-type"],
  "s3 rm": ["recursive", "exclude", "include"],
  "s3 sync": ["delete", "exclude", "include"],
  "s3 mb": [],
  "s3 ls": ["recursive"],
  "s3 rb": ["force"],
};
/** Services whose package in the SDK has another name. */
const PACKAGES: Readonly<Record<string, string>> = { events: "eventbridge", logs: "cloudwatch-logs", s3api: "s3" };

const plain = (name: string): string => name.replaceAll("-", "").toLowerCase();
/** The input of an operation in the SDK's schema: its fifth entry, and the names of the fields in the fifth of that. */
type Lazy<T> = T | (() => T);
interface SdkCommand {
  readonly schema: readonly unknown[];
}

/** What is wrong with a command of the AWS CLI, by the schemas of the AWS SDK: service, operation, options, JSON values. */
export async function awsProblems([, ...words]: Command): Promise<readonly string[]> {
  const [service = "", operation = "", ...rest] = words;
  const custom = CUSTOM[`${service} ${operation}`];
  if (custom !== undefined) return unknownOptions(rest, new Set(custom.map(plain)));
  const sdk = (await import(`@aws-sdk/client-${PACKAGES[service] ?? service}`)) as Readonly<Record<string, unknown>>;
  const find = (name: string) => Object.entries(sdk).find(([key]) => key.toLowerCase() === name)?.[1];
  if (operation === "wait")
    return find(`waituntil${plain(rest[0] ?? "")}`) === undefined ? [`no such waiter: ${rest[0]}`] : [];
  const Operation = find(`${plain(operation)}command`) as (new (input: object) => SdkCommand) | undefined;
  if (Operation === undefined) return [`the service ${service} has no operation ${operation}`];
  const input = new Operation({}).schema[4] as Lazy<readonly unknown[]>;
  const fields = (typeof input === "function" ? input() : input)[4] as readonly string[];
  return [...unknownOptions(rest, new Set(fields.map(plain))), ...brokenJson(rest)];
}

const unknownOptions = (words: readonly string[], known: ReadonlySet<string>): readonly string[] =>
  words.flatMap((word) => {
    const name = /^--([\w-]+)/.exec(word)?.[1];
    if (name === undefined || GLOBAL.has(name)) return [];
    return known.has(plain(name)) || known.has(plain(name.replace(/^no-/, ""))) ? [] : [`no such option: ${word}`];
  });

const brokenJson = (words: readonly string[]): readonly string[] =>
  words.flatMap((word) => {
    if (!/^[{[]/.test(word) || word.includes("$")) return [];
    try {
      JSON.parse(word);
      return [];
    } catch (error) {
      return [`${(error as Error).message}: ${word}`];
    }
  });
