import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { RECORDS, rowOf, TABLE_NAME } from "../rows.ts";
import { orderedStub, REPORT_PATH, ROWS_PATH } from "./ordered-stub.ts";

/** The stub's delay of an answer, in milliseconds: typical of a target and a table in one region. */
export const TARGET_MS = 20;
export const TABLE_MS = 5;

/** The stub's counts since its start. */
export interface StubStatistics {
  readonly published: number;
  readonly deleted: number;
  readonly cpuMs: number;
  /** Calls answered, by operation. */
  readonly calls: Readonly<Record<string, number>>;
}

export const STATISTICS_PATH = "/statistics";

interface Answer {
  readonly afterMs: number;
  readonly body: string | Buffer;
}

const EMPTY = Buffer.from("{}");
const publishedAnswers = Array.from({ length: 11 }, (_unused, entries) => {
  const events = Array.from({ length: entries }, () => ({ EventId: "11710aed-b79e-4468-a20b-bb3c0c3b4860" }));
  return Buffer.from(JSON.stringify({ FailedEntryCount: 0, Entries: events }));
});
const deletedAnswers = Array.from({ length: 26 }, (_unused, statements) =>
  Buffer.from(JSON.stringify({ Responses: Array.from({ length: statements }, () => ({ TableName: TABLE_NAME })) })),
);
const itemTexts = new Map(
  Array.from({ length: RECORDS }, (_unused, index) => rowOf(index, Date.now())).map((item) => [
    item["pk"]?.S ?? "",
    JSON.stringify(item),
  ]),
);

/**
 * The few operations of EventBridge, SQS, Lambda and DynamoDB that the relay uses, which always succeed. The stub must
 * be cheap, since its client is measured: if counting is enough, bodies are not parsed.
 */
export function stubServer(): Server {
  let published = 0;
  let deleted = 0;
  const calls: Record<string, number> = {};
  const ordered = orderedStub();

  function answerTo(operation: string, body: Buffer): Answer | undefined {
    switch (operation) {
      case "PutEvents": {
        const entries = occurrences(body, '"DetailType"');
        published += entries;
        return { afterMs: TARGET_MS, body: publishedAnswers[entries] ?? EMPTY };
      }
      case "DescribeEventBus":
        return { afterMs: TARGET_MS, body: EMPTY };
      case "SendMessageBatch": {
        const sent = ordered.send(body);
        published += sent.entries;
        return { afterMs: TARGET_MS, body: sent.answer };
      }
      case "Invoke":
        published += ordered.invoke(body);
        return { afterMs: TARGET_MS, body: EMPTY };
      case "Query":
        return { afterMs: TABLE_MS, body: ordered.query(body) };
      case "BatchWriteItem":
        deleted += occurrences(body, '"DeleteRequest"');
        return { afterMs: TABLE_MS, body: EMPTY };
      case "DeleteItem":
        deleted += 1;
        return { afterMs: TABLE_MS, body: EMPTY };
      case "BatchExecuteStatement": {
        const statements = ordered.delete(body);
        deleted += statements;
        return { afterMs: TABLE_MS, body: deletedAnswers[statements] ?? EMPTY };
      }
      case "BatchGetItem":
        return { afterMs: TABLE_MS, body: itemsFor(body) };
      default:
        return undefined;
    }
  }

  function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    if (request.url === STATISTICS_PATH) {
      const { user, system } = process.cpuUsage();
      const statistics: StubStatistics = { published, deleted, cpuMs: (user + system) / 1_000, calls };
      response.end(JSON.stringify(statistics));
      return;
    }
    if (request.url === ROWS_PATH) {
      ordered.load(body);
      response.end();
      return;
    }
    if (request.url === REPORT_PATH) {
      response.end(JSON.stringify(ordered.report()));
      return;
    }
    const operation = operationOf(request);
    const found = answerTo(operation, body);
    if (found === undefined) {
      response.writeHead(400).end(JSON.stringify({ __type: "UnknownOperationException", message: operation }));
      return;
    }
    calls[operation] = (calls[operation] ?? 0) + 1;
    setTimeout(() => {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1", "content-length": found.body.length });
      response.end(found.body);
    }, found.afterMs);
  }

  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, response, Buffer.concat(chunks)));
  });
}

/** Lambda's operation is in the path, the others' in a header. */
const operationOf = ({ url, headers }: IncomingMessage): string =>
  url?.endsWith("/invocations") === true ? "Invoke" : String(headers["x-amz-target"]).replace(/^.*\./, "");

function occurrences(body: Buffer, text: string): number {
  let count = 0;
  for (let at = body.indexOf(text); at !== -1; at = body.indexOf(text, at + text.length)) count += 1;
  return count;
}

function itemsFor(body: Buffer): Buffer {
  const { RequestItems } = JSON.parse(body.toString()) as {
    readonly RequestItems: Readonly<
      Record<string, { readonly Keys: readonly { readonly pk: { readonly S: string } }[] }>
    >;
  };
  const items = (RequestItems[TABLE_NAME]?.Keys ?? []).flatMap(({ pk }) => itemTexts.get(pk.S) ?? []);
  return Buffer.from(`{"Responses":{"${TABLE_NAME}":[${items.join(",")}]},"UnprocessedKeys":{}}`);
}
