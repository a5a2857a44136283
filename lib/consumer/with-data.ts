import { CLAIM_CHECK_PREFIX } from "../contract/claim-check.ts";
import { acrossCopies, CLASS } from "../contract/class-brand.ts";
import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "../contract/codec/content-type.ts";
import { readEntries, readFields, readMatch, refuse } from "../contract/settings/setting-reader.ts";
import { type CloudEvent, parseJson } from "./cloud-event.ts";
import type { EventHandler } from "./handle-events.ts";
import { readClient, readFunction } from "./option-readers.ts";
import { shownReceived } from "./shown-received.ts";

/** The part of S3 that is used. The aggregated client, `new S3()` of @aws-sdk/client-s3, fits as it is. */
export interface ClaimCheckReader {
  getObject(input: { Bucket: string; Key: string }): Promise<{
    readonly Body?: { transformToString(): Promise<string> } | undefined;
    readonly ContentType?: string | undefined;
  }>;
}

export interface WithDataOptions {
  readonly s3: ClaimCheckReader;
  /** Buckets to fetch from. An event that points elsewhere is refused: a publisher must not choose what is read here. */
  readonly buckets: readonly string[];
  /**
   * What the names of the objects must begin with: the writer's `claimCheck.prefix`. An empty one allows the whole bucket.
   *
   * @default "outbox/"
   */
  readonly prefix?: string | undefined;
}

/** The data of an event is in a place that is not allowed. */
export class DataRefError extends Error {
  /** @internal */
  static readonly [CLASS]: string = "DataRefError";
  /** @internal */
  static override readonly [Symbol.hasInstance] = acrossCopies;
  override readonly name = "DataRefError";
}

/**
 * Fetches data that was too large for its event (the CloudEvents claim check), and passes the event with it to the
 * handler.
 *
 * @throws SettingError, here and not in the handler, when an option cannot be used.
 * @throws (from the returned handler) the handler's error; as {@link fetchData}.
 */
export function withData<Data = unknown>(handler: EventHandler<Data>, options: WithDataOptions): EventHandler<Data> {
  readFunction("withData.handler", handler);
  const place = readOptions("withData", options);
  return async (event, context) => handler((await dataFrom(place, event)) as CloudEvent<Data>, context);
}

type Place = ReturnType<typeof readOptions>;

const OPTIONS = ["s3", "buckets", "prefix"] as const;
const BUCKET = /^[^/]+$/;

/** Checked to the last bucket's name, for these options decide what a publisher can have read. */
function readOptions(path: string, options: WithDataOptions) {
  readFields(path, options, OPTIONS);
  const { s3, buckets, prefix = CLAIM_CHECK_PREFIX } = options;
  if (!Array.isArray(buckets) || buckets.length === 0) {
    refuse(`${path}.buckets`, buckets, "it must be a list with the name of one bucket at least");
  }
  if (typeof prefix !== "string") refuse(`${path}.prefix`, prefix, "it must be a string");
  return {
    s3: readClient(`${path}.s3`, s3, "getObject", "an S3 client: new S3() of @aws-sdk/client-s3"),
    buckets: readEntries(`${path}.buckets`, buckets, (place, name) =>
      readMatch(place, name, BUCKET, "it must be the name of a bucket"),
    ),
    prefix,
  };
}

const S3_URI = /^s3:\/\/([^/]+)\/(.+)$/;

/**
 * The event with its data.
 *
 * @throws SettingError when an option cannot be used; DataRefError; S3's own error when the object is gone.
 */
export async function fetchData(event: CloudEvent, options: WithDataOptions): Promise<CloudEvent> {
  return dataFrom(readOptions("fetchData", options), event);
}

async function dataFrom({ s3, buckets, prefix }: Place, event: CloudEvent): Promise<CloudEvent> {
  const dataref: unknown = event.dataref;
  // In CloudEvents' JSON format null says that an attribute is not set.
  if (dataref === undefined || dataref === null || event.data !== undefined) return event;
  const [, bucket, key] = (typeof dataref === "string" ? S3_URI.exec(dataref) : undefined) ?? [];
  if (bucket === undefined || key === undefined || !buckets.includes(bucket) || !key.startsWith(prefix)) {
    throw new DataRefError(
      `The event ${shownReceived("id", event.id)} has its data at ${shownReceived("dataref", dataref)}: allowed are ` +
        `${buckets.map((name) => `s3://${name}/${prefix}...`).join(", ")}.`,
    );
  }
  const { Body: body, ContentType: datacontenttype = DEFAULT_CONTENT_TYPE } = await s3.getObject({
    Bucket: bucket,
    Key: key,
  });
  const text = (await body?.transformToString()) ?? "";
  return {
    ...event,
    datacontenttype,
    data: isJsonContentType(datacontenttype) ? parseJson("The stored data", text) : text,
  };
}
