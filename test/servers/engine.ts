import type { SecretSource } from "../../lib/aws/secrets.ts";
import type { CreatePublisher } from "../../lib/targets/shared/run/target-factory.ts";
import type { TcpProxy } from "./tcp-proxy.ts";

/** A target with a real server behind it, reached by way of a proxy. One per test file. */
export interface TargetEngine {
  readonly createPublisher: CreatePublisher;
  readonly traits: TargetTraits;
  readonly proxy: TcpProxy;
  /** The server's process. Absent: an emulator that keeps everything in memory, whose death would prove nothing. */
  readonly server?: RestartableServer;
  /** Makes a destination that is new and empty. */
  open(): Promise<OpenTarget>;
  end(): Promise<void>;
}

/** What is true of a target, told here and held against the server. */
export interface TargetTraits {
  /** An event that is published again soon is received once. */
  readonly deduplicates: boolean;
  /** Receivers get the events of an ordering key in the order in which they were acknowledged. */
  readonly ordered: boolean;
  /** The largest event that the server here takes, in bytes. @default as large as the publisher states */
  readonly largestBytes?: number;
  /** What a destination that is not there looks like. */
  readonly missingCode: RegExp;
}

export interface OpenTarget {
  /** Of a publisher to this destination, with `missing` among the further ones. Its address is the proxy's. */
  readonly config: unknown;
  /** The same with credentials that the server refuses, where it asks for any; `secret` must never be shown. */
  readonly forbidden?: { readonly config: unknown; readonly secrets?: SecretSource; readonly secret: string };
  readonly secrets?: SecretSource;
  /** What a row names as its `destination` to reach one that does not exist. */
  readonly missing: string;
  /** Everything taken since it was opened, read past the proxy and in the order of the server. */
  received(): Promise<readonly ReceivedEvent[]>;
  close(): Promise<void>;
}

/** An event as a consumer reads it. */
export interface ReceivedEvent {
  /** Attributes by their names, as texts. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The payload: JSON as a value, anything else as a text. Undefined without one. */
  readonly data: unknown;
  /** What the target's own deduplication goes by, where it has one. */
  readonly dedupId?: string;
}

export interface RestartableServer {
  /** Ends it with SIGKILL, in whatever it is doing. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and the same data. Resolves when it answers. */
  start(): Promise<void>;
}

/** An event in structured mode, taken apart as a consumer sees it. */
export function receivedJson(json: string): ReceivedEvent {
  const { data, ...attributes } = JSON.parse(json);
  return {
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)])),
    data,
  };
}
