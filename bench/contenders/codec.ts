import { gunzipSync } from "node:zlib";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { streamRecords } from "../../lib/aws/stream-records.ts";
import { encodeEvent } from "../../lib/client/encode-event.ts";
import { DEFAULT_MAX_EVENT_BYTES } from "../../lib/client/outbox-options.ts";
import { encodeItem, type NewEvent } from "../../lib/contract/codec/encode-row.ts";
import type { Telemetry } from "../../lib/core/ports.ts";
import { type CodecOrder, type CodecTimes, DATA_FORMS, type DataForm } from "../codec-times.ts";
import { newEventOf, streamEventOf } from "../rows.ts";

/** Events of one turn: enough for some milliseconds, which the clock of CPU time can resolve. */
const EVENTS = 500;
const SILENT: Telemetry = { count: () => undefined, measure: () => undefined, log: () => undefined };

const events: readonly NewEvent[] = Array.from({ length: EVENTS }, (_unused, index) => newEventOf(index, Date.now()));

/** The JSON of a batch, which the runtime parses before it calls the handler. */
function batchText(form: DataForm): string {
  const rows = events.map((event) => {
    const item = encodeItem(event, { gzip: form === "gzip" });
    if (form === "gzip") return { ...item, data: { B: Buffer.from(item["data"]?.B ?? []).toString("base64") } };
    return form === "M" ? { ...item, data: { M: marshall(event.data) } } : item;
  });
  // The batch's items are JSON here: bytes are base64, as they are in a stream record.
  return JSON.stringify(streamEventOf(rows as unknown as Parameters<typeof streamEventOf>[0], Date.now()));
}

const parse = (text: string): DynamoDBStreamEvent => JSON.parse(text);

/** Parses a batch and its data as JSON, and does nothing with it. */
function parseAlone(text: string, form: DataForm): number {
  let seen = 0;
  for (const { dynamodb } of parse(text).Records) {
    const data = dynamodb?.NewImage?.["data"];
    if (form === "S") JSON.parse(data?.S ?? "");
    if (form === "gzip") JSON.parse(gunzipSync(Buffer.from(data?.B ?? "", "base64")).toString());
    seen += 1;
  }
  return seen;
}

/** Encodes like a writer without options. */
const WRITER = { gzip: false, maxEventBytes: DEFAULT_MAX_EVENT_BYTES, claimCheck: undefined };

const turns: Record<string, () => number | Promise<number>> = {
  "encode ours": () => events.map((event) => encodeItem(event)).length,
  "encode checked": async () => (await Promise.all(events.map((event) => encodeEvent(event, WRITER)))).length,
  "encode theirs": () => events.map(marshalled).length,
};
for (const form of DATA_FORMS) {
  const text = batchText(form);
  turns[`decode ${form} ours`] = () => streamRecords(parse(text), SILENT).length;
  turns[`decode ${form} theirs`] = () => parseAlone(text, form);
}

/** The same row made by the SDK's helper, which stores the data as a map. */
function marshalled({ id, ...rest }: NewEvent) {
  return marshall({ pk: id, sk: "1", id, ...rest }, { removeUndefinedValues: true });
}

async function cpuMicrosOf(turn: () => number | Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  const done = await turn();
  const { user, system } = process.cpuUsage(before);
  if (done !== EVENTS) throw new Error(`A turn handled ${done} of ${EVENTS} events`);
  return (user + system) / EVENTS;
}

process.on("disconnect", () => process.exit(1));
process.on("message", (order: CodecOrder) => void measure(order));

async function measure({ rounds, warmUpRounds }: CodecOrder): Promise<void> {
  const times: Record<string, number[]> = {};
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    for (const [name, turn] of Object.entries(turns)) {
      const micros = await cpuMicrosOf(turn);
      times[name] ??= [];
      if (round >= warmUpRounds) times[name].push(micros);
    }
  }
  process.send?.(times satisfies CodecTimes);
}
