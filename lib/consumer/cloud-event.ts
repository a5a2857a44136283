/** A CloudEvent 1.0, as the relay publishes it. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
export interface CloudEvent<Data = unknown> {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** RFC 3339: when it happened. */
  readonly time?: string;
  readonly subject?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data: Data;
  /** In place of data where a sender of its own sends bytes: the relay sends none. */
  readonly data_base64?: unknown;
  /** The ordering key of an ordered event. */
  readonly partitionkey?: string;
  /** Its place within the key, an integer as text. */
  readonly sequence?: string;
  /** RFC 3339: when the row was written. */
  readonly recordedtime?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Where the data is, if not here. */
  readonly dataref?: string;
  /** Extensions of the writer's own. */
  readonly [extension: string]: unknown;
}

/** What arrived is no CloudEvent. A retry meets the same, so let a dead-letter queue take it. */
export class NotACloudEventError extends Error {
  override readonly name = "NotACloudEventError";
}

const REQUIRED = ["id", "source", "type"];

/**
 * Takes a parsed value for a CloudEvent. Its data is as the sender says it is: check it where that matters.
 *
 * @throws NotACloudEventError naming the attribute that is missing.
 */
export function asCloudEvent(value: unknown): CloudEvent {
  if (!isRecord(value)) {
    throw new NotACloudEventError(`What arrived is ${kindOf(value)}, and no CloudEvent.`);
  }
  if (value["specversion"] !== "1.0") {
    throw new NotACloudEventError(
      `specversion is ${JSON.stringify(value["specversion"])}: a CloudEvent in structured mode has "1.0".`,
    );
  }
  for (const name of REQUIRED) {
    const attribute = value[name];
    if (typeof attribute !== "string" || attribute === "") {
      throw new NotACloudEventError(`${name} is ${attribute === "" ? "empty" : typeof attribute}: it must be a text.`);
    }
  }
  return value as unknown as CloudEvent;
}

/** @throws NotACloudEventError when there is no text, or it is no JSON. */
export function parseJson(what: string, text: unknown): unknown {
  if (typeof text !== "string") throw new NotACloudEventError(`${what} is ${kindOf(text)}, and no text.`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NotACloudEventError(`${what} is no JSON.`, { cause });
  }
}

/** Text that travelled as base64; anything else as it is, for {@link parseJson} to refuse. */
export const decoded = (base64: unknown): unknown =>
  typeof base64 === "string" ? Buffer.from(base64, "base64").toString("utf8") : base64;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields of what should be an object. What is none has none, and is refused where one of them is needed. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});

const kindOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "a list" : typeof value);
