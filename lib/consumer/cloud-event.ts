import { acrossCopies, CLASS } from "../contract/class-brand.ts";
import { isRecord } from "../contract/foreign-value.ts";
import { shownKind } from "../contract/shown-value.ts";
import { shownReceived } from "./shown-received.ts";

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
  /** Binary data in base64, from senders other than the relay, which sends none. */
  readonly data_base64?: unknown;
  /** The ordering key of an ordered event. */
  readonly partitionkey?: string;
  /** Its place within the key: an integer, as a string. */
  readonly sequence?: string;
  /** RFC 3339: when the row was written. */
  readonly recordedtime?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Where the data is stored, if it is not in `data`. */
  readonly dataref?: string;
  /** The writer's own extensions. */
  readonly [extension: string]: unknown;
}

/** The record that arrived is not a CloudEvent. A retry fails again, so let a dead-letter queue take it. */
export class NotACloudEventError extends Error {
  /** @internal */
  static readonly [CLASS]: string = "NotACloudEventError";
  /** @internal */
  static override readonly [Symbol.hasInstance] = acrossCopies;
  override readonly name = "NotACloudEventError";
}

const REQUIRED = ["id", "source", "type"];

/**
 * Checks that a parsed value is a CloudEvent. Its data is not checked.
 *
 * @throws NotACloudEventError naming the attribute that is missing.
 */
export function asCloudEvent(value: unknown): CloudEvent {
  if (!isRecord(value)) {
    throw new NotACloudEventError(`What arrived is ${shownKind(value)}, not a CloudEvent.`);
  }
  if (value["specversion"] !== "1.0") {
    throw new NotACloudEventError(
      `specversion is ${shownReceived("specversion", value["specversion"])}: a CloudEvent in structured mode has "1.0".`,
    );
  }
  for (const name of REQUIRED) {
    const attribute = value[name];
    if (typeof attribute !== "string" || attribute === "") {
      throw new NotACloudEventError(
        `${name} is ${attribute === "" ? "empty" : shownKind(attribute)}: it must be a string.`,
      );
    }
  }
  return value as unknown as CloudEvent;
}

/** @throws NotACloudEventError for a value that is not a string, or not JSON. */
export function parseJson(what: string, text: unknown): unknown {
  if (typeof text !== "string") throw new NotACloudEventError(`${what} is ${shownKind(text)}, not a string.`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NotACloudEventError(`${what} is not JSON.`, { cause });
  }
}

/** Decodes base64; returns anything but a string as it is, for {@link parseJson} to refuse. */
export const decoded = (base64: unknown): unknown =>
  typeof base64 === "string" ? Buffer.from(base64, "base64").toString("utf8") : base64;
