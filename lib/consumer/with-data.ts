import { CLAIM_CHECK_PREFIX } from "../contract/claim-check.ts";
import { acrossCopies, CLASS } from "../contract/class-brand.ts";
import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "../contract/codec/content-type.ts";
import { shownValue } from "../contract/shown-value.ts";
import { type CloudEvent, parseJson } from "./cloud-event.ts";
import type { EventHandler } from "./handle-events.ts";

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
 */
export function withData<Data = unknown>(handler: EventHandler<Data>, options: WithDataOptions): EventHandler<Data> {
  return async (event, context) => handler((await fetchData(event, options)) as CloudEvent<Data>, context);
}

const S3_URI = /^s3:\/\/([^/]+)\/(.+)$/;

/**
 * The event with its data.
 *
 * @throws DataRefError; S3's own error when the object is gone.
 */
export async function fetchData(event: CloudEvent, options: WithDataOptions): Promise<CloudEvent> {
  const { s3, buckets, prefix = CLAIM_CHECK_PREFIX } = options;
  const { dataref } = event;
  if (dataref === undefined || event.data !== undefined) return event;
  const [, bucket, key] = S3_URI.exec(String(dataref)) ?? [];
  if (bucket === undefined || key === undefined || !buckets.includes(bucket) || !key.startsWith(prefix)) {
    throw new DataRefError(
      `The event ${JSON.stringify(event.id)} has its data at ${shownValue("dataref", dataref)}: allowed are ` +
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
