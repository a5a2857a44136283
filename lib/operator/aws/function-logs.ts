import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { FUNCTION_ROLES, type FunctionRole } from "../../contract/deployment/function-role.ts";
import { fieldsOf, parsedJson, textOf } from "../../contract/foreign-value.ts";
import type { OperatorClients } from "./clients.ts";
import type { Deployment } from "./deployment.ts";
import { ifThere } from "./deployment-fault.ts";

/** One structured line of a function's log. */
export interface LogLine {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Which function wrote it, `relay` or `requeuer`. */
  readonly by: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const logGroupOf = ({ LoggingConfig: logging, FunctionName: name }: FunctionConfiguration): string =>
  logging?.LogGroup ?? `/aws/lambda/${name}`;

/** A function's log, and who writes it. */
export interface FunctionLog {
  readonly group: string;
  readonly by: FunctionRole;
}

/** The logs of relay and requeuer. A function that is gone has none that is known. */
export const logsOf = (deployment: Pick<Deployment, FunctionRole>): readonly FunctionLog[] =>
  FUNCTION_ROLES.flatMap((by) => {
    const found = deployment[by];
    return found === undefined ? [] : [{ group: logGroupOf(found), by }];
  });

const PAGE_LINES = 1_000;

/**
 * Reads the lines of a function's log that hold all of these texts, oldest first, up to `limit` of the latest. A function
 * that never ran has no log yet, and so no lines.
 *
 * @param sinceMs epoch milliseconds.
 */
export async function logLines(...given: Parameters<typeof readLines>): Promise<readonly LogLine[]> {
  return (await ifThere(readLines(...given))) ?? [];
}

async function readLines(
  { logs }: OperatorClients,
  { group, by }: FunctionLog,
  texts: readonly string[],
  sinceMs: number,
  limit: number,
): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await logs.send(
      new FilterLogEventsCommand({
        logGroupName: group,
        filterPattern: texts.map((text) => `"${text.replaceAll(/["\\]/g, "?")}"`).join(" "),
        startTime: sinceMs,
        limit: PAGE_LINES,
        nextToken,
      }),
    );
    for (const { message = "", timestamp = 0 } of answer.events ?? []) {
      const line = readLine(message, timestamp, by);
      // The pattern is a hint: not everything that speaks this API understands it in full.
      if (line !== undefined && texts.every((text) => message.includes(text))) lines.push(line);
    }
    lines.splice(0, Math.max(0, lines.length - limit));
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
  return lines;
}

function readLine(message: string, atMs: number, by: string): LogLine | undefined {
  const brace = message.indexOf("{");
  if (brace < 0) return undefined;
  // Lambda writes lines of its own between those of the function, and layers write theirs.
  const fields = fieldsOf(parsedJson(message.slice(brace)));
  const { message: words, timestamp } = fields;
  if (typeof words !== "string") return undefined;
  const writtenMs = Date.parse(textOf(timestamp) ?? "");
  return { atMs: Number.isNaN(writtenMs) ? atMs : writtenMs, by, message: words, fields };
}
