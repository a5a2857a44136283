import { Agent, request } from "node:http";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { chunksOf } from "../../lib/core/delivery/call/packing.ts";
import { boundedMap } from "../../lib/core/parallel.ts";
import { takePart } from "../contender.ts";
import { BUS_NAME, idOf, rowOf, TABLE_NAME } from "../rows.ts";

/** The relay's concurrency: calls to the target, and deletes. */
const PARALLEL_PUBLISHES = Number(process.env["OUTBOX_BENCH_PARALLEL"] ?? 32);
const PARALLEL_DELETES = PARALLEL_PUBLISHES / 4;
const DELETES = process.env["OUTBOX_BENCH_PUBLISH_ONLY"] !== "true";
const EVENTS_A_CALL = 10;
const DELETES_A_CALL = 25;

interface Call {
  readonly operation: string;
  readonly body: Buffer;
}

const endpoint = process.env["AWS_ENDPOINT_URL"] ?? "";
const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL_PUBLISHES + PARALLEL_DELETES });

/**
 * The floor: the same publishes and deletes at the same concurrency by bare HTTP. Nothing is decoded, built, signed,
 * checked or logged, and the bodies are made before the clock starts. Any time beyond this floor is the client's own.
 */
takePart({
  async prepare(events) {
    const indexes = Array.from({ length: events }, (_unused, index) => index);
    const publishes = chunksOf(indexes, EVENTS_A_CALL).map(publishCall);
    const deletes = DELETES ? chunksOf(indexes, DELETES_A_CALL).map(deleteCall) : [];
    return async () => {
      const wake: (() => void)[] = [];
      const deletesWhenDue = deletes.map((call) => ({
        call,
        due: new Promise<void>((resolve) => wake.push(resolve)),
      }));
      let acknowledged = 0;
      const publishing = boundedMap(publishes, PARALLEL_PUBLISHES, async (call) => {
        await send(call);
        acknowledged += EVENTS_A_CALL;
        // As in the relay, a delete starts as soon as its number of events is acknowledged.
        for (; acknowledged >= Math.min(events, DELETES_A_CALL) && wake.length > 0; acknowledged -= DELETES_A_CALL) {
          wake.shift()?.();
        }
      });
      const deleting = boundedMap(deletesWhenDue, PARALLEL_DELETES, async ({ call, due }) => {
        await due;
        await send(call);
      });
      await Promise.all([publishing, deleting]);
    };
  },
});

function send({ operation, body }: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "content-length": body.length,
      "x-amz-target": operation,
    };
    const outgoing = request(endpoint, { method: "POST", agent, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => (answer.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${answer.statusCode}`))));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function publishCall(indexes: readonly number[]): Call {
  const entries = indexes.map((index) => {
    const decoded = decodeItem(rowOf(index, Date.now()));
    if (decoded.kind !== "row" || decoded.row.content.kind !== "event") throw new Error("This is not an event");
    const { source, type, time, json } = decoded.row.content.event;
    return { EventBusName: BUS_NAME, Source: source, DetailType: type, Detail: json, Time: Date.parse(time) / 1_000 };
  });
  return { operation: "AWSEvents.PutEvents", body: Buffer.from(JSON.stringify({ Entries: entries })) };
}

function deleteCall(indexes: readonly number[]): Call {
  const requests = indexes.map((index) => ({
    DeleteRequest: { Key: { pk: { S: idOf(index) }, sk: { N: "1" } } },
  }));
  const body = Buffer.from(JSON.stringify({ RequestItems: { [TABLE_NAME]: requests } }));
  return { operation: "DynamoDB_20120810.BatchWriteItem", body };
}
