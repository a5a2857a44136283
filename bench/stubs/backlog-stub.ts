import { createServer, type IncomingMessage, type Server } from "node:http";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { encodeItem } from "../../lib/contract/codec/encode-row.ts";
import { deadLetterText } from "../../lib/contract/dead-letter.ts";
import { NEW_IMAGES, tableSchema } from "../../test/aws/tables/table-schema.ts";
import { idOf, rowOf, TABLE_NAME } from "../rows.ts";
import { TABLE_MS, TARGET_MS } from "./stub-server.ts";

export interface BacklogOptions {
  readonly rows: number;
  /** The age of the rows, in milliseconds. */
  readonly ageMs: number;
  /** Whether each row has its dead letter in the queue. */
  readonly deadLetters: boolean;
  /** Bytes of each row's payload. @default an order of about 750 */
  readonly dataBytes?: number;
  /** Whether a deleted row reappears at once, for the next batch. @default false */
  readonly keepsRows?: boolean;
}

/** The path that reports what is left of the backlog. */
export const LEFT_PATH = "/left";

export interface BacklogLeft {
  readonly rows: number;
  readonly deadLetters: number;
  readonly published: number;
  /** Calls since it began, by operation. */
  readonly calls: Readonly<Record<string, number>>;
}

const RECEIVE = 10;
/** The end of a row's id is its number. */
const PLACE_DIGITS = 12;
const LONG_POLL_MS = 1_000;

const TABLE = { ...tableSchema(), StreamSpecification: NEW_IMAGES };

/**
 * A table with a backlog, its dead-letter queue, and EventBridge: the operations of the requeuer, which always succeed.
 * The stub must be cheap, since the client is measured: rows are made from one template, and bodies are searched for
 * ids instead of parsed.
 */
