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
    throw new NotACloudEventError(
      `What arrived is ${value === null ? "null" : Array.isArray(value) ? "a list" : typeof value}, and no CloudEvent.`,
    );
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

/** @throws NotACloudEventError when the text is no JSON. */
export function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NotACloudEventError(`${what} is no JSON.`, { cause });
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
