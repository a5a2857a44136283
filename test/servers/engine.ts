import type { SecretSource } from "../../lib/aws/secrets.ts";
import type { CreatePublisher } from "../../lib/targets/shared/run/target-factory.ts";
import type { TcpProxy } from "./tcp-proxy.ts";

/** A target with a real server behind it, reached by way of a proxy. One per test file. */
export interface TargetEngine {
  readonly createPublisher: CreatePublisher;
  readonly traits: TargetTraits;
  readonly proxy: TcpProxy;
  /** The server's process. Absent for an emulator that keeps everything in memory, whose death would prove nothing. */
  readonly server?: RestartableServer;
  /** Makes a new, empty destination. */
  open(): Promise<OpenTarget>;
  end(): Promise<void>;
}

/** Claims about a target, which are tested against the server. */
export interface TargetTraits {
  /** An event that is published again soon is received once. */
  readonly deduplicates: boolean;
  /** Receivers get the events of an ordering key in the order in which they were acknowledged. */
  readonly ordered: boolean;
  /** The largest event that the server here takes, in bytes. @default as large as the publisher states */
  readonly largestBytes?: number;
  /** How a call to a missing destination fails. */
  readonly missingCode: RegExp;
}

export interface OpenTarget {
  /** The settings of a publisher to this destination, with `missing` among the further destinations. Its address is the proxy's. */
  readonly config: unknown;
  /** The same settings with credentials that the server refuses, if it asks for any. `secret` must never be shown. */
  readonly forbidden?: { readonly config: unknown; readonly secrets?: SecretSource; readonly secret: string };
  readonly secrets?: SecretSource;
  /** The `destination` of a row for a destination that does not exist. */
  readonly missing: string;
  /** All events taken since it was opened, read past the proxy and in the server's order. */
  received(): Promise<readonly ReceivedEvent[]>;
  close(): Promise<void>;
}

/** An event as a consumer reads it. */
export interface ReceivedEvent {
  /** Attributes by their names, as strings. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The payload: JSON as a value, anything else as a string. Undefined without a payload. */
  readonly data: unknown;
  /** The id by which the target deduplicates, if it does. */
  readonly dedupId?: string;
}

export interface RestartableServer {
  /** Ends the server with SIGKILL, whatever it is doing. */
  kill(): Promise<void>;
  /** Starts the server again with the same ports and data. Resolves when it answers. */
  start(): Promise<void>;
}

/** An event in structured mode, parsed as a consumer sees it. */
export function receivedJson(json: string): ReceivedEvent {
  const { data, ...attributes } = JSON.parse(json);
  return {
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)])),
    data,
  };
}