export function backlogStub({ rows, ageMs, deadLetters, dataBytes, keepsRows = false }: BacklogOptions): Server {
  const writtenAtMs = Date.now() - ageMs;
  const sample = dataBytes === undefined ? rowOf(0, writtenAtMs) : largeRow(writtenAtMs, dataBytes);
  const rowText = textAround(JSON.stringify(sample));
  const partTexts = new Map<string, (place: number) => string>();
  const bodyText = textAround(JSON.stringify(deadLetterOf(sample, writtenAtMs)));
  const waiting = new Uint8Array(rows).fill(1);
  const deadLettersLeft = new Uint8Array(rows).fill(deadLetters ? 1 : 0);
  const calls: Record<string, number> = {};
  const left: { rows: number; deadLetters: number; published: number; readonly calls: typeof calls } = {
    rows,
    deadLetters: deadLetters ? rows : 0,
    published: 0,
    calls,
  };
  let nextDeadLetter = deadLetters ? 0 : rows;

  function answerTo(operation: string, body: string): { readonly afterMs: number; readonly text: string } | undefined {
    switch (operation) {
      case "UpdateItem":
      case "PutItem":
      case "DeleteItem":
      case "ChangeMessageVisibilityBatch":
        return { afterMs: TABLE_MS, text: "{}" };
      case "DescribeTable":
        return { afterMs: TABLE_MS, text: JSON.stringify({ Table: TABLE }) };
      case "DescribeTimeToLive":
        return { afterMs: TABLE_MS, text: '{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}' };
      case "Scan":
        return { afterMs: TABLE_MS, text: scan(body) };
      case "BatchGetItem":
        return { afterMs: TABLE_MS, text: `{"Responses":{"${TABLE_NAME}":[${present(body).map(rowText).join()}]}}` };
      case "BatchWriteItem":
        for (const place of keepsRows ? [] : present(body)) {
          waiting[place] = 0;
          left.rows -= 1;
        }
        return { afterMs: TABLE_MS, text: "{}" };
      case "GetQueueAttributes":
        return {
          afterMs: TABLE_MS,
          text: `{"Attributes":{"ApproximateNumberOfMessages":"${left.deadLetters}","ApproximateNumberOfMessagesNotVisible":"0"}}`,
        };
      case "ReceiveMessage":
        return receive(!body.includes('"WaitTimeSeconds":0'));
      case "DeleteMessageBatch":
        return { afterMs: TABLE_MS, text: deleteDeadLetters(body) };
      case "PutEvents": {
        const entries = body.split('"DetailType"').length - 1;
        left.published += entries;
        const results = Array.from({ length: entries }, () => '{"EventId":"11710aed-b79e-4468-a20b-bb3c0c3b4860"}');
        return { afterMs: TARGET_MS, text: `{"FailedEntryCount":0,"Entries":[${results.join()}]}` };
      }
      case "DescribeEventBus":
        return { afterMs: TARGET_MS, text: "{}" };
      default:
        return undefined;
    }
  }

  const present = (body: string) => placesIn(body).filter((place) => waiting[place] === 1);

  /** The JSON of a row, with the attributes of a projection if there is one. */
  function textOf(names: Readonly<Record<string, string>> | undefined): (place: number) => string {
    if (names === undefined) return rowText;
    const asked = Object.values(names);
    const known = partTexts.get(asked.join());
    if (known !== undefined) return known;
    const part = textAround(
      JSON.stringify(Object.fromEntries(Object.entries(sample).filter(([name]) => asked.includes(name)))),
    );
    partTexts.set(asked.join(), part);
    return part;
  }

  /** A page of one segment: the rows whose number modulo the segments is its index. */
  function scan(body: string): string {
    const {
      Limit,
      Segment = 0,
      TotalSegments = 1,
      ExclusiveStartKey,
      Select,
      ProjectionExpression,
      ...rest
    } = JSON.parse(body);
    const text = textOf(ProjectionExpression === undefined ? undefined : rest.ExpressionAttributeNames);
    const after = ExclusiveStartKey === undefined ? -1 : Number(ExclusiveStartKey.pk.S.slice(-PLACE_DIGITS)) || 0;
    const from = after - (after % TotalSegments) + Segment;
    const page: number[] = [];
    let place = from <= after ? from + TotalSegments : from;
    for (; place < rows && page.length < (Limit ?? 1_000); place += TotalSegments) {
      if (waiting[place] === 1) page.push(place);
    }
    const last = page.at(-1);
    const key =
      place < rows && last !== undefined ? `,"LastEvaluatedKey":{"pk":{"S":"${idOf(last)}"},"sk":{"N":"1"}}` : "";
    const items = Select === "COUNT" ? "" : `"Items":[${page.map(text).join()}],`;
    return `{${items}"Count":${page.length}${key}}`;
  }

  function receive(isLong: boolean) {
    const places: number[] = [];
    for (; nextDeadLetter < rows && places.length < RECEIVE; nextDeadLetter += 1) places.push(nextDeadLetter);
    const messages = places.map((place) => `{"ReceiptHandle":"${idOf(place)}","Body":${bodyText(place)}}`);
    return {
      afterMs: places.length === 0 && isLong ? LONG_POLL_MS : TABLE_MS,
      text: places.length === 0 ? "{}" : `{"Messages":[${messages.join()}]}`,
    };
  }

  function deleteDeadLetters(body: string): string {
    const places = placesIn(body);
    for (const place of places) {
      if (deadLettersLeft[place] === 1) left.deadLetters -= 1;
      deadLettersLeft[place] = 0;
    }
    return `{"Successful":[${places.map((_place, index) => `{"Id":"${index}"}`).join()}],"Failed":[]}`;
  }

  return createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (request.url === LEFT_PATH) {
        response.end(JSON.stringify(left satisfies BacklogLeft));
        return;
      }
      const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
      calls[operation] = (calls[operation] ?? 0) + 1;
      const found = answerTo(operation, body);
      if (found === undefined) {
        response.writeHead(400).end(JSON.stringify({ __type: "UnknownOperationException", message: operation }));
        return;
      }
      setTimeout(() => response.end(found.text), found.afterMs);
    });
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The numbers of the rows whose ids a body contains, each once. */
function placesIn(body: string): readonly number[] {
  const places = new Set<number>();
  for (const [, digits] of body.matchAll(ID)) places.add(Number(digits));
  return [...places];
}

const ID = new RegExp(`${idOf(0).slice(0, -PLACE_DIGITS)}(\\d{${PLACE_DIGITS}})`, "g");

/** The template for a row of any number, with its id in place of the first row's. */
function textAround(text: string): (place: number) => string {
  const parts = text.split(idOf(0));
  return (place) => parts.join(idOf(place));
}

function deadLetterOf(item: ReturnType<typeof rowOf>, atMs: number): string {
  const decoded = decodeItem(item);
  if (decoded.kind !== "row") throw new Error("This is not a row");
  const failure = {
    class: "transient",
    scope: "target",
    code: "BreakerOpen",
    message: "the target has been failing",
  } as const;
  const { key, content } = decoded.row;
  return deadLetterText(
    { key, id: key.pk, content, failure, attempts: 0, firstFailureMs: atMs, parkedMs: atMs },
    1_000_000,
  );
}

export function largeRow(writtenAtMs: number, dataBytes: number, place = 0): ReturnType<typeof rowOf> {
  const time = new Date(writtenAtMs).toISOString();
  const event = { id: idOf(place), source: "shop", type: "order.placed", time, recordedtime: time };
  return encodeItem({ ...event, data: { text: "x".repeat(dataBytes) } });
}
